"""One timing at a time on one device; the lock is the kernel's, so a holder that dies has released it."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

PATIENCE_S = 3.0  # a judgement of another run ends sooner more often than not
LOOK_S = 0.02


def tell(text: str) -> None:
    sys.stderr.write(text + "\n")


def free(seconds: float) -> None:
    """Nobody counts."""


@contextmanager
def exclusive(
    device: str,
    *,
    say: Callable[[str], None] = tell,
    patience_s: float = PATIENCE_S,
    charge: Callable[[float], None] = free,
) -> Iterator[None]:
    """Waits for the device, and says for whom when it takes long. `charge` is told the seconds that it was held.

    Shared by all processes of the user on this machine, whatever run they belong to. The lock is on the open file:
    it ends with the process, however that ends, and no child of ours that runs another program holds it.
    """
    with lock_file(device).open("a+") as file:
        _acquire(file, device, say, patience_s)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        began = time.monotonic()
        try:
            yield
        finally:
            charge(time.monotonic() - began)
            file.truncate(0)


def lock_file(device: str) -> Path:
    return Path(tempfile.gettempdir()) / f"kernel-gepa-{os.getuid()}-{device}.lock"


def _acquire(file: TextIO, device: str, say: Callable[[str], None], patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                break
            time.sleep(LOOK_S)
    file.seek(0)
    holder = file.read().strip() or "unknown"
    if holder != str(os.getpid()):  # of our own we know
        say(f"waiting for the other run that measures on {device}: pid {holder}")
    return fcntl.flock(file, fcntl.LOCK_EX)
