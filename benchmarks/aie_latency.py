"""How long an AIE kernel takes from text to verdict, once headers are precompiled and its task is known.

    python benchmarks/aie_latency.py [--kernels 5] [--rounds 3] [--device npu1]

Kernels are the right ones of tests/npu. Each round judges a text that was never built before. This is wall time, and
depends on what else the machine does: the load is told beside it. Processor time is not to be had here, as the sandbox
waits for its processes in a namespace of their own.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parent.parent))

from kernel_gepa.backends.aie.emulator import Assembled, Case, Emulator
from kernel_gepa.backends.aie.screen import screen
from kernel_gepa.benchmarks.npueval.tasks import task_of
from kernel_gepa.harness.npu import POISONS, NpuBench, packed, source_of
from kernel_gepa.recipes.npu import npu_sandbox
from tests.npu.kernels import known, row_named

T = TypeVar("T")


def seconds(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    made = work()
    return made, time.perf_counter() - start


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--kernels", type=int, default=5)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--device", default="npu1")
    wanted = options.parse_args()
    sandbox = npu_sandbox("auto", model=None)
    all_right = [k for k in known("right") if wanted.device in k.told["devices"].split(",")]
    chosen = all_right[:: max(1, len(all_right) // wanted.kernels)][: wanted.kernels]
    parts: dict[str, list[float]] = {"screen": [], "build": [], "link and run": [], "whole verdict": []}
    with NpuBench(sandbox, device=wanted.device) as bench:
        emulator = Emulator(bench.toolchain, wanted.device, sandbox, bench.folder / "parts")
        for kernel in chosen:
            row = row_named(kernel.told["task"])
            task = task_of(row)
            bench.assess(kernel.text, task)  # the first: headers, the reference's answers, fresh inputs
            whole = []
            for number in range(wanted.rounds):
                text = f"{kernel.text}\n// text {number} of {os.getpid()}\n"
                source = source_of(row, text + "// by parts\n")
                parts["screen"].append(seconds(partial(screen, source.kernel, source.wrapper))[1])
                built, spent = seconds(partial(emulator.build, source))
                parts["build"].append(spent)
                assert isinstance(built, Assembled), built
                cases = [Case(packed(row), poison) for poison in (*POISONS, *POISONS, POISONS[0])]
                parts["link and run"].append(seconds(partial(emulator.run, built, cases))[1])
                found, spent = seconds(partial(bench.assess, text, task))
                assert found.strict, found.verdict
                whole.append(spent)
            parts["whole verdict"] += whole
            print(f"{kernel.name:44} {_told(whole)}")
    print(f"\nmedians of {len(parts['build'])}, {bench.toolchain.version}, sandbox {sandbox.name}", end=", ")
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, all_s in parts.items():
        print(f"{name:44} {_told(all_s)}")
    return 0


def _told(spent_s: list[float]) -> str:
    return f"{median(spent_s):6.3f} s"


if __name__ == "__main__":
    sys.exit(main())
