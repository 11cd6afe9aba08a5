"""Native kernels that were built before, by content: a search meets the same text again, in this run and the next.

Only the trusted side writes here, and no sandbox shows the folder. Where code is not isolated a kernel could write to
it, so nothing is taken from it there. An entry appears whole or not at all; what is not as it was written is not used.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kernel_gepa.codec import pack, unpack
from kernel_gepa.domain.signature import Parameter
from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.verdict import BuildFailed, TimedOut
from kernel_gepa.ports import Backend, Built, Sandbox

MOST_ENTRIES = 2000  # of some 40 kB each
MOST_BYTES = 64 << 20  # of one library; nobody's kernel is that large


def users_folder() -> Path:
    """Where this user's programs keep what they can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kernel-gepa"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written beside the library."""

    entry: str
    parameters: tuple[Parameter, ...]
    remarks: tuple[str, ...]
    sha256: str


class Remembering:
    """A backend that builds no native kernel twice. A failure is tried again: memory may have been short."""

    def __init__(self, backend: Backend, root: Path) -> None:
        self._backend, self._root = backend, root

    @property
    def name(self) -> str:
        return self._backend.name

    @property
    def fingerprint(self) -> str:
        return self._backend.fingerprint

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
        if task.form is not Form.NATIVE or not sandbox.isolates:
            return self._backend.build(kernel, task, sandbox=sandbox, folder=folder)
        parts = (kernel, task.language, self.name, self.fingerprint, sandbox.name, _processor())
        kept = self._root / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
        remembered = _taken(kept, folder)
        if remembered is not None:
            return remembered
        found = self._backend.build(kernel, task, sandbox=sandbox, folder=folder)
        if isinstance(found, Built):
            _keep(found, kept)
        return found


def _taken(kept: Path, folder: Path) -> Built | None:
    try:
        told = unpack(json.loads((kept / "entry.json").read_text()), Entry)
        content = (kept / "artifact").read_bytes()
        artifact = folder / "kernel.so"
        if hashlib.sha256(content).hexdigest() != told.sha256:
            raise ValueError("the library is not the one that was kept")  # noqa: TRY301  one way out for all of them
        artifact.write_bytes(content)
        os.utime(kept)  # what was not used for longest goes first
    except (OSError, ValueError):
        shutil.rmtree(kept, ignore_errors=True)
        return None
    return Built(artifact, told.entry, told.parameters, told.remarks)


def _keep(built: Built, kept: Path) -> None:
    """Never fails: what cannot be kept is built again."""
    try:
        content = _regular(built.artifact)
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=kept.parent))
    except (OSError, ValueError):
        return
    entry = Entry(built.entry, built.parameters, built.remarks, hashlib.sha256(content).hexdigest())
    try:
        (making / "artifact").write_bytes(content)
        (making / "entry.json").write_text(json.dumps(pack(entry)))
        for path in making.iterdir():
            path.chmod(0o400)
        making.rename(kept)  # fails where another process was faster; theirs is as good
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
    _shrink(kept.parent)


def _regular(path: Path) -> bytes:
    """A build may have left a link to a file of ours in place of its library. Raises OSError and ValueError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:  # noqa: PTH123  a descriptor, no path
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            raise ValueError(f"{path} is no library")
        return file.read(MOST_BYTES)


def _shrink(root: Path) -> None:
    entries = list(root.iterdir())
    if len(entries) > MOST_ENTRIES:
        for path in sorted(entries, key=_last_used)[: len(entries) - MOST_ENTRIES * 9 // 10]:
            shutil.rmtree(path, ignore_errors=True)


def _last_used(path: Path) -> float:
    with suppress(OSError):  # another process has removed it
        return path.stat().st_mtime
    return 0.0


@cache
def _processor() -> str:
    """What -march=native depends on: machines of one name may differ in what they can do."""
    wanted = ("flags", "Features", "cpu family", "model", "stepping")
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return platform.machine() + "".join(sorted({x for x in lines if x.partition(":")[0].strip() in wanted}))
    return platform.machine()
