"""What the bench found out about a kernel: a fact, and a union of outcomes, so that wrong states cannot be written."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_gepa.domain.machine_code import MachineCode
from kernel_gepa.domain.timing import Estimate, Measurement, geometric_mean


@dataclass(frozen=True, slots=True)
class Rejected:
    """The bench refuses to count it: a rule of the screen, or a measurement that cannot be honest."""

    reason: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildFailed:
    reason: str
    log: str = ""


@dataclass(frozen=True, slots=True)
class Crashed:
    """`workload` is empty when it died before the first launch."""

    reason: str
    workload: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class TimedOut:
    stage: str  # "build", "load", "check", "time"
    limit_s: float
    workload: str = ""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """How one workload's output differs, in words and a few values, for a reader."""

    workload: str
    what: str
    details: tuple[str, ...] = ()
    wrong_share: float = 1.0  # share of wrong elements, for the reader; never part of the score


@dataclass(frozen=True, slots=True)
class Incorrect:
    mismatches: tuple[Mismatch, ...]
    passed: tuple[str, ...] = ()  # workloads that were right


@dataclass(frozen=True, slots=True)
class Correct:
    """`profile` are sentences from the compiler and the profiler; `tags` say whose work it is (library call, ...)."""

    measurements: tuple[Measurement, ...]
    profile: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def speedup(self) -> Estimate:
        """Geometric mean over the workloads."""
        return geometric_mean(m.speedup for m in self.measurements)

    @property
    def inconclusive(self) -> bool:
        """Right, but on some workload nobody can say how fast."""
        return any(m.inconclusive for m in self.measurements)


@dataclass(frozen=True, slots=True)
class Static:
    """Compiled and looked at, never timed: nobody knows how fast it is, and among what is right it ranks nothing.

    `passed` are the workloads on which an interpreter found it right; empty where nothing here could run it, and `why`
    says so. `profile` and `tags` are those of `Correct`.
    """

    why: str
    code: tuple[MachineCode, ...]
    passed: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graded:
    """What a grader said of an answer that is no kernel. `points` go from 0 to 1; `why` teaches, and is never empty."""

    points: float
    why: str


Verdict = Rejected | BuildFailed | Crashed | TimedOut | Incorrect | Correct | Static | Graded

# The words of the command line's JSON, one per outcome.
NAMES: dict[type, str] = {
    Rejected: "rejected",
    BuildFailed: "build_failed",
    Crashed: "crashed",
    TimedOut: "timed_out",
    Incorrect: "incorrect",
    Correct: "correct",
    Static: "static",
    Graded: "graded",
}


def name(verdict: Verdict) -> str:
    return NAMES[type(verdict)]


def reason(verdict: Verdict) -> str:
    """One line: why it is not correct, or how it was found to be."""
    match verdict:
        case Rejected(reason=text) | BuildFailed(reason=text) | Crashed(reason=text):
            return text
        case TimedOut(stage, limit_s):
            return f"no end of the {stage} stage within {limit_s:g} s"
        case Incorrect(mismatches):
            return f"{mismatches[0].workload}: {mismatches[0].what}"
        case Correct(measurements):
            return f"right on all {len({m.workload for m in measurements})} workloads"
        case Static(why):
            return why
        case Graded(points):
            return f"{points:g} of 1 point"
