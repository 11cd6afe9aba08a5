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
from dataclasses import dataclass, field, replace
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


@dataclass
class Tally:
    """What checks said of one known slowdown."""

    slower: float
    claims: Counter[Claim] = field(default_factory=Counter)
    looks: int = 0
    took_s: float = 0.0
    errors: list[float] = field(default_factory=list)

    def add(self, found: Settled, looks: int, took_s: float) -> None:
        self.claims[found.claim] += 1
        self.looks += looks
        self.took_s += took_s
        self.errors.append(abs(found.speedup.value * (1 + self.slower) - 1))

    def __str__(self) -> str:
        told = ", ".join(f"{self.claims[claim]} {claim}" for claim in Claim if self.claims[claim])
        error = f"error {median(self.errors):.2%} in the median, {max(self.errors):.2%} at most"
        cost = f"{self.looks} looks, {self.took_s:.0f} s"
        return f"{self.slower:>4.0%} slower: {told} of {len(self.errors)}; {cost}; {error}"


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
    with nullcontext() if options.quiet else burner(), Bench(Cpu(), sandbox) as bench:
        source = bench.folder / "task.py"
        source.write_text(TASK.format(kernel=kernel(1.0)))
        task = complete(look(source), sandbox, bench.folder)
        same_code(bench, task, [1.0 + slower for slower in (0.0, *options.slower)])
        tallies = {slower: Tally(slower) for slower in options.slower}
        # In turns, so that each meets the machine as the others do, and whoever stops it early has something of all.
        for repeat in range(options.repeats):
            for slower, tally in tallies.items():
                began = time.monotonic()
                found, taken = checked(bench, task, slower, rule, options.processes)
                tally.add(found, taken, time.monotonic() - began)
            print(f"after {repeat + 1} of {options.repeats}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
            for tally in tallies.values():
                print(f"  {tally}", file=sys.stderr, flush=True)
    for tally in tallies.values():
        print(tally)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
