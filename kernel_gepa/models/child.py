"""Runs a command with a text on its stdin: bounded in time and output, and nothing of its group is left behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory, TemporaryFile

CHUNK_BYTES = 1 << 16
STDERR_BYTES = 1 << 14
TICK_S = 0.1
GRACE_S = 2.0  # between SIGTERM and SIGKILL: time to tell a provider to stop, and to bill no more


@dataclass(frozen=True, slots=True)
class Ended:
    """`stderr` is the last part of it."""

    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Stopped:
    """We ended it: `reason` completes the sentence "the command …"."""

    reason: str


def run(
    command: Sequence[str], text: bytes, *, environment: Mapping[str, str], timeout_s: float, max_bytes: int
) -> Ended | Stopped:
    """Runs in an empty folder of its own. Raises OSError when the command cannot be started.

    A descendant that leaves the process group (a daemon) is not found; it cannot hold up the answer either.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, TemporaryFile() as stdin:
        # A file, not a pipe: a command that answers before it has read everything cannot block us.
        stdin.write(text)
        stdin.seek(0)
        child = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
        )
        try:
            return _Listener(child, timeout_s=timeout_s, max_bytes=max_bytes).listen()
        finally:
            _end(child)


class _Listener:
    """Reads both pipes until the child has ended, time is up, or it has said too much."""

    def __init__(self, child: subprocess.Popen[bytes], *, timeout_s: float, max_bytes: int) -> None:
        self.child = child
        self.timeout_s = timeout_s
        self.max_bytes = max_bytes
        self.deadline = time.monotonic() + timeout_s
        self.stdout = bytearray()
        self.stderr = bytearray()

    def listen(self) -> Ended | Stopped:
        with selectors.DefaultSelector() as selector:
            for pipe, heard in ((self.child.stdout, self.stdout), (self.child.stderr, self.stderr)):
                if pipe is not None:
                    selector.register(pipe, selectors.EVENT_READ, heard)
            while selector.get_map() or self.child.poll() is None:
                if len(self.stdout) > self.max_bytes:
                    break
                if time.monotonic() >= self.deadline:
                    if self.child.poll() is None:
                        return Stopped(f"was still running after {self.timeout_s:g} s")
                    break  # it has ended; what holds its pipes open has left its group
                self._hear(selector)
        if len(self.stdout) > self.max_bytes:
            return Stopped(f"wrote more than {self.max_bytes} bytes")
        return Ended(self.child.wait(), bytes(self.stdout), bytes(self.stderr))

    def _hear(self, selector: selectors.BaseSelector) -> None:
        if not selector.get_map():  # it closed its pipes and goes on
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(TICK_S)
            return
        for key, _ in selector.select(TICK_S):
            chunk = os.read(key.fd, CHUNK_BYTES)
            if not chunk:
                selector.unregister(key.fileobj)
            key.data.extend(chunk)
        del self.stderr[:-STDERR_BYTES]
        if self.child.poll() is not None:
            _signal(self.child, signal.SIGKILL)  # descendants that would keep the pipes open
            self.deadline = min(self.deadline, time.monotonic() + GRACE_S)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        _signal(child, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)
    _signal(child, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To the whole group. Gone is what we want; forbidden is what macOS says of a group of zombies."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)
