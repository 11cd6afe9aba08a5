"""Checks the speedups that `kernel-gepa optimize` printed, by a second way of measuring that shares no code with it.

    python benchmarks/remeasure.py RUN/result.json [RUN/result.json ...] [--repeat 20] [--json]
    python benchmarks/remeasure.py --self-test

Start and winner are compiled anew and timed in fresh processes on inputs of this script's own; the median over the
processes of the ratio of medians is held against every printed interval. It runs the kernels with the rights of whoever
calls it, in no sandbox: for kernels that the bench has already judged and that you would run anyway.

Exit codes: 0 every interval holds (with 20 checks or more: 19 of 20 do), 1 not so or the winner computes something
else, 2 something could not be measured.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("remeasure_child.py")

# One thread, waiting without spinning, and a heap that keeps its pages: without the last, a side that allocates its
# output (an eager reference) pays page faults that a side with a given buffer does not, and ratios move by a third.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1),
    "MALLOC_TOP_PAD_": str(64 << 20),
}

COMPILE = ("g++", "-std=c++20", "-O3", "-march=native", "-fopenmp", "-shared", "-fPIC")

# Flags a `// build:` line may add. Anything that names a file or a program is left out.
BUILD_FLAG = re.compile(
    r"-O[0-3gs]|-Ofast|-std=[\w+]+|-f(?!plugin|profile|dump)[a-z][a-z0-9-]*(=[a-z0-9]+)?|-m[a-z0-9.-]+(=[a-z0-9.+-]+)?"
)

# Relative to the largest value: far above rounding, far below a kernel that computes something else.
SAME_ANSWER = 1e-2

GEOMEAN = "geomean"

# Beyond the yardstick's least time by so much, a neighbour was on the core; and how many blocks without one are enough.
ALONE, LEAST_BLOCKS = 1.08, 4
# So many processes alone on their core are enough; while fewer than wanted are, up to so many times as many are run.
LEAST_ALONE, PATIENCE = 3, 2


class CannotMeasure(Exception):
    """Nothing was found out about a claim."""


class WrongAnswer(Exception):
    """The winner computes something else than what it is compared with, whatever its speed."""


@dataclass(frozen=True)
class Effort:
    """How much is measured: single processes differ by a few percent, so their number matters most."""

    processes: int
    batch_s: float
    blocks: int  # each is four batches: ABBA


@dataclass(frozen=True)
class Claim:
    """One printed speedup. `workload` is `geomean` for the mean over all workloads."""

    workload: str
    against: str
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Check:
    """A claim beside what was measured here; `low` and `high` are the extremes over the processes."""

    claim: Claim
    ratio: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        return self.claim.low <= self.ratio <= self.claim.high


# ---------------------------------------------------------------- what a result.json says


def claims(result: Mapping[str, Any]) -> list[Claim]:
    winner = result["winner"]
    found = [Claim(v["workload"], v["against"], v["median"], v["low"], v["high"]) for v in winner["verified"]]
    for against, mean in (winner.get("geomean") or {}).items():
        value = mean.get("median", mean.get("value"))
        found.append(Claim(GEOMEAN, against, value, mean["low"], mean["high"]))
    return found


def located(path: str, folder: Path) -> Path:
    """Paths in a result are relative to its folder; a source may also be given as the user typed it."""
    for candidate in (folder / path, Path(path)):
        if candidate.is_file():
            return candidate.resolve()
    raise CannotMeasure(f"{path} is named in {folder / 'result.json'} and is not there")


def build_line(source: str) -> list[str]:
    """The flags of a `// build:` line among the comments that a kernel opens with."""
    for line in source.splitlines():
        if found := re.match(r"\s*//\s*build:(.*?)(//.*)?$", line):
            return found[1].split()
        if line.strip() and not line.lstrip().startswith("//"):
            break
    return []


def build(source: Path, folder: Path, name: str) -> Path:
    extra = build_line(source.read_text())
    for flag in extra:
        if not BUILD_FLAG.fullmatch(flag):
            raise CannotMeasure(f"{source} asks for the compiler flag {flag!r}, which this script does not pass on")
    library = folder / f"{name}.so"
    command = [*COMPILE, *extra, "-x", "c++", str(source), "-o", str(library), "-lm"]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    if run.returncode:
        raise CannotMeasure(f"{source} does not compile here:\n{run.stderr}")
    return library


def sides(result: Mapping[str, Any], folder: Path, scratch: Path) -> dict[str, dict[str, str]]:
    """How a child process gets at each of start, winner and eager."""
    task = result["task"]
    given = {"start": located(result["start"]["path"], folder), "winner": located(result["winner"]["path"], folder)}
    reference = reference_file(task, folder, scratch)
    if task["form"] == "native":
        found = {
            name: {"kind": "native", "source": str(path), "library": str(build(path, scratch, name))}
            for name, path in given.items()
        }
        return found | {"eager": {"kind": "eager", "entry": "reference", "source": str(reference)}}
    found = {}
    for name, path in (*given.items(), ("eager", reference)):
        entry = (
            "Model" if name == "eager" or not re.search(r"^class ModelNew\b", path.read_text(), re.M) else "ModelNew"
        )
        found[name] = {"kind": "eager", "entry": entry, "source": str(path), "task": str(reference)}
    return found


def reference_file(task: Mapping[str, Any], folder: Path, scratch: Path) -> Path:
    """The Python file that defines the reference: the task itself, or what a C++ file was given as --reference."""
    reference = str(task.get("reference") or "")
    if "\n" in reference:
        copy = scratch / "reference.py"
        copy.write_text(reference)
        return copy
    return located(reference if reference.endswith(".py") else str(task["source"]), folder)


# ---------------------------------------------------------------- measuring


def remeasure(result: Mapping[str, Any], folder: Path, effort: Effort) -> list[Check]:
    made = claims(result)
    task = result["task"]
    workloads = {w["name"]: dict(w) for w in task["workloads"]}
    # start first: eager brings torch into the process
    wanted = sorted({(c.against, w) for c in made for w in workloads}, key=lambda p: (p[0] == "eager", p))
    with tempfile.TemporaryDirectory() as scratch:
        side = sides(result, folder, Path(scratch))
        if task["form"] != "native":  # such a task draws its inputs itself
            for workload in workloads.values():
                workload["drawn_by"] = side["eager"]["source"]
        job = {
            "batch_s": effort.batch_s,
            "blocks": effort.blocks,
            "pairs": [
                {"workload": workloads[w], "base": side[against], "winner": side["winner"]} for against, w in wanted
            ],
        }
        runs: list[Sequence[Mapping[str, Any]]] = []
        while len(runs) < PATIENCE * effort.processes and len(undisturbed(runs)) < effort.processes:
            runs.append(fresh_process(job))
    alone = limit(runs)
    counted = undisturbed(runs)
    if len(counted) < LEAST_ALONE:
        counted = runs
        print(
            "hardly a process was alone on its core: all of them count, and the ratios may be others", file=sys.stderr
        )
    ratios: dict[tuple[str, str], list[float]] = {}
    for index, (against, workload) in enumerate(wanted):
        worst = max(run[index]["difference"] for run in runs)
        if worst > SAME_ANSWER:
            raise CannotMeasure(
                f"{workload}: the winner's outputs differ from {against} by {worst:.2g} of the largest value"
            )
        ratios[against, workload] = [ratio_of_medians(run[index], alone) for run in counted]
    for against in {a for a, _ in wanted}:
        columns = [ratios[against, w] for w in workloads]
        ratios[against, GEOMEAN] = [math.prod(row) ** (1 / len(row)) for row in zip(*columns, strict=True)]
    return [check(c, ratios[c.against, c.workload]) for c in made]


def fresh_process(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    run = subprocess.run(
        [sys.executable, str(CHILD)],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        env=os.environ | ENVIRONMENT,
        check=False,
    )
    if run.returncode:
        raise CannotMeasure(f"a measuring process ended with code {run.returncode}:\n{run.stderr[-4000:]}")
    answer: list[dict[str, Any]] = json.loads(run.stdout)
    return answer


def limit(runs: Sequence[Sequence[Mapping[str, Any]]]) -> float:
    """Seconds of the yardstick from which on somebody else was on the core."""
    return ALONE * float(min(load for run in runs for pair in run for load in pair["yardstick"]))


def undisturbed(runs: Sequence[Sequence[Mapping[str, Any]]]) -> list[Sequence[Mapping[str, Any]]]:
    """Processes that had the core for themselves in enough blocks of every pair. A neighbour who stays slows dense code
    more than plain code, and a process beside one measures another ratio.
    """
    if not runs:
        return []
    alone = limit(runs)

    def alone_in(pair: Mapping[str, Any]) -> bool:
        return sum(bool(load <= alone) for load in pair["yardstick"]) >= LEAST_BLOCKS

    return [run for run in runs if all(map(alone_in, run))]


def ratio_of_medians(raw: Mapping[str, Any], alone: float) -> float:
    """Of the blocks in which nobody else was on the core; of all blocks when there are too few of those."""
    blocks = [number for number, load in enumerate(raw["yardstick"]) if load <= alone]
    if len(blocks) < LEAST_BLOCKS:
        blocks = list(range(len(raw["yardstick"])))
    base, winner = (statistics.median(t for block in blocks for t in raw[side][block]) for side in ("base", "winner"))
    return float(base / winner)


def check(claim: Claim, ratios: Sequence[float]) -> Check:
    return Check(claim, statistics.median(ratios), min(ratios), max(ratios))


# ---------------------------------------------------------------- telling


def table(checks: Sequence[Check]) -> Iterator[str]:
    yield f"{'workload':20} {'against':8} {'printed':>8} {'interval':>17} {'measured':>9} {'processes':>17}"
    for c in checks:
        printed = f"{c.claim.median:7.3f}x {interval(c.claim.low, c.claim.high):>17}"
        measured = f"{c.ratio:8.3f}x {interval(c.low, c.high):>17}  {'inside' if c.inside else 'OUTSIDE'}"
        yield f"{c.claim.workload:20} {c.claim.against:8} {printed} {measured}"


def interval(low: float, high: float) -> str:
    return f"{low:.3f} .. {high:.3f}"


def holds(checks: Sequence[Check]) -> bool:
    """A 95 % interval misses one time in twenty; fewer checks than twenty may not miss at all."""
    misses = sum(not c.inside for c in checks)
    return misses <= len(checks) // 20


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("results", nargs="*", type=Path, metavar="result.json")
    parser.add_argument("--processes", type=int, default=7, help="fresh processes per measurement (default 7)")
    parser.add_argument("--repeat", type=int, default=1, help="measure everything this many times and count")
    parser.add_argument("--batch-ms", type=float, default=2.0, help="length of a timed batch (default 2)")
    parser.add_argument("--blocks", type=int, default=20, help="ABBA blocks per pair and process (default 20)")
    parser.add_argument("--json", action="store_true", help="the checks as JSON on stdout")
    parser.add_argument("--self-test", action="store_true", help="measure pairs whose ratio is known")
    options = parser.parse_args()
    effort = Effort(options.processes, options.batch_ms / 1e3, options.blocks)
    if options.self_test:
        return subprocess.run([sys.executable, CHILD.with_name("remeasure_selftest.py")], check=False).returncode
    if not options.results:
        parser.error("name at least one result.json, or --self-test")
    try:
        return report(options, effort)
    except (CannotMeasure, WrongAnswer) as problem:
        print(problem, file=sys.stderr)
        return 1 if isinstance(problem, WrongAnswer) else 2


def report(options: argparse.Namespace, effort: Effort) -> int:
    checks: list[Check] = []
    for turn in range(options.repeat):
        for path in options.results:
            found = remeasure(json.loads(path.read_text()), path.parent, effort)
            checks += found
            if not options.json:
                print(f"{path}" + (f"  ({turn + 1} of {options.repeat})" if options.repeat > 1 else ""))
                print("\n".join(table(found)), end="\n\n", flush=True)
    inside = sum(c.inside for c in checks)
    if options.json:
        print(json.dumps({"checks": [asdict(c) | {"inside": c.inside} for c in checks], "inside": inside}, indent=2))
    else:
        print(f"{inside} of {len(checks)} printed intervals hold the re-measured speedup")
    return 0 if holds(checks) else 1


if __name__ == "__main__":
    sys.exit(main())
