"""What a verdict costs beyond the work that it is about, and how many there are in a minute.

    python benchmarks/bench_overhead.py [--sandbox docker bubblewrap local] [--verdicts 20] [--minute 20]

Each verdict is of a kernel text that was never seen before, from text to `Correct`. Beside it: a bare run of the
compiler on the same text, and the seconds that the bench spends in its check and its timing, which are what was asked
for. The overhead is the rest: screen, sandboxes, files, loading, the baseline's worker. `cold` is the first verdict of
a fresh bench, with all that is started once. Timing is cut down to the rounds of a screening (3 to 5), or it would hide
the rest.

The last table counts verdicts per minute of two processes side by side, which share one lease for timing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.dialect import suffix
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.measure import Rounds
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.trial import Trial
from kernel_gepa.ports import Sandbox
from kernel_gepa.recipes.plugins import sandbox_named

SETTINGS = Settings(rounds=Rounds(least=3, most=5, half_width=0.1, limit_s=0.5, patience=1))

PLAIN = """#include <stdint.h>
extern "C" void scale(const float* x, float* y, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * 3.0f + 1.0f;
}
"""
PLAIN_C = PLAIN.replace('extern "C" ', "").replace(
    "const float* x, float* y", "const float* restrict x, float* restrict y"
)
HEADERS = "#include <algorithm>\n#include <cmath>\n#include <vector>\n" + PLAIN
NATIVE = '''
import torch

kernel = """{kernel}"""


def workloads():
    return {{"default": {{"x": "float32[n=10007]"}}}}


def reference(x):
    return x * 3 + 1
'''
MODULE = """
import torch


class Model(torch.nn.Module):
    def forward(self, x):
        return x * 3 + 1


class ModelNew(torch.nn.Module):
    def forward(self, x):
        return torch.add(x * 3, 1)


def get_inputs():
    return [torch.randn(10007)]


def get_init_inputs():
    return []
"""
FORMS = {
    "C": NATIVE.format(kernel=PLAIN_C),
    "C++, no headers": NATIVE.format(kernel=PLAIN),
    "C++, STL headers": NATIVE.format(kernel=HEADERS),
    "KernelBench form": MODULE,
}


class Stopwatch:
    """Adds up the seconds spent in some methods, while it is on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def over(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*arguments, **named)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


@dataclass(frozen=True)
class Verdicts:
    """Seconds of each: from text to verdict, of a bare compilation of the same text, and in check and timing."""

    total: list[float]
    compiling: list[float]
    asked: list[float]

    @property
    def overhead(self) -> list[float]:
        rest = zip(self.total, self.compiling, self.asked, strict=True)
        return [total - compiling - asked for total, compiling, asked in rest]


def variant(text: str, number: int, *, native: bool) -> str:
    """Another text, the same kernel."""
    return f"{text}\n{'//' if native else '#'} variant {number} of {time.time_ns()}\n"


def bare_compile(text: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"kernel{suffix(text)}"
        source.write_text(text)
        command = [*cpu.compiling(text), str(source), "-o", f"{folder}/kernel.so", "-lm"]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - began


def task_of(source: str, sandbox: Sandbox, folder: Path) -> Task:
    path = folder / "task.py"
    path.write_text(source)
    return complete(look(path), sandbox, folder)


def judged(bench: Bench, task: Task, count: int, watch: Stopwatch, first: int = 0) -> Verdicts:
    native = task.kernel.lstrip().startswith("#include")
    found = Verdicts([], [], [])
    for number in range(first, first + count):
        text = variant(task.kernel, number, native=native)
        found.compiling.append(bare_compile(text) if native else 0.0)
        watch.seconds, began = 0.0, time.perf_counter()
        verdict = bench.judge(text, task)
        found.total.append(time.perf_counter() - began)
        found.asked.append(watch.seconds)
        if not isinstance(verdict, Correct):
            raise SystemExit(f"a kernel that is right was judged otherwise: {verdict}")
    return found


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def costs(sandboxes: Sequence[str], count: int, watch: Stopwatch) -> None:
    head = (
        "sandbox",
        "kernel",
        "cold s",
        "text to verdict s",
        "bare compile s",
        "check + timing s",
        "overhead ms (p95)",
    )
    print("{:11} {:17} {:>7} {:>18} {:>15} {:>17} {:>19}".format(*head))
    for name in sandboxes:
        sandbox = sandbox_named(name, model=None)
        for form, source in FORMS.items():
            with tempfile.TemporaryDirectory() as folder, Bench(cpu.create(), sandbox, SETTINGS) as bench:
                task = task_of(source, sandbox, Path(folder))
                cold = judged(bench, task, 1, watch)
                warm = judged(bench, task, count, watch, first=1)
            total, compiling, asked = map(statistics.median, (warm.total, warm.compiling, warm.asked))
            over = f"{statistics.median(warm.overhead) * 1e3:.0f} ({percentile(warm.overhead, 0.95) * 1e3:.0f})"
            print(
                f"{name:11} {form:17} {cold.total[0]:7.2f} {total:18.3f} {compiling:15.3f} {asked:17.3f} {over:>19}",
                flush=True,
            )


def one_worker(name: str, source: str, seconds: float, results: Any) -> None:
    sandbox = sandbox_named(name, model=None)
    with tempfile.TemporaryDirectory() as folder, Bench(cpu.create(), sandbox, SETTINGS) as bench:
        task = task_of(source, sandbox, Path(folder))
        bench.judge(task.kernel, task)
        ends, made = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            native = task.kernel.lstrip().startswith("#include")
            made += isinstance(bench.judge(variant(task.kernel, made, native=native), task), Correct)
        results.put(made)


def rates(sandboxes: Sequence[str], seconds: float, workers: int = 2) -> None:
    print(f"\n{'sandbox':11} {'kernel':17} {'verdicts per minute':>20}   ({workers} processes, {seconds:g} s)")
    for name in sandboxes:
        for form, source in FORMS.items():
            results: Any = multiprocessing.get_context("spawn").Queue()
            started = [
                multiprocessing.get_context("spawn").Process(target=one_worker, args=(name, source, seconds, results))
                for _ in range(workers)
            ]
            for process in started:
                process.start()
            made = sum(results.get(timeout=seconds + 120) for _ in started)
            for process in started:
                process.join()
            print(f"{name:11} {form:17} {made * 60 / seconds:20.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sandbox", nargs="+", default=["local", "bubblewrap", "docker"])
    parser.add_argument("--verdicts", type=int, default=20, help="of each kind (default 20)")
    parser.add_argument("--minute", type=float, default=20.0, help="seconds to count verdicts for (default 20)")
    options = parser.parse_args()
    watch = Stopwatch()
    check, timing = Trial.check, Trial.time
    Trial.check = watch.over(check)  # type: ignore[method-assign]
    Trial.time = watch.over(timing)  # type: ignore[method-assign]
    costs(options.sandbox, options.verdicts, watch)
    if options.minute:
        rates(options.sandbox, options.minute)


if __name__ == "__main__":
    main()
