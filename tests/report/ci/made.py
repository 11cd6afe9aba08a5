"""Results as a check leaves them, made of samples that are drawn here."""

from __future__ import annotations

from random import Random

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.comparison import Look, Pair, Rule
from kernel_gepa.judging.gate import ended, per_launch
from kernel_gepa.recipes.ci.judge import claimed
from kernel_gepa.report.ci.record import SCHEMA, Cell, Fingerprint, Kernel, Result, Side, State, exit_code

RULE = Rule()
MACHINE = Fingerprint("a processor", "a system", "a compiler", "as they like", "by the clock")


def look(slower: float, seed: int = 0) -> Look:
    rng = Random(f"{slower}:{seed}")
    return Look(
        tuple(
            Pair(
                tuple(1e-4 * (1 + rng.gauss(0, 0.002)) for _ in range(5)),
                tuple(1e-4 * (1 + slower) * (1 + rng.gauss(0, 0.002)) for _ in range(5)),
            )
            for _ in range(7)
        )
    )


def cell(workload: str, slower: float) -> Cell:
    looks = (look(slower),) if abs(slower) < 0.05 else (look(slower), look(slower, 1))
    found, middle = ended(looks, RULE), per_launch(looks[-1], RULE.unit)
    return Cell(workload, found.claim, found.speedup, found.why, middle.base[0], middle.head[0], looks)


def timed(name: str, **slower: float) -> Kernel:
    """A kernel whose workloads take so much longer."""
    blank = Kernel(name, f"kernels/{name}.py", f"kernels/{name}.cpp", State.UNJUDGED, "")
    return claimed(blank, tuple(cell(workload, by) for workload, by in slower.items()))


def other(name: str, state: State, why: str, *notes: str) -> Kernel:
    """One that was not measured."""
    return Kernel(name, f"kernels/{name}.py", f"kernels/{name}.cpp", state, why, notes=notes)


def result(*kernels: Kernel, command: str = "check") -> Result:
    return Result(
        SCHEMA,
        "0.0",
        command,
        Side("main", "a" * 40),
        Side("HEAD", "b" * 40),
        RULE,
        MACHINE,
        kernels,
        Spend(evaluations=3, wall_s=12.5, device_s=9.0),
        exit_code([k.state for k in kernels], command=command),
    )


EVERYTHING = result(
    timed("slow", line=0.3, odd=0.0),
    timed("fast", line=-0.3),
    timed("still", line=0.0),
    other("wrong", State.INCORRECT, "incorrect: line: 8 of 16 values are wrong", "they are the last 8 elements"),
    other("gone", State.FAILED, "the sandbox broke"),
    other("odd", State.UNUSABLE, "it defines nothing"),
    other("late", State.UNJUDGED, "the budget ended before it"),
    other("elsewhere", State.SKIPPED, "different machine: device was a and is b"),
    other("young", State.NEW, "new: main has no such kernel"),
    other("quiet", State.UNCHANGED, "right, and its text is that of the base"),
)

# Whoever writes a kernel decides what these texts are.
HOSTILE = (
    "</script><script>alert(1)</script>",
    "@everybody ![x](http://example.invalid/x.png) | a | `b` <img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b[0m\x07 \u202eesrever\u202c",
    "first\n::error file=x::injected\n::set-output name=verdict::same",
    "x" * 1_000_000,
    "<!-- kernel-gepa:ci check -->",
    "\ud800\x00\uffff]]>",
)
