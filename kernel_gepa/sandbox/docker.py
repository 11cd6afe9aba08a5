"""Docker: a fresh container per job, with no network, no rights, its own limits, and only the job's folder to write to.

The image is an empty skeleton into which the host's /usr is mounted read-only, so that compilers and interpreters are
the host's own. `Docker(images.built("cpu"))` runs in an image that holds its own; `accelerators` are named.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernel_gepa.errors import SandboxError, SandboxLost
from kernel_gepa.ports import SCRATCH, SCRATCH_BYTES, Exit, Job, Limits, Mount
from kernel_gepa.sandbox import devices, seccomp
from kernel_gepa.sandbox.images import NOBODY, Image, host_image, words
from kernel_gepa.sandbox.process import KEPT_BYTES

if TYPE_CHECKING:
    from docker import APIClient

LABEL = "kernel-gepa"
TMP = "rw,exec,nosuid,nodev,size=128m,nr_inodes=20000,mode=1777"  # without nr_inodes empty files eat the memory
GUEST_TMP = f"rw,exec,nosuid,nodev,size={SCRATCH_BYTES >> 20}m,nr_inodes=20000,mode=0711"
OURS = 4  # processes beside a job's own
SHM_BYTES = 64 << 20
END_LIMIT_S = 20.0  # a fork bomb at its limit of processes needs some seconds to die
SIGNALS = {int(s) for s in signal.valid_signals()}
AWAY_S = 10.0  # how long a daemon that has answered before may be away
OOM_LIMIT_S = 0.5  # the daemon hears of an out-of-memory kill a moment after the exit


class Docker:
    isolates = True
    guests = 8

    def __init__(self, image: Image | None = None, *, accelerators: Sequence[str] = ()) -> None:
        self._image, self._accelerators = image, accelerators
        self.python = image.python if image else None
        self.name = f"docker {image.name}" if image else "docker"  # another toolchain gives other verdicts

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str],
        limits: Limits,
        guests: int = 0,
    ) -> Job:
        for path in (folder, *(mount.path for mount in mounts)):
            if not path.exists():
                raise SandboxError(f"docker cannot show {path} to a job: it does not exist")
        if "=" in command[0]:
            raise SandboxError(f"docker cannot start {command[0]}: its path holds a '='; move it")
        api = _awaited(client())
        image = self._image or host_image(api)
        shown = {m.path: m for m in (*image.mounts, *mounts, Mount(folder, writable=not guests))}
        for mount in shown.values():
            if mount.writable:
                _hand_over(mount.path)
        # The daemon adds variables of its own to any environment; env takes them out again.
        variables = [f"{name}={value}" for name, value in environment.items()]
        settings = {
            "image": image.name,
            "command": ["env", "-i", *variables, *command],
            "working_dir": str(folder),
            "user": "0:0" if guests else "{}:{}".format(*_user()),
            "network_disabled": True,
            "labels": {LABEL: _owner()},
            "host_config": api.create_host_config(**_confinement(shown.values(), limits, guests), **self._granted(api)),
        }
        return _Container(api, settings)

    def _granted(self, api: APIClient) -> dict[str, Any]:
        return devices.granted(self._accelerators, api.info()) if self._accelerators else {}


def _confinement(mounts: Iterable[Mount], limits: Limits, guests: int) -> dict[str, Any]:
    """With guests: the one who forks them may change its user, and no folder is everybody's."""
    from docker.types import LogConfig, Ulimit
    from docker.types import Mount as Bind

    ceilings = {"core": 0, "fsize": limits.file_bytes, "nofile": limits.open_files}
    return {
        "network_mode": "none",
        "ipc_mode": "none" if guests else "private",  # none: private too, and without /dev/shm
        "read_only": True,
        "cap_drop": ["ALL"],
        "cap_add": ["SETUID", "SETGID", "CHOWN"] if guests else [],
        "security_opt": ["no-new-privileges", *seccomp.docker_options()],
        "init": True,  # the first process of a namespace is deaf to signals; and it inherits orphans
        "pids_limit": None if limits.processes is None else (limits.processes + OURS) * max(1, guests) + 1,
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "oom_score_adj": 1000,
        "shm_size": SHM_BYTES,
        "tmpfs": {f"{SCRATCH}/{slot}": GUEST_TMP for slot in range(guests)} or {"/tmp": TMP},
        "ulimits": [Ulimit(name=n, soft=v, hard=v) for n, v in ceilings.items() if v is not None],
        "log_config": LogConfig(type="none"),
        "mounts": [Bind(str(m.path), str(m.path), type="bind", read_only=not m.writable) for m in mounts],
    }


class _Container:
    """`Job` over one container. A thread reads its streams and keeps their ends: nothing is written on the host."""

    def __init__(self, api: APIClient, settings: Mapping[str, Any]) -> None:
        self._api, self._name = api, f"{LABEL}-{secrets.token_hex(8)}"
        self._image = settings["image"]
        self._out, self._err = _Tail(), _Tail()
        self._over = threading.Event()
        self._failure: Exception | None = None
        self._ended: Exit | None = None
        self._killed = False
        with self._blaming_the_house():
            api.create_container(name=self._name, **settings)
            try:
                self._streams = api.attach(self._name, stdout=True, stderr=True, stream=True, demux=True)
                api.start(self._name)
            except BaseException:
                self._remove()
                raise
        self._reader = threading.Thread(target=self._follow, name=self._name, daemon=True)
        self._reader.start()

    def _follow(self) -> None:
        from docker.errors import NotFound

        try:
            for out, err in self._streams:
                self._out.add(out or b"")
                self._err.add(err or b"")
            with suppress(NotFound):  # somebody has removed it
                self._api.wait(self._name, timeout=None)
        except Exception as error:  # noqa: BLE001  of any library below; raised again where it can be heard
            self._failure = error
        finally:
            # Its own close() leaves the file open until the garbage is collected.
            self._streams._response.close()  # type: ignore[attr-defined]  # not in the stubs
            self._over.set()

    def wait(self, timeout_s: float) -> Exit | None:
        if self._ended is None:
            if not self._over.wait(timeout_s):
                return None
            self._ended = self._exit()
        return self._ended

    def _exit(self) -> Exit:
        if self._failure is not None:
            raise SandboxLost(f"the Docker daemon left a job alone: {self._failure}; is it running?") from self._failure
        with self._blaming_the_house():
            state = self._state()
        code: int = state["ExitCode"]
        number = code - 128 if code - 128 in SIGNALS else None
        stderr = self._err.text()
        if state["OOMKilled"]:
            stderr += f"{'' if stderr.endswith(chr(10)) or not stderr else chr(10)}killed: over the memory limit\n"
        return Exit(code=code, signal=number, stdout=self._out.text(), stderr=stderr)

    def _state(self) -> dict[str, Any]:
        from docker.errors import NotFound

        deadline = time.monotonic() + OOM_LIMIT_S
        while True:
            try:
                state: dict[str, Any] = self._api.inspect_container(self._name)["State"]
            except NotFound:  # somebody has removed it
                return {"ExitCode": 128 + signal.SIGKILL, "OOMKilled": False}
            killed_by_another = state["ExitCode"] == 137 and not self._killed
            if not killed_by_another or state["OOMKilled"] or time.monotonic() > deadline:
                return state
            time.sleep(0.02)

    def kill(self) -> None:
        from docker.errors import APIError

        if self._killed:
            return
        self._killed = True
        with self._blaming_the_house():
            with suppress(APIError):  # it has ended by itself
                self._api.kill(self._name)
            if not self._over.wait(END_LIMIT_S):
                raise SandboxError(f"container {self._name} cannot be ended; see `docker inspect {self._name}`")
            try:
                if self._ended is None:
                    self._ended = self._exit()
            finally:
                self._remove()

    def _remove(self) -> None:
        from docker.errors import APIError

        try:
            self._api.remove_container(self._name, force=True, v=True)
        except APIError as error:
            if error.status_code not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):  # somebody else has, or is at it
                raise

    @contextmanager
    def _blaming_the_house(self) -> Iterator[None]:
        from docker.errors import APIError, DockerException, ImageNotFound, NotFound

        try:
            yield
        except ImageNotFound:
            raise SandboxError(f'docker image {self._image} is missing; build it with "make images"') from None
        except NotFound as error:
            raise SandboxLost(f"a container of ours was removed by somebody else: {words(error)}") from error
        except (APIError, DockerException) as error:  # an APIError is an OSError too
            raise SandboxError(f"docker could not run a job: {words(error)}{advice(words(error))}") from error
        except OSError as error:
            raise SandboxLost(f"the Docker daemon left a job alone: {words(error)}; is it running?") from error


class _Tail:
    """The last bytes of a stream, and how many there were."""

    def __init__(self) -> None:
        self._kept, self._seen = bytearray(), 0

    def add(self, part: bytes) -> None:
        self._seen += len(part)
        self._kept += part
        del self._kept[:-KEPT_BYTES]

    def text(self) -> str:
        left_out = self._seen - len(self._kept)
        text = self._kept.decode(errors="replace")
        return f"[{left_out} bytes left out]\n{text}" if left_out else text


# ---------------------------------------------------------------- who runs in it


def _user() -> tuple[int, int]:
    """Ours, so that both sides can use the folder; nobody's where ours is root's."""
    return (os.geteuid(), os.getegid()) if os.geteuid() else (NOBODY, NOBODY)


def _hand_over(folder: Path) -> None:
    """Gives what is in a folder to the user inside. Links are not followed: an earlier job may have laid them."""
    if os.geteuid():
        return
    user, group = _user()
    os.chown(folder, user, group)
    for _, folders, files, at in os.fwalk(folder):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):
                os.chown(name, user, group, dir_fd=at, follow_symlinks=False)


@cache
def _owner() -> str:
    """Names this process for all time: what a container is swept by when its process is gone."""
    return _process_name(os.getpid())


def _process_name(pid: int) -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    born = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return f"{boot} {Path('/proc/self/ns/pid').readlink()} {pid} {born}"


def _living(owner: str) -> bool:
    """True also for an owner who lives where we cannot look, as on another machine with the same daemon."""
    mine, theirs = _owner().split(), owner.split()
    if len(theirs) != 4 or theirs[:2] != mine[:2]:
        return True
    try:
        return _process_name(int(theirs[2])) == owner
    except (OSError, ValueError, IndexError):
        return False


def _sweep(api: APIClient) -> None:
    """Removes what processes that were killed have left running."""
    from docker.errors import APIError

    for found in api.containers(all=True, filters={"label": LABEL}):
        if not _living(found["Labels"][LABEL]):
            with suppress(APIError):  # another one sweeps it too
                api.remove_container(found["Id"], force=True, v=True)


# ---------------------------------------------------------------- the daemon


def advice(said: str) -> str:
    """What to do about a refusal of the daemon's, to be put behind its own words; empty where they say enough."""
    if "no space left on device" in said:
        return "; free some space where Docker keeps its data, for example with `docker system prune`"
    if "cannot allocate memory" in said.lower():
        return "; the machine is out of memory: end something that needs much"
    return devices.advice(said)


def _awaited(api: APIClient) -> APIClient:
    """A daemon that is started anew, as by an update, is away for some seconds."""
    deadline = time.monotonic() + AWAY_S
    while True:
        try:
            api.ping()
        except OSError as error:
            if time.monotonic() > deadline:
                raise SandboxLost(
                    f"no Docker daemon answers: {words(error)}; start Docker, or join its group"
                ) from error
            time.sleep(0.2)
        else:
            return api


@cache
def client() -> APIClient:
    try:
        import docker
        from docker.errors import DockerException
    except ImportError as error:
        raise SandboxError("the Python package docker is missing; pip install docker") from error
    try:
        api = docker.from_env().api
        _sweep(api)
    except (DockerException, OSError) as error:
        raise SandboxError(f"no Docker daemon answers: {words(error)}; start Docker, or join its group") from error
    return api


@cache
def unavailable() -> str | None:
    """Why Docker cannot be used on this machine, or None. Tries it: a daemon may answer and start nothing."""
    folder = Path(tempfile.mkdtemp(prefix="kernel-gepa-"))
    try:
        job = Docker().start(["true"], folder=folder, environment={"PATH": os.defpath}, limits=Limits())
        ended = job.wait(30.0)
        job.kill()
    except SandboxError as error:
        return str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return None if ended is not None and ended.code == 0 else f"docker does not work here: {ended}"


def create() -> Docker:
    return Docker()
