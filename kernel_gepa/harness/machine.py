"""What this machine can do at most, measured by a small program of our own and remembered for the user.

The rates are upper bounds by the way they are measured (rates.cpp): the best of many ways, each the best of many tries.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from kernel_gepa.backends.cache import users_folder
from kernel_gepa.backends.cpu import find_compiler, processor
from kernel_gepa.errors import ToolchainError

SOURCE = Path(__file__).with_name("rates.cpp")
FLAGS = ("-std=c++20", "-O3", "-march=native", "-fopenmp")
SCHEMA = 1
STALE_S = 7 * 86400.0  # firmware, microcode and neighbours change
BUILD_LIMIT_S = 60.0
MEASURE_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Streams:
    """Bytes per second over a set of `set_bytes` that is used again and again."""

    set_bytes: int
    read: float
    write: float
    copy: float  # both directions counted

    def faster(self, other: Streams) -> Streams:
        return Streams(
            self.set_bytes, max(self.read, other.read), max(self.write, other.write), max(self.copy, other.copy)
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """Of so many threads at once; `streams` from the smallest set to what lies in no cache."""

    threads: int
    streams: tuple[Streams, ...]
    flops: float  # float32 operations per second, an addition and a multiplication counted as two

    def streams_of(self, set_bytes: int) -> Streams:
        """What launches that find their data in a set of this size can hope for: the nearest smaller set's rates."""
        fitting = [s for s in self.streams if s.set_bytes <= set_bytes]
        return fitting[-1] if fitting else self.streams[0]

    def faster(self, other: Rates) -> Rates:
        """The better of two measurements, figure by figure: a busy machine shows less than it can do."""
        streams = tuple(a.faster(b) for a, b in zip(self.streams, other.streams, strict=True))
        return Rates(self.threads, streams, max(self.flops, other.flops))


def rates(threads: int, cold_bytes: int, *, anew: bool = False) -> Rates:
    """Remembered or measured; `anew` measures again and keeps the better figures. Raises ToolchainError.

    Hold the lease: whoever else measures would be disturbed, and would disturb.
    """
    threads = max(1, min(threads, os.cpu_count() or 1))
    path = users_folder() / f"rates-{fingerprint(threads, cold_bytes)}.json"
    known = remembered(path)
    if known is not None and not anew:
        return known
    found = measured(threads, cold_bytes)
    found = found if known is None else found.faster(known)
    remember(path, found)
    return found


def measured(threads: int, cold_bytes: int) -> Rates:
    with tempfile.TemporaryDirectory(prefix="kernel-gepa-rates-") as folder:
        program = Path(folder) / "rates"
        _run([find_compiler(), *FLAGS, str(SOURCE), "-o", str(program)], BUILD_LIMIT_S)
        return parsed(_run([str(program), str(threads), str(cold_bytes)], MEASURE_LIMIT_S), threads)


def parsed(text: str, threads: int) -> Rates:
    lines = [line.split() for line in text.splitlines()]
    streams = tuple(Streams(int(size), *map(float, rest)) for kind, size, *rest in lines if kind == "bytes")
    (flops,) = (float(rest[0]) for kind, *rest in lines if kind == "flops")
    return Rates(threads, streams, flops)


def _run(command: list[str], limit_s: float) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"the rates of this machine cannot be measured: {error}; try again") from error
    if done.returncode:
        raise ToolchainError(
            f"the rates of this machine cannot be measured, {command[0]} failed: {done.stderr.strip()[-500:]}; "
            "try another compiler with CXX"
        )
    return done.stdout


# ---------------------------------------------------------------- remembered for the user


@cache
def fingerprint(threads: int, cold_bytes: int) -> str:
    """The machine, and how its rates are measured."""
    parts = (SCHEMA, processor(), os.cpu_count(), threads, cold_bytes, find_compiler(), *FLAGS, SOURCE.read_text())
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def remembered(path: Path) -> Rates | None:
    """None where nothing usable is known: no file, a stale one, or one that somebody has written otherwise."""
    try:
        if time.time() - path.stat().st_mtime > STALE_S:
            return None
        kept = json.loads(path.read_text())
        streams = tuple(Streams(**s) for s in kept["streams"])
        found = Rates(int(kept["threads"]), streams, float(kept["flops"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if found.streams else None


def remember(path: Path, found: Rates) -> None:
    """Where the user's cache cannot be written, the rates are measured again by the next process."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(json.dumps(asdict(found)))
        beside.replace(path)
    except OSError:
        return
