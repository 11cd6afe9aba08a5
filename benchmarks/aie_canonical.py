"""How many of NPUEval's own solutions pass both verdicts on the emulator, and which do not.

    python benchmarks/aie_canonical.py npueval.jsonl [--compiler clang++-19] [--device npu1]

With g++, the fallback, it names the solutions that only clang compiles.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from kernel_gepa.backends.aie.toolchain import find_toolchain
from kernel_gepa.benchmarks.npueval.rows import read_rows
from kernel_gepa.benchmarks.npueval.tasks import task_of
from kernel_gepa.domain.verdict import name, reason
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.recipes.npu import npu_sandbox


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("data_set", type=Path)
    options.add_argument("--compiler")
    options.add_argument("--device", default="npu1")
    wanted = options.parse_args()
    rows, toolchain = read_rows(wanted.data_set), find_toolchain(wanted.compiler)
    official = strict = 0
    start = time.perf_counter()
    with NpuBench(npu_sandbox("auto", model=None), device=wanted.device, toolchain=toolchain) as bench:
        for row in rows:
            try:
                found = bench.assess(row.canonical, task_of(row))
            except TaskError as error:
                print(f"  {row.kernel_name}: {error}")
                continue
            official += bool(found.official)
            strict += found.strict
            if not (found.strict and found.official):
                print(f"  {row.kernel_name}: {name(found.verdict)}: {reason(found.verdict)}")
    print(
        f"{toolchain.version}: of {len(rows)} solutions {official} pass the official rule, {strict} the strict one",
        end=" ",
    )
    print(f"({time.perf_counter() - start:.0f} s, load {os.getloadavg()[0]:.1f})")
    return 0 if strict == official == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
