"""Accelerators by name: the settings a daemon would be sent, and what a missing device is called. No GPU is needed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Limits
from kernel_gepa.sandbox import docker
from kernel_gepa.sandbox.devices import granted

OLD: dict[str, Any] = {"Runtimes": {"runc": {}}}
CDI = OLD | {"CDISpecDirs": ["/etc/cdi", "/var/run/cdi"]}


def test_no_device_is_granted_unasked() -> None:
    assert granted((), CDI) == {}


def test_a_path_is_passed_as_the_same_path() -> None:
    assert granted(("/dev/null", "/dev/zero"), OLD) == {
        "devices": ["/dev/null:/dev/null:rw", "/dev/zero:/dev/zero:rw"],
        "group_add": [],
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make a device node")
def test_a_node_that_only_a_group_may_open_brings_the_group(tmp_path: Path) -> None:
    node = tmp_path / "accel0"
    os.mknod(node, 0o020660, os.makedev(1, 3))
    os.chown(node, 0, 1234)
    assert granted((str(node),), OLD)["group_add"] == [1234]


def test_a_named_device_is_asked_for_by_its_name_where_the_daemon_speaks_cdi() -> None:
    (request,) = granted(("nvidia.com/gpu=0", "nvidia.com/gpu=1"), CDI)["device_requests"]
    assert request["Driver"] == "cdi"
    assert request["DeviceIDs"] == ["nvidia.com/gpu=0", "nvidia.com/gpu=1"]


def test_an_older_daemon_is_asked_for_the_gpu_by_its_number() -> None:
    (request,) = granted(("nvidia.com/gpu=1",), OLD)["device_requests"]
    assert (request["Driver"], request["Count"], request["DeviceIDs"]) == ("", 0, ["1"])
    assert request["Capabilities"] == [["gpu", "compute", "utility"]]
    (request,) = granted(("nvidia.com/gpu=all",), OLD)["device_requests"]
    assert (request["Count"], request["DeviceIDs"]) == (-1, [])


def test_a_daemon_that_lists_its_devices_is_believed() -> None:
    knows = CDI | {"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]}
    assert granted(("nvidia.com/gpu=0",), knows)["device_requests"]
    with pytest.raises(SandboxError, match=r"no device nvidia\.com/gpu=7; it knows nvidia\.com/gpu=0"):
        granted(("nvidia.com/gpu=7",), knows)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/dev/accel/no-such-device", "is not there"),
        ("/etc/passwd", "no device node"),
        ("gpu0", "is no device; write a path"),
        ("amd.com/npu=0", "does not speak CDI"),
    ],
)
def test_a_device_that_cannot_be_granted_is_the_houses_fault(name: str, said: str) -> None:
    with pytest.raises(SandboxError, match=said):
        granted((name,), OLD)


needs_docker = pytest.mark.skipif(docker.unavailable() is not None, reason=docker.unavailable() or "")


@pytest.mark.docker
@needs_docker
def test_a_job_is_given_the_device_and_no_other(tmp_path: Path) -> None:
    """A harmless one that containers do not have by themselves: the kernel's log."""
    sandbox = docker.Docker(accelerators=("/dev/kmsg",))
    job = sandbox.start(["ls", "/dev"], folder=tmp_path, environment={"PATH": os.defpath}, limits=Limits())
    ended = job.wait(20)
    job.kill()
    bare = docker.create().start(["ls", "/dev"], folder=tmp_path, environment={"PATH": os.defpath}, limits=Limits())
    without = bare.wait(20)
    bare.kill()
    assert ended is not None
    assert without is not None
    assert set(ended.stdout.split()) - set(without.stdout.split()) == {"kmsg"}


@pytest.mark.docker
@needs_docker
@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_an_exception_with_advice(tmp_path: Path) -> None:
    sandbox = docker.Docker(accelerators=("nvidia.com/gpu=0",))
    with pytest.raises(SandboxError, match=r"nvidia-container-toolkit|nvidia-ctk"):
        sandbox.start(["true"], folder=tmp_path, environment={"PATH": os.defpath}, limits=Limits())
