"""A sweep over NPUEval: a search for each row, and what came of all of them in NPUEval's own files.

The folder gets a run per row, `solutions/<kernel>.json` and `results/<kernel>_wrapper.json`. Rows that have a result
are not done again, so that a sweep that was stopped goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import exp, log
from pathlib import Path

from kernel_gepa.benchmarks.npueval.files import read_result, write_result, write_solution
from kernel_gepa.benchmarks.npueval.rows import Row, read_rows
from kernel_gepa.domain.budget import Budget
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.errors import StartError, UsageError
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.recipes import begin, npu
from kernel_gepa.recipes.npu import BACKEND, Judged
from kernel_gepa.recipes.questions import RUNS
from kernel_gepa.recipes.reading import read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.sweeping import Done, Order, Watch
from kernel_gepa.recipes.telling import write_sweep
from kernel_gepa.recipes.wish import KERNELS, LEAST_PROCESSES, Wish
from kernel_gepa.report.html.problems import CORRECT, Problem
from kernel_gepa.report.html.sweep import SweepStory
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.store.journal import NAME

USUAL_ROLLOUTS = 12  # for each row


@dataclass(frozen=True, slots=True)
class Sweep:
    """What was asked for."""

    folder: Path
    device: str = "npu1"
    sandbox: str = "auto"
    model: str | None = None
    api_base: str | None = None
    rollouts: int = USUAL_ROLLOUTS
    seed: int = 0
    evolve: str = KERNELS
    width: int = 1


@dataclass(frozen=True, slots=True)
class Swept:
    """One row: cycles are estimates, of the start and of the best kernel. None where the start is not right."""

    kernel_name: str
    before: float | None
    after: float | None
    utilisation: float
    origin: str
    wall_s: float

    @property
    def improved(self) -> bool:
        return self.before is not None and self.after is not None and self.after < self.before


@dataclass(frozen=True)
class NpuEval:
    """The benchmark, as `sweep` knows it. `rollouts` are those of each row."""

    def sweep(self, order: Order, watch: Watch) -> Done:
        if order.levels or order.problems or order.shard != "1/1" or order.jobs != 1 or order.control is not None:
            raise UsageError("npueval has no levels, problem numbers, shards, jobs or controls; choose with --kernels")
        if order.start is not None or order.also:
            raise UsageError("npueval's kernels start from their rows and have one baseline; --seed takes a number")
        rows = chosen_rows(order.root, order.names)
        rollouts = USUAL_ROLLOUTS if order.rollouts is None else order.rollouts
        wanted = Sweep(
            folder=order.folder,
            device=order.device,
            sandbox=order.sandbox,
            model=order.model,
            api_base=order.api_base,
            rollouts=rollouts,
            seed=order.seed,
            evolve=order.evolve,
            width=order.width,
        )
        began, done = time.monotonic(), list[Swept]()
        watch.say(f"{'kernel':34} {'estimated cycles':>18} {'after':>9} {'':>8}  by")
        for found in sweep(rows, wanted):
            done.append(found)
            watch.say(line(found))
        total = summary(done, time.monotonic() - began)
        record = {"summary": asdict(total), "kind": "estimated", "kernels": [asdict(s) for s in done]}
        return Done(f"{total}\nsolutions and results: {order.folder}", record, 0 if any(s.after for s in done) else 4)


def create() -> NpuEval:
    return NpuEval()


def line(found: Swept) -> str:
    times = f"{found.before / found.after:.2f}x" if found.before and found.after else "-"
    before, after = (f"{c:.0f}" if c else "-" for c in (found.before, found.after))
    return f"{found.kernel_name:34} {before:>18} {after:>9} {times:>8}  {found.origin}"


def chosen_rows(root: Path, wanted: Sequence[str]) -> tuple[Row, ...]:
    """The rows of a data set with these names; all where none is named."""
    rows = read_rows(root)
    unknown = set(wanted) - {r.kernel_name for r in rows}
    if unknown:
        raise UsageError(
            f"{root} has no kernel {', '.join(sorted(unknown))}; it has {', '.join(r.kernel_name for r in rows)}"
        )
    return tuple(r for r in rows if not wanted or r.kernel_name in wanted)


def sweep(rows: Sequence[Row], wanted: Sweep) -> Iterator[Swept]:
    """Kernels are searched one after the other; prompts, in one search over all rows that have no result yet. The page
    of the sweep is written anew with each row.
    """
    done: list[Swept] = []
    for found in _swept(rows, wanted):
        done.append(found)
        write_sweep(told_of(done, [row.kernel_name for row in rows], wanted.device), wanted.folder)
        yield found


def told_of(done: Sequence[Swept], names: Sequence[str], device: str) -> SweepStory:
    """For the page: rows that nothing is known of yet stay in the table, and in the denominator of fast_p."""
    known = {swept.kernel_name: swept for swept in done}
    words = f"Cycles of {device}, estimated by the AIE emulator; a speedup is the start's estimate over the kernel's."
    problems = [_problem(known[n]) if n in known else Problem(n, "not done yet") for n in names]
    return SweepStory("npueval", [words], problems, estimated=True)


def _problem(swept: Swept) -> Problem:
    if swept.before is None or swept.after is None:
        return Problem(swept.kernel_name, "no right kernel", headline=swept.origin)
    return Problem(
        swept.kernel_name,
        CORRECT,
        {"the start, estimated": Estimate.exact(swept.before / swept.after)},
        columns={
            "cycles before (estimated)": f"{swept.before:.0f}",
            "after": f"{swept.after:.0f}",
            "vector slots busy (estimated)": f"{swept.utilisation:.0%}",
            "by": swept.origin,
        },
    )


def _swept(rows: Sequence[Row], wanted: Sweep) -> Iterator[Swept]:
    told = {row.kernel_name: wanted.folder / "results" / f"{row.wrapper}.json" for row in rows}
    pending = [row for row in rows if not told[row.kernel_name].exists()]
    yield from (_known(row, told[row.kernel_name]) for row in rows if row not in pending)
    for group in [[row] for row in pending] if wanted.evolve == KERNELS else [pending] if pending else []:
        yield from _searched(group, wanted)


def _known(row: Row, told: Path) -> Swept:
    ours = read_result(told).ours.get("sweep", {})
    return Swept(
        row.kernel_name, ours.get("before"), ours.get("after"), ours.get("utilisation", 0.0), "done before", 0.0
    )


def _searched(rows: Sequence[Row], wanted: Sweep) -> Iterator[Swept]:
    """One run over these rows. Their share of its time is taken to be the same."""
    began = time.monotonic()
    try:
        run = _stopped(rows, wanted) or _new(rows, wanted)
    except StartError as error:
        wall_s = (time.monotonic() - began) / len(rows)
        yield from (Swept(row.kernel_name, None, None, 0.0, str(error).splitlines()[0], wall_s) for row in rows)
        return
    with run:
        for _ in run.search():
            pass
        outcomes = run.outcomes(run.winners())
    wall_s = (time.monotonic() - began) / len(rows)
    with npu.bench(run.header) as bench:
        for row, outcome in zip(rows, outcomes, strict=True):
            yield _written(row, outcome, bench, wanted, wall_s)


def _stopped(rows: Sequence[Row], wanted: Sweep) -> Run | None:
    """The run over just these rows that an earlier call has left; a model's answers are not paid for twice."""
    for journal in sorted((wanted.folder / RUNS).glob(f"{_name(rows)}-*/run/{NAME}"), reverse=True):
        if [Path(source).stem for source in read(journal.parent).header.wish.sources] == _names(rows):
            return begin.resume(journal.parent)
    return None


def _names(rows: Sequence[Row]) -> list[str]:
    return [row.kernel_name for row in rows]


def _name(rows: Sequence[Row]) -> str:
    return rows[0].kernel_name if len(rows) == 1 else "all"


def _new(rows: Sequence[Row], wanted: Sweep) -> Run:
    folder = wanted.folder / RUNS / f"{_name(rows)}-{time.strftime('%Y%m%d-%H%M%S')}"
    folder.mkdir(parents=True)
    for row in rows:
        (folder / f"{row.kernel_name}.json").write_text(row.text)
    wish = Wish(
        sources=tuple(str(folder / f"{row.kernel_name}.json") for row in rows),
        backend=BACKEND,
        sandbox=wanted.sandbox,
        device=wanted.device,
        model=wanted.model,
        api_base=wanted.api_base,
        budget=Budget(rollouts=wanted.rollouts * len(rows)),
        seed=wanted.seed,
        processes=LEAST_PROCESSES,
        evolve=wanted.evolve,
        width=wanted.width,
    )
    return begin.create(wish, folder / "run")


def _written(row: Row, outcome: Outcome, bench: NpuBench, wanted: Sweep, wall_s: float) -> Swept:
    """The best kernel of one row, judged once more by both rules, in NPUEval's files."""
    won, task = outcome.winner, outcome.task
    kernel, origin = (won.kernel, won.origin) if won is not None else (task.kernel, "start")
    before, found = bench.assess(task.kernel, task), bench.assess(kernel, task)
    swept = Swept(
        row.kernel_name,
        before.estimate.cycles if before.estimate else None,
        found.estimate.cycles if found.estimate else None,
        found.estimate.vector_utilisation if found.estimate else 0.0,
        origin,
        wall_s,
    )
    result = Judged(task, kernel, found, wanted.device, bench.sandbox.isolates).as_result
    result.ours["sweep"] = {k: v for k, v in asdict(swept).items() if k not in ("kernel_name", "wall_s")}
    write_solution(wanted.folder / "solutions", row, kernel, {"origin": origin})
    write_result(wanted.folder / "results", row, result)
    return swept


@dataclass(frozen=True, slots=True)
class Summary:
    """Of a whole sweep; everything in it but the counts is an estimate."""

    rows: int
    improved: int
    cycles_before: float
    cycles_after: float
    utilisation: float
    wall_s: float

    def __str__(self) -> str:
        return (
            f"{self.improved} of {self.rows} kernels improved; estimated cycles, geometric mean: "
            f"{self.cycles_before:.0f} before, {self.cycles_after:.0f} after; mean vector utilisation (estimated) "
            f"{self.utilisation:.1%}; {self.wall_s:.0f} s"
        )


def summary(swept: Sequence[Swept], wall_s: float) -> Summary:
    whole = [s for s in swept if s.before and s.after]
    before, after = (
        _mean([c for c in cycles if c]) for cycles in ([s.before for s in whole], [s.after for s in whole])
    )
    utilisation = sum(s.utilisation for s in whole) / max(1, len(whole))
    return Summary(len(swept), sum(s.improved for s in swept), before, after, utilisation, wall_s)


def _mean(values: Sequence[float]) -> float:
    return exp(sum(map(log, values)) / len(values)) if values else 0.0
