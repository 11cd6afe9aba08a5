"""One timing at a time on one device; the lock is the kernel's, so a holder that dies has released it."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(device: str) -> Iterator[None]:
    """Waits for the device. Shared by all processes of the user on this machine, whatever run they belong to."""
    path = Path(tempfile.gettempdir()) / f"kernel-gepa-{os.getuid()}-{device}.lock"
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
