"""What came of one problem, as the sweep's folder keeps it and as every table is made from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, log
from pathlib import Path

from kernel_gepa import codec
from kernel_gepa.domain.timing import Estimate, Measurement
from kernel_gepa.domain.verdict import Verdict, name, reason
from kernel_gepa.errors import RunFolderError
from kernel_gepa.harness.agreement import Agreement
from kernel_gepa.recipes.files import replace_text

LEFT_OUT, NOT_WON = "left out", "nothing found"


@dataclass(frozen=True, slots=True)
class Times:
    """Of one side in seconds per launch; of several workloads the geometric means of theirs.

    `typical` is the median that speedups are made of.
    """

    typical: float
    mean: float
    std: float
    least: float
    most: float
    samples: int


@dataclass(frozen=True, slots=True)
class Compatible:
    """KernelBench's own check: its inputs and tolerance, so many trials. `difference` is the greatest one seen, None
    where there was no number to see.
    """

    trials: int
    passed: int
    difference: float | None
    words: str = ""

    @property
    def correct(self) -> bool:
        return self.passed == self.trials > 0


def compatible(found: Agreement | Verdict) -> Compatible:
    if isinstance(found, Agreement):
        difference = found.difference if isfinite(found.difference) else None
        return Compatible(found.trials, found.passed, difference, found.words)
    return Compatible(0, 0, None, f"{name(found)}: {reason(found)}")


@dataclass(frozen=True, slots=True)
class Beside:
    """What the control came to with as many rollouts. Speedups as in `Result`."""

    way: str
    rollouts: int
    tries: int
    won: bool
    speedup: Estimate | None
    eager: Estimate | None


@dataclass(frozen=True, slots=True)
class Result:
    """`verdict` is the bench's, of the kernel that is told: the verified winner, else a start that is not a copy of the
    reference. `speedup` is against what the run was measured against, `eager` against eager PyTorch, both verified in
    fresh processes; None where nothing correct was found.
    """

    level: int
    problem_id: int
    name: str
    verdict: str
    reason: str
    kernel: str | None = None
    origin: str = ""
    made_by: str = ""
    against: str = "eager"
    won: bool = False
    speedup: Estimate | None = None
    eager: Estimate | None = None
    candidate: Times | None = None
    baseline: Times | None = None  # eager PyTorch
    compiled: Estimate | None = None  # the speedup against torch.compile, where it was asked for
    peak_fraction: float | None = None
    inconclusive: bool = False
    rollouts: int = 0
    tries: int = 0
    correct_tries: int = 0
    model_calls: int = 0
    tokens: int = 0
    wall_s: float = 0.0
    compatible: Compatible | None = None
    quarantine: tuple[str, ...] = ()
    control: Beside | None = None

    @property
    def correct(self) -> bool:
        return self.verdict == "correct"

    @property
    def key(self) -> str:
        return f"level_{self.level}_problem_{self.problem_id}"


def write_result(path: Path, result: Result) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(codec.pack(result), indent=2) + "\n")


def read_result(path: Path) -> Result:
    try:
        return codec.unpack(codec.parsed(path.read_text()), Result)
    except ValueError as error:
        raise RunFolderError(f"{path} is no result of a problem: {error}; remove it to have it made again") from error


def times(measurements: Sequence[Measurement], side: str) -> Times | None:
    """Of the candidate or the baseline, from raw samples on the clock that decided."""
    found = [_times(m, side) for m in measurements]
    whole = [t for t in found if t is not None]
    if not whole or len(whole) < len(found):
        return None
    return Times(
        typical=_mean([t.typical for t in whole]),
        mean=_mean([t.mean for t in whole]),
        std=_mean([t.std for t in whole]),
        least=_mean([t.least for t in whole]),
        most=_mean([t.most for t in whole]),
        samples=min(t.samples for t in whole),
    )


def _times(found: Measurement, side: str) -> Times | None:
    clocks = {s.clock for s in found.samples}
    clock = "cpu" if "cpu" in clocks else "wall"
    seconds = [t for s in found.samples if s.side == side and s.clock == clock for t in s.seconds]
    if not seconds:
        return None
    mean = sum(seconds) / len(seconds)
    spread = (sum((t - mean) ** 2 for t in seconds) / len(seconds)) ** 0.5
    typical = found.candidate_s if side == "candidate" else found.baseline_s
    return Times(typical, mean, spread, min(seconds), max(seconds), len(seconds))


def _mean(values: Sequence[float]) -> float:
    """Geometric where it can be: a spread may be zero, and so may be what a slope makes of a disturbed batch."""
    if all(v > 0 for v in values):
        return exp(sum(map(log, values)) / len(values))
    return sum(values) / len(values)
