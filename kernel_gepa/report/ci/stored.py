"""A stored baseline: what kernels took against the eager reference, on a machine that the file names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa import codec
from kernel_gepa.domain.comparison import Pair
from kernel_gepa.errors import UsageError
from kernel_gepa.report.ci.record import Fingerprint, Side

SCHEMA = 1
MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class StoredCell:
    workload: str
    pairs: tuple[Pair, ...]  # base: the eager reference; head: the kernel


@dataclass(frozen=True, slots=True)
class StoredKernel:
    """`definition` is the hash of what says what is right: against another reference nothing compares."""

    source: str
    definition: str
    cells: tuple[StoredCell, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    schema: int
    version: str
    revision: Side
    fingerprint: Fingerprint
    kernels: tuple[StoredKernel, ...]

    def of(self, source: str) -> StoredKernel | None:
        return next((kernel for kernel in self.kernels if kernel.source == source), None)


def written(stored: Stored) -> str:
    return json.dumps(codec.pack(stored), indent=1, allow_nan=False) + "\n"


def read(path: Path) -> Stored:
    """Raises UsageError that says what is wrong with the file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is too large to be a baseline; it may be {MOST_BYTES >> 20} MiB")
        packed = codec.parsed(path.read_text(encoding="utf-8"))
        if packed.get("schema") != SCHEMA:
            raise UsageError(f"{path} is of schema {packed.get('schema')!r}, and {SCHEMA} is read; store it anew")
        return codec.unpack(packed, Stored)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; store one with --save-baseline") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no stored baseline: {str(error)[:400]}; store one with --save-baseline") from None
