"""Instructions of a native kernel, counted by valgrind: no time, but the same on every machine that runs the binary.

A small launcher calls the kernel n and 2n times on the same inputs, and the difference of the counts is what n launches
take: starting a process, reading inputs and loading libraries are in both. Memory, branches that the processor guesses
wrong and instructions that take longer than others do not show.
"""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kernel_gepa.domain.signature import Misfit, Passed, bind
from kernel_gepa.domain.task import Form, Task, TensorSpec, Workload
from kernel_gepa.domain.verdict import BuildFailed, TimedOut, Verdict
from kernel_gepa.errors import TaskError, ToolchainError
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.blame import Settled
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.inputs import Pooled
from kernel_gepa.ports import Built, Exit, Limits

LAUNCHES = 2  # n; the other run makes twice as many
SEED = 0  # the same inputs for both sides and every time: what a branch does depends on them
LIMIT_S = 300.0
LIMITS = Limits(memory_bytes=4 << 30)
COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")

# In one job: what a command leaves in its folder, the next one cannot run.
SCRIPT = """set -e
{compiler} -O1 launch.c ./kernel.so -o launch -Wl,-rpath,.
for many in {n} {twice}; do
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null ./launch $many
done"""

# What valgrind understands of x86: it has no AVX-512. Elsewhere the compiler's choice stands.
FLAGS = ("-march=haswell", "-mtune=generic") if platform.machine() in ("x86_64", "AMD64") else ()

C_TYPES = {"bool": "_Bool", "float32": "float", "float64": "double"}

LAUNCHER = """
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
extern void {entry}({types});
int main(int count, char** words) {{
    int file = open("arena.bin", O_RDONLY);
    struct stat told;
    if (count != 2 || file < 0 || fstat(file, &told)) return 97;
    char* arena = mmap(0, told.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (arena == MAP_FAILED) return 98;
    for (long left = atol(words[1]); left > 0; left--) {entry}({arguments});
    return 0;
}}
"""


def missing() -> str | None:
    """Why nothing can be counted here, or None."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed, and instructions are counted with it; install it: apt-get install valgrind"
    return None


def counted(bench: Bench, kernel: str, task: Task) -> dict[str, tuple[float, float]] | Verdict:
    """By workload, the instructions of n and of 2n launches. Raises ToolchainError without valgrind, and TaskError for
    a kernel that is not native or that valgrind cannot run.
    """
    if task.form is not Form.NATIVE:
        raise TaskError(f"{task.id} is no kernel in C or C++, and only of those instructions are counted")
    problem = missing()
    if problem is not None:
        raise ToolchainError(problem)
    try:
        built = bench.built(kernel, task)
        return {w.name: _of_workload(bench, built, task, w) for w in task.workloads}
    except Settled as settled:
        return settled.verdict


def _of_workload(bench: Bench, built: Built, task: Task, workload: Workload) -> tuple[float, float]:
    passed = bind(built.parameters, workload)
    if isinstance(passed, Misfit):
        raise Settled(BuildFailed(passed.problem))
    folder = bench.folder / "counted" / f"{built.artifact.parent.name}-{workload.name.encode().hex()}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(built.artifact, folder / "kernel.so")
    offsets = _write_inputs(workload, folder / "arena.bin")
    (folder / "launch.c").write_text(launcher(built.entry, passed, offsets))
    compiler = next((path for name in ("gcc", "clang", "cc") if (path := shutil.which(name))), None)
    if compiler is None:
        raise ToolchainError("no C compiler was found to make a launcher with; install one: apt-get install gcc")
    script = SCRIPT.format(compiler=compiler, n=LAUNCHES, twice=2 * LAUNCHES)
    done = _run(bench, ["sh", "-c", script], folder)
    if done is None:
        raise Settled(TimedOut("time", LIMIT_S))
    counts = [float(count.replace(",", "")) for count in COUNTED.findall(done.stderr)]
    if done.code or len(counts) != 2:
        told = " ".join(done.stderr.split())[-300:]
        raise TaskError(f"valgrind cannot run the kernel of {task.id}, so nothing is counted: {told}")
    return counts[0], counts[1]


def launcher(entry: str, passed: Sequence[Passed], offsets: dict[TensorSpec, int]) -> str:
    """A C program that calls the kernel on the arena in its folder; numbers are passed by their type."""
    types, arguments = [], []
    for argument in passed:
        if isinstance(argument.source, TensorSpec):
            types.append("void*")
            arguments.append(f"arena + {offsets[argument.source]}L")
        else:
            kind = C_TYPES.get(argument.parameter.dtype, f"{argument.parameter.dtype}_t")
            types.append(kind)
            arguments.append(f"({kind}){_number(argument.source, whole=not kind.startswith(('float', 'double')))}")
    return LAUNCHER.format(entry=entry, types=", ".join(types) or "void", arguments=", ".join(arguments))


def _number(value: float, *, whole: bool) -> str:
    return f"{int(value)}LL" if whole else float(value).hex()


def _write_inputs(workload: Workload, path: Path) -> dict[TensorSpec, int]:
    """One slot with inputs drawn from a fixed seed; where each tensor lies in it."""
    arena = Arena(of_workload(workload), 1)
    try:
        Pooled(workload, np.random.default_rng(SEED)).fill(arena, 0)
        arena.poison(0, 1)
        path.write_bytes(arena.bytes.tobytes())
        return {place.spec: arena.offset(0, place) for place in arena.layout.places}
    finally:
        arena.close()


def _run(bench: Bench, command: Sequence[str], folder: Path) -> Exit | None:
    environment = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "LC_ALL": "C"}
    job = bench.commands.start(command, folder=folder, environment=environment, limits=LIMITS)
    try:
        return job.wait(LIMIT_S)
    finally:
        job.kill()
