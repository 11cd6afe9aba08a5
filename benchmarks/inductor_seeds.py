"""For which tasks TorchInductor's code can be a start that stands alone, and whether the bench finds it right.

    python benchmarks/inductor_seeds.py [kernelbench_tasks/level1/*.py ...] [--seeds FOLDER]

One line per task: the number of C++ kernels, library calls left in it, and the verdict of a check (nothing is timed).
Exit code 1 when a seed that was made is not right: that is a defect; a task without one is a limit, and is named.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.provenance import INDUCTOR
from kernel_gepa.domain.verdict import name, reason
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.induced import induced
from kernel_gepa.harness.probe import complete
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, local

TASKS = Path(__file__).parent.parent / "kernelbench_tasks"


def judged(path: Path, sandbox: Sandbox, seeds: Path | None) -> tuple[str, str]:
    """What came of it in one word, and the words behind it."""
    with Bench(cpu.create(), sandbox) as bench, tempfile.TemporaryDirectory(prefix="kg-") as folder:
        task = complete(look(path), sandbox, Path(folder))
        try:
            task = induced(task, sandbox, Path(folder))
        except TaskError as error:
            return "none", str(error)
        if seeds is not None:
            (seeds / path.name).write_text(task.kernel)
        made = f"{task.kernel.count('static void op_')} kernels, {library_calls(task.kernel)} calls of libraries"
        verdict = bench.sound(task.kernel, task)
    return ("right", made) if verdict is None else ("wrong", f"{made}; {name(verdict)}: {reason(verdict)}")


def library_calls(kernel: str) -> int:
    """Of operators that are not the kernel's own, views and memory apart."""
    named = [ast.unparse(n.func) for n in ast.walk(ast.parse(kernel)) if isinstance(n, ast.Call)]
    plain = ("torch.empty_strided", "torch.as_strided", f"torch.ops.{INDUCTOR}.", "torch.randn", "torch.rand")
    return sum(n.startswith("torch.") and not n.startswith(plain) for n in named)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("tasks", nargs="*", type=Path, help="default: all own tasks")
    parser.add_argument("--seeds", type=Path, help="also write the seeds there")
    options = parser.parse_args()
    if options.seeds:
        options.seeds.mkdir(parents=True, exist_ok=True)
    sandbox = local.create() if bubblewrap.unavailable() else bubblewrap.create()
    counted = Counter[str]()
    for path in options.tasks or sorted(TASKS.glob("level*/*.py")):
        began = time.monotonic()
        came, words = judged(path, sandbox, options.seeds)
        counted[came] += 1
        print(f"{path.parent.name}/{path.stem:34} {came:6} {time.monotonic() - began:5.1f} s  {words}", flush=True)
    print(", ".join(f"{count} {came}" for came, count in counted.most_common()))
    return 1 if counted["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
