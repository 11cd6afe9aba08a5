"""How often does `ci check` cry wolf, and how often does it see one? Kernels whose slowdown is known, under load.

    python benchmarks/ci_noise.py                       20 repeats each of: unchanged, 10 % slower, 5 % slower
    python benchmarks/ci_noise.py --repeats 5 --slower 0 0.1

The kernels are those of timing_error.py: a chain of dependent subtractions, whose length is all in which two of them
differ, so how much longer head takes is known by construction. A repeat is what a check does with one kernel: looks in
fresh processes of both sides until the rule settles, three at most. Nothing of one repeat is known to the next.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from timing_error import TASK, burner, kernel, same_code, sandbox_here

from kernel_gepa.backends.cpu import Cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.comparison import Claim, Look, Rule, Settled
from kernel_gepa.domain.task import Task
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.probe import complete
from kernel_gepa.judging.gate import settled
from kernel_gepa.recipes.ci.measures import timed


def checked(bench: Bench, task: Task, slower: float, rule: Rule, processes: int) -> tuple[Settled, int]:
    """What a check says of a kernel that takes so much longer than its base, and how many looks it needed."""
    measure, looks = timed("start", processes), list[Look]()
    against = replace(task, kernel=kernel(1.0))
    while (found := settled(looks, rule)) is None:
        told = measure(bench, kernel(1.0 + slower), against)
        if not isinstance(told, dict):
            raise SystemExit(f"error: the bench says of a right kernel: {told}")
        looks.append(told["chain"])
    return found, len(looks)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--slower", type=float, nargs="+", default=(0.0, 0.10, 0.05), help="0.1: takes 10 %% longer")
    parser.add_argument("--processes", type=int, default=7, help="fresh processes of both sides in a look")
    parser.add_argument("--quiet", action="store_true", help="no process of ours that burns a processor beside it")
    options = parser.parse_args()
    rule, sandbox = Rule(), sandbox_here()
    print(f"threshold {rule.threshold:.0%}, {options.processes} processes a look, in {sandbox.name}; ", end="")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    with nullcontext() if options.quiet else burner():
        for slower in options.slower:
            with Bench(Cpu(), sandbox) as bench:
                source = bench.folder / "task.py"
                source.write_text(TASK.format(kernel=kernel(1.0)))
                task = complete(look(source), sandbox, bench.folder)
                same_code(bench, task, [1.0, 1.0 + slower])
                began, claims, looks, errors = time.monotonic(), Counter[Claim](), 0, list[float]()
                for _ in range(options.repeats):
                    found, taken = checked(bench, task, slower, rule, options.processes)
                    claims[found.claim] += 1
                    looks += taken
                    errors.append(abs(found.speedup.value * (1 + slower) - 1))
            told = ", ".join(f"{claims[claim]} {claim}" for claim in Claim if claims[claim])
            print(
                f"{slower:>5.0%} slower: {told} of {options.repeats}; {looks} looks, {time.monotonic() - began:.0f} s, "
                f"median error {median(errors):.2%}, worst {max(errors):.2%}; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
