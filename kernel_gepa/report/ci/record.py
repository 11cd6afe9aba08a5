"""`result.json` of a check: every verdict with the raw samples it follows from, and what it is valid for.

The schema has a number. A reader refuses what it does not know, so that nothing is silently left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kernel_gepa import codec
from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.comparison import Claim, Look, Rule
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.errors import UsageError

SCHEMA = 1
MOST_BYTES = 256 << 20  # of a file that is read again


class State(StrEnum):
    """What a check says of a kernel. The first four are claims from samples; the others are no measurements."""

    REGRESSION = "regression"
    IMPROVED = "improved"
    SAME = "same"
    INCONCLUSIVE = "inconclusive"
    UNCHANGED = "unchanged"  # the same text: right, and not timed
    NEW = "new"  # right, and there is nothing to compare it with
    INCORRECT = "incorrect"
    SKIPPED = "skipped"  # a stored baseline of another machine
    UNJUDGED = "unjudged"  # the budget ended before
    FAILED = "failed"  # the house, not the kernel
    UNUSABLE = "unusable"  # its task cannot be one


EXITS = {
    State.UNUSABLE: 2,
    State.INCORRECT: 3,
    State.REGRESSION: 1,
    State.FAILED: 4,
    State.UNJUDGED: 6,
    State.INCONCLUSIVE: 5,
}

# Facts about a kernel before what is only not known: whoever retries a 4 must not retry a wrong kernel away.
PRECEDENCE = (2, 3, 1, 4, 6, 5, 0)


def exit_code(states: Sequence[State], *, command: str = "check", inconclusive_passes: bool = False) -> int:
    """Of all kernels together, by `PRECEDENCE`. A search that found nothing to offer is a success."""
    codes = {EXITS.get(state, 0) for state in states} | {0}
    if command == "improve":
        codes -= {1, 5}
    if inconclusive_passes:
        codes.discard(5)
    return min(codes, key=PRECEDENCE.index)


@dataclass(frozen=True, slots=True)
class Side:
    """What was compared: a revision, a toolchain, a stored baseline. `exact` is a commit or a compiler's version."""

    name: str
    exact: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a time is valid for. Times of two fingerprints are never compared."""

    device: str
    driver: str
    compiler: str
    clocks: str
    bench: str  # how it is measured: protocol, sandbox, threads, PyTorch


@dataclass(frozen=True, slots=True)
class Cell:
    """One workload: what is claimed of it, and the looks from which it follows."""

    workload: str
    claim: Claim
    speedup: Estimate  # head over base
    why: str
    base: float  # median of the last look, seconds or instructions per launch
    head: float
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Kernel:
    """`file` is where an author would look: the kernel's own file, relative to the repository."""

    name: str
    source: str
    file: str
    state: State
    why: str
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    base_sha256: str = ""
    head_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One `ci check` or `ci improve`."""

    schema: int
    version: str
    command: str
    base: Side
    head: Side
    rule: Rule
    fingerprint: Fingerprint
    kernels: tuple[Kernel, ...]
    spend: Spend
    exit_code: int
    inconclusive_passes: bool = False
    notes: tuple[str, ...] = ()

    def of(self, state: State) -> tuple[Kernel, ...]:
        return tuple(kernel for kernel in self.kernels if kernel.state is state)

    @property
    def worst(self) -> State | None:
        """The state behind the exit code; None when there is no kernel."""
        states = [kernel.state for kernel in self.kernels]
        rank = {code: place for place, code in enumerate(PRECEDENCE)}
        told = list(State)
        return min(states, key=lambda s: (rank[EXITS.get(s, 0)], told.index(s)), default=None)


def written(result: Result) -> str:
    return json.dumps(codec.pack(result), indent=1, allow_nan=False) + "\n"


def read(path: Path) -> Result:
    """Raises UsageError that says what is wrong with the file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is too large to be the result of a check; it may be {MOST_BYTES >> 20} MiB")
        packed = codec.parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; name the result.json of a check") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not the result of a check: {error}; make it again with `ci check`") from None
    if packed.get("schema") != SCHEMA:
        found = packed.get("schema")
        raise UsageError(f"{path} is of schema {found!r}, and this version reads {SCHEMA}; make it again here")
    try:
        return codec.unpack(packed, Result)
    except ValueError as error:
        raise UsageError(f"{path} is not a whole result: {str(error)[:400]}; it was changed by hand, or cut") from None
