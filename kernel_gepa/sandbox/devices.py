"""Accelerators by name, from `/dev/accel/accel0` or `nvidia.com/gpu=0` to what the Docker daemon is sent.

A path is a device node of the host. A name `vendor/class=which` is one of the Container Device Interface (CDI); a
daemon that does not speak it is asked for an NVIDIA GPU in its older way.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kernel_gepa.errors import SandboxError

NAMED = re.compile(r"(?P<kind>[a-z0-9.-]+/[a-z0-9_.-]+)=(?P<which>[\w.:-]+)", re.IGNORECASE)
NVIDIA = "nvidia.com/gpu"
TOOLKIT = "install nvidia-container-toolkit, run `nvidia-ctk runtime configure --runtime=docker` and restart the daemon"


def granted(names: Sequence[str], daemon: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords for `create_host_config`. `daemon` is what the daemon says of itself. Raises SandboxError."""
    from docker.types import DeviceRequest

    nodes, groups, named = [], set(), []
    for name in names:
        if name.startswith("/"):
            groups |= _groups(name)
            nodes.append(f"{name}:{name}:rw")
        elif NAMED.fullmatch(name):
            named.append(name)
        else:
            raise SandboxError(f"{name!r} is no device; write a path like /dev/accel/accel0 or a name like {NVIDIA}=0")
    found: dict[str, Any] = {}
    if nodes:
        found |= {"devices": nodes, "group_add": sorted(groups)}
    if named and daemon.get("CDISpecDirs"):
        _known(named, daemon)
        found["device_requests"] = [DeviceRequest(driver="cdi", device_ids=named)]
    elif named:
        found["device_requests"] = [_older(named)]
    return found


def _groups(path: str) -> set[int]:
    """The group that opens the node, where not everybody may: jobs run as nobody."""
    try:
        status = Path(path).stat()
    except OSError as error:
        raise SandboxError(f"the device {path} is not there: {error.strerror}; is its driver loaded?") from error
    if not stat.S_ISCHR(status.st_mode):
        raise SandboxError(f"{path} is no device node, so no job can be given it; see `ls -l {path}`")
    return set() if status.st_mode & stat.S_IWOTH else {status.st_gid}


def _known(names: Sequence[str], daemon: Mapping[str, Any]) -> None:
    """Newer daemons list what they have found; older ones say it only when a container is to start."""
    listed = daemon.get("DiscoveredDevices")
    if listed is None:
        return
    there = [str(device["ID"]) for device in listed]
    for name in names:
        if name not in there:
            raise SandboxError(
                f"the daemon knows no device {name}; it knows {', '.join(there) or 'none'}. "
                "Describe it in /etc/cdi, for NVIDIA with `nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`"
            )


def _older(names: Sequence[str]) -> Any:
    from docker.types import DeviceRequest

    parts = [found.groups() for name in names if (found := NAMED.fullmatch(name))]
    foreign = [name for name, (kind, _) in zip(names, parts, strict=True) if kind != NVIDIA]
    if foreign:
        raise SandboxError(
            f"this Docker daemon cannot give a job {foreign[0]}: it does not speak CDI; take Docker 25 or newer, or "
            "name the device by its path in /dev"
        )
    which = [number for _, number in parts]
    asked: dict[str, Any] = {"count": -1} if "all" in which else {"device_ids": which}
    return DeviceRequest(capabilities=[["gpu", "compute", "utility"]], **asked)


def advice(said: str) -> str:
    """What to do about a daemon's refusal of a device, to be put behind its own words; empty for any other refusal."""
    if "could not select device driver" in said:
        return f"; the daemon has no driver for GPUs: {TOOLKIT}"
    if "unresolvable CDI devices" in said:
        return "; no file in /etc/cdi describes it: see `nvidia-ctk cdi list`"
    if "gathering device information" in said:
        return "; the device went away: see `ls -l` of its path"
    return ""
