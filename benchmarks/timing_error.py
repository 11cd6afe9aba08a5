"""How wrong is the bench? Pairs of kernels whose speedup is known, measured as any kernel is.

    python benchmarks/timing_error.py                        quiet, and beside a process that burns another processor
    python benchmarks/timing_error.py --repetitions 10       quicker, and less sure of the coverage

The pairs are one program: a chain of dependent subtractions, so many for each element, and the number is all in which
two of them differ. Their machine code is compared byte by byte, so the ratio of their work is that of the numbers, by
construction and not by a clock. What every launch costs beside the chain is less than a thousandth of it.

Bias is the mean error of the speedup. Coverage is how often the 95 % interval held the true ratio: `held` as it is
told, with the spread between processes that kernels of other kinds have; `bare` from the rounds alone. Every repetition
is `Bench.judge` or `Bench.verify` from its start, in fresh processes of both sides.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from pathlib import Path
from statistics import fmean, median, stdev

from kernel_gepa.backends.cpu import Cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Correct, Verdict, reason
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.probe import complete
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, local
from kernel_gepa.statistics import ratio_of_medians

RATIOS = (1.00, 1.02, 1.05, 1.10, 2.00)
TRIPS = 4000  # of the faster one; even, so that every number comes back with its sign

KERNEL = """
static volatile long trips = {trips};
static volatile float nothing = 0.0f;

extern "C" void negate(const float* x, float* y, long n) {{
    const long many = trips;
    const float zero = nothing;
    for (long i = 0; i < n; i++) {{
        float value = x[i];
        for (long trip = 0; trip < many; trip++) value = zero - value;
        y[i] = 2.0f * value;
    }}
}}
"""

TASK = '''
"""Twice the input, the long way."""

import torch

kernel = """{kernel}"""


def workloads():
    return {{"chain": {{"x": "float32[n=64]"}}}}


def reference(x):
    return 2 * x
'''


def kernel(ratio: float) -> str:
    """So many times slower than the fast one."""
    return KERNEL.format(trips=2 * round(TRIPS * ratio / 2))


@dataclass(frozen=True)
class Found:
    """One measurement of a pair with a known ratio."""

    ratio: float
    value: float
    low: float
    high: float
    bare: Estimate  # from the rounds alone, without the spread between processes
    inconclusive: bool
    took_s: float

    @property
    def held(self) -> bool:
        return self.low <= self.ratio <= self.high

    @property
    def error(self) -> float:
        return log(self.value / self.ratio)


def found(verdict: Verdict, ratio: float, took_s: float) -> Found:
    if not isinstance(verdict, Correct):
        raise SystemExit(f"error: the bench says of a right kernel: {reason(verdict)}")
    (measured,) = verdict.measurements
    s = measured.speedup
    theirs, ours = (
        next(x.seconds for x in measured.samples if (x.side, x.clock) == (side, "cpu"))
        for side in ("baseline", "candidate")
    )
    return Found(ratio, s.value, s.low, s.high, ratio_of_medians(theirs, ours), measured.inconclusive, took_s)


def task_of(ratio: float, fast: Task) -> Task:
    return replace(fast, kernel=kernel(ratio))


def judged(bench: Bench, task: Task, ratio: float, repetitions: int) -> list[Found]:
    results = []
    for _ in range(repetitions):
        began = time.monotonic()
        verdict = bench.judge(kernel(1.0), task_of(ratio, task))
        results.append(found(verdict, ratio, time.monotonic() - began))
    return results


def verified(bench: Bench, task: Task, ratio: float, repetitions: int, processes: int) -> list[Found]:
    results = []
    for _ in range(repetitions):
        began = time.monotonic()
        verdict = bench.verify(kernel(1.0), task_of(ratio, task), ("start",), processes)
        results.append(found(verdict, ratio, time.monotonic() - began))
    return results


def same_code(bench: Bench, task: Task, ratios: Sequence[float]) -> None:
    """Raises SystemExit when the programs differ in more than the number of trips."""
    codes = {code(bench.built(kernel(ratio), task).artifact) for ratio in ratios}
    if len(codes) != 1:
        raise SystemExit("error: the compiler made different code of the pairs; their ratio is not known")


def code(library: Path) -> bytes:
    with tempfile.NamedTemporaryFile() as section:
        command = ["objcopy", "-O", "binary", "--only-section=.text", str(library), section.name]
        subprocess.run(command, check=True)
        return Path(section.name).read_bytes()


@contextmanager
def burner() -> Iterator[None]:
    """A process that keeps the last processor busy."""
    last = max(os.sched_getaffinity(0))
    process = subprocess.Popen(
        [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{last}}})\nwhile True: pass"]
    )
    try:
        time.sleep(0.5)
        yield
    finally:
        process.kill()
        process.wait()


HEAD = "way       true  runs     bias  spread      held      bare  half width  unsure  s each"


def row(way: str, results: Sequence[Found]) -> str:
    errors = [r.error for r in results]
    spread = stdev(errors) if len(errors) > 1 else 0.0
    width = median(max(r.high / r.value, r.value / r.low) - 1 for r in results)
    held = f"{sum(r.held for r in results)}/{len(results)}"
    bare = f"{sum(r.bare.low <= r.ratio <= r.bare.high for r in results)}/{len(results)}" if way == "judge" else ""
    unsure = sum(r.inconclusive for r in results)
    return (
        f"{way:<8} {results[0].ratio:>5.2f} {len(results):>5} {exp(fmean(errors)) - 1:>+8.2%} {spread:>7.2%} "
        f"{held:>9} {bare:>9} {width:>11.1%} {unsure:>7} {median(r.took_s for r in results):>7.2f}"
    )


def coverage(results: Sequence[Found]) -> str:
    held, runs = sum(r.held for r in results), len(results)
    share = held / runs
    near = (held + 2) / (runs + 4)  # Agresti and Coull: "all of fifty" is not certainty
    error = 1.96 * sqrt(near * (1 - near) / (runs + 4))
    return f"intervals that held the true ratio: {held} of {runs}, {share:.1%} ± {error:.1%}"


def table(bench: Bench, task: Task, options: argparse.Namespace) -> None:
    print(HEAD)
    for way, repetitions in (("judge", options.repetitions), ("verify", options.verifications)):
        everything: list[Found] = []
        for ratio in options.ratios if repetitions else ():
            results = (
                judged(bench, task, ratio, repetitions)
                if way == "judge"
                else verified(bench, task, ratio, repetitions, options.processes)
            )
            print(row(way, results), flush=True)
            everything += results
        if everything:
            print(f"{way}: {coverage(everything)}", flush=True)


def sandbox_here() -> Sandbox:
    return local.create() if bubblewrap.unavailable() else bubblewrap.create()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=40, help="judgements for each ratio")
    parser.add_argument("--verifications", type=int, default=2, help="verifications for each ratio")
    parser.add_argument("--processes", type=int, default=7, help="fresh processes of a verification")
    parser.add_argument("--ratios", type=float, nargs="+", default=RATIOS)
    parser.add_argument("--load", choices=("both", "quiet", "burner"), default="both", help="what runs beside it")
    options = parser.parse_args()
    sandbox = sandbox_here()
    with Bench(Cpu(), sandbox) as bench:
        source = bench.folder / "task.py"
        source.write_text(TASK.format(kernel=kernel(1.0)))
        task = complete(look(source), sandbox, bench.folder)
        same_code(bench, task, options.ratios)
        for load in ("burner", "quiet") if options.load == "both" else (options.load,):
            beside = (
                "beside a process that burns another processor" if load == "burner" else "nothing of ours beside it"
            )
            print(f"\n{beside}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, in {sandbox.name}")
            with burner() if load == "burner" else nullcontext():
                table(bench, task, options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
