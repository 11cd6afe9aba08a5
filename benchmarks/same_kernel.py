"""Is the bench unbiased? Judges a kernel against itself and counts the intervals that contain 1.

    python benchmarks/same_kernel.py [TASK.py ...] [--runs 20] [--processes 1] [--sandbox auto]

A task is a file as `kernel-gepa optimize` takes it, with a kernel of its own to start from; the default is one native
kernel and one KernelBench-form module of the examples. Every run is a new bench: fresh workers on both sides. `sd` is
the standard deviation of the logarithm of the speedup.

Exit codes: 0 at least 19 of 20 intervals contain 1 for every task and workload, 1 not so, 2 a kernel was not even found
correct.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median, stdev

from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Correct, name, reason
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.probe import complete
from kernel_gepa.recipes.plugins import backend_named, sandbox_named

EXAMPLES = Path(__file__).parent.parent / "examples"
DEFAULT = (EXAMPLES / "softmax.py", EXAMPLES / "kernelbench_start.py")
AIM = 0.95


@dataclass(frozen=True)
class How:
    """What the command line asks for."""

    runs: int
    processes: int
    sandbox: str


class NotCorrect(Exception):
    """The kernel is no kernel to compare with itself."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=Path, default=DEFAULT)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--processes", type=int, default=1, help="of both sides, per run; one is what a search does")
    parser.add_argument("--sandbox", default="auto")
    found = parser.parse_args(arguments)
    how = How(found.runs, found.processes, found.sandbox)
    try:
        shares = [told(path, how) for path in found.tasks]
    except NotCorrect as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if min(shares) >= AIM else 1


def told(path: Path, how: How) -> float:
    """Prints one line per run and one per workload, and returns the least share of intervals that contain 1."""
    found: dict[str, list[Estimate]] = {}
    for run in range(1, how.runs + 1):
        verdict = against_itself(path, how)
        figures = {"all workloads": verdict.speedup} | {m.workload: m.speedup for m in verdict.measurements}
        for workload, speedup in figures.items():
            found.setdefault(workload, []).append(speedup)
        missed = [workload for workload, speedup in figures.items() if not holds_one(speedup)]
        overall = verdict.speedup
        shown = f"{overall.value:.3f} ({overall.low:.3f} to {overall.high:.3f})"
        print(f"{path.stem} {run:3}: {shown}{'  <- misses 1: ' + ', '.join(missed) if missed else ''}", flush=True)
    print(f"\n| {path.stem} | median | sd | contain 1 |\n|---|---|---|---|")
    for workload, speedups in found.items():
        logs = [math.log(s.value) for s in speedups]
        spread = stdev(logs) if len(logs) > 1 else 0.0
        print(f"| {workload} | {math.exp(median(logs)):.3f} | {spread:.3f} | {held(speedups)}/{how.runs} |")
    print(flush=True)
    return min(held(speedups) for speedups in found.values()) / how.runs


def held(speedups: list[Estimate]) -> int:
    return sum(holds_one(speedup) for speedup in speedups)


def holds_one(speedup: Estimate) -> bool:
    return speedup.low <= 1.0 <= speedup.high


def against_itself(path: Path, how: How) -> Correct:
    sandbox = sandbox_named(how.sandbox, model=None)
    with Bench(backend_named("cpu"), sandbox, Settings(against="start")) as bench:
        task = complete(look(path), sandbox, bench.folder)
        if how.processes > 1:
            verdict = bench.verify(task.kernel, task, ("start",), how.processes)
        else:
            verdict = bench.judge(task.kernel, task)
    if not isinstance(verdict, Correct):
        raise NotCorrect(f"{path} cannot be compared with itself, it is {name(verdict)}: {reason(verdict)}")
    return verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
