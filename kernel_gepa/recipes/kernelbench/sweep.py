"""`kernel-gepa sweep kernelbench`: many problems, one budget that goes where it gains most, one pool of lessons."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from kernel_gepa.backends.cpu import processor
from kernel_gepa.benchmarks.kernelbench.problems import Problem, chosen, read_problems, share
from kernel_gepa.errors import RunFolderError, UsageError
from kernel_gepa.recipes.files import replace_text
from kernel_gepa.recipes.kernelbench.dealing import LEAST, dealt, side_by_side
from kernel_gepa.recipes.kernelbench.places import Place
from kernel_gepa.recipes.kernelbench.progress import Progress
from kernel_gepa.recipes.kernelbench.results import Result, read_result, write_result
from kernel_gepa.recipes.kernelbench.searching import Searches
from kernel_gepa.recipes.kernelbench.telling import record, table, write_all
from kernel_gepa.recipes.sweeping import Done, Order, Watch
from kernel_gepa.recipes.wish import KERNELS, USES

USUAL_ROLLOUTS = 12  # for each problem, on average

# What may be another the next time: how many at a time, and whether the self-tests are made first.
FREE = ("jobs", "folder", "self_test")


@dataclass(frozen=True)
class KernelBench:
    """The benchmark, as `sweep` knows it."""

    def sweep(self, order: Order, watch: Watch) -> Done:
        began = time.monotonic()
        problems = share(chosen(read_problems(order.root, order.levels), order.problems), order.shard)
        budget = order.rollouts if order.rollouts is not None else USUAL_ROLLOUTS * len(problems)
        check(order, problems, budget)
        remember(order, problems, budget)
        results = self._kernels(problems, order, watch, budget)
        return _done(results, order, watch, len(problems), time.monotonic() - began)

    def _kernels(self, problems: Sequence[Problem], order: Order, watch: Watch, budget: int) -> list[Result]:
        searches = Searches(problems, order, watch, budget)
        searches.take_up()
        known = {p.key: read_result(path) for p in problems if (path := searches.place.result(p)).exists()}
        titles = {p.key: str(p) for p in problems}
        width = max(map(len, titles.values()))

        def tell(found: Progress) -> None:
            key = found.standing.key
            watch.say(f"{titles[key]:{width}}  {searches.left_out.get(key, found.line)}")

        if len(known) < len(problems):
            for key in known:
                searches.pool[key] = searches.pool[key].at_rest
            dealt(
                searches.pool,
                budget,
                searches.advance,
                jobs=order.jobs,
                on_progress=tell,
                stopped=lambda: watch.stop.sentence is not None,
            )
        waiting = [p.key for p in problems if p.key not in known] if watch.stop.sentence is None else []
        for result in side_by_side(waiting, searches.finish, order.jobs):
            if result is None:
                continue
            problem = next(p for p in problems if p.key == result.key)
            write_result(searches.place.result(problem), result)
            known[result.key] = result
            watch.say(f"{titles[result.key]:{width}}  {told(result)}")
            _write(known, order, problems)
        _write(known, order, problems)
        return [known[p.key] for p in problems if p.key in known]


def create() -> KernelBench:
    return KernelBench()


def check(order: Order, problems: Sequence[Problem], budget: int) -> None:
    if order.evolve not in USES:
        raise UsageError(f"--evolve {order.evolve!r} is not known; it may be: {', '.join(USES)}")
    if not problems:
        raise UsageError(f"--shard {order.shard} leaves no problem; there are fewer than that")
    if order.jobs < 1:
        raise UsageError(f"--jobs {order.jobs} cannot be; use 1 or more")
    if order.evolve == KERNELS and budget < LEAST * len(problems):
        raise UsageError(
            f"a budget of {budget} rollouts is too small for {len(problems)} problems: each has a start to judge and "
            f"needs three proposals; use --max-rollouts {LEAST * len(problems)} or more, or fewer --problems"
        )


def remember(order: Order, problems: Sequence[Problem], budget: int) -> None:
    """A sweep that is taken up again goes on with what it began with. Raises RunFolderError when it is another one."""
    asked = {k: str(v) if k == "root" else v for k, v in asdict(order).items() if k not in FREE}
    asked |= {"rollouts": budget, "found": [p.key for p in problems]}
    path = Place(order.folder).settings(order.shard)
    text = json.dumps(asked, indent=2) + "\n"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
        return
    before = json.loads(path.read_text())
    now = json.loads(text)
    changed = sorted(key for key in now if before.get(key) != now[key])
    if changed:
        raise RunFolderError(
            f"{order.folder} holds a sweep that was begun with another {', '.join(changed)}; go on with the same "
            "words, or choose another --out"
        )


def told(result: Result) -> str:
    if result.eager is None or not result.correct:
        return f"{result.verdict}: {result.reason.splitlines()[0]}"
    sure = "" if result.won else " (the start itself)"
    low, high = result.eager.low, result.eager.high
    unsure = ", inconclusive" if result.inconclusive else ""
    return (
        f"verified {result.eager.value:.2f}x against eager (95 % interval {low:.2f} to {high:.2f}{unsure}), "
        f"by {result.origin}{sure}"
    )


def _write(known: dict[str, Result], order: Order, problems: Sequence[Problem]) -> None:
    """Of all shards that share the folder."""
    place = Place(order.folder)
    found = {r.key: r for path in place.folder.glob("results/*.json") if (r := read_result(path))} | known
    results = sorted(found.values(), key=lambda r: (r.level, r.problem_id))
    words = [
        f"{len(problems)} problems, {order.rollouts or USUAL_ROLLOUTS * len(problems)} rollouts in all, "
        f"--evolve {order.evolve}, " + (f"model {order.model}" if order.model else "without a model"),
        f"seed {order.seed}, width {order.width}, control {order.control or 'none'}",
    ]
    if results:
        write_all(order.folder, results, processor(), name=order.folder.name, words=words)


def _done(results: Sequence[Result], order: Order, watch: Watch, problems: int, wall_s: float) -> Done:
    if watch.stop.sentence is not None:
        return Done(f"{watch.stop.sentence}; go on with the same command", {"stopped": watch.stop.sentence}, 130)
    text = "\n".join(
        [*table(results), f"\n{problems} problems in {wall_s:.0f} s; report: {order.folder / 'report.md'}"]
    )
    return Done(text, record(results, wall_s), 0 if any(r.correct for r in results) else 4)
