"""`kernel-gepa sweep kernelbench`: many problems, one budget that goes where it gains most, one pool of lessons."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from kernel_gepa.backends.cpu import processor
from kernel_gepa.benchmarks.kernelbench.problems import Problem, chosen, read_problems, share
from kernel_gepa.errors import RunFolderError, UsageError
from kernel_gepa.recipes.files import replace_text
from kernel_gepa.recipes.kernelbench.dealing import LEAST, dealt, side_by_side
from kernel_gepa.recipes.kernelbench.places import Place
from kernel_gepa.recipes.kernelbench.progress import Progress
from kernel_gepa.recipes.kernelbench.quarantine import tested
from kernel_gepa.recipes.kernelbench.results import LEFT_OUT, Result, read_result, write_result
from kernel_gepa.recipes.kernelbench.searching import Searches, wished
from kernel_gepa.recipes.kernelbench.selftest import SelfTest
from kernel_gepa.recipes.kernelbench.telling import record, table, write_all
from kernel_gepa.recipes.kernelbench.together import searched_together
from kernel_gepa.recipes.sweeping import Done, Order, Watch
from kernel_gepa.recipes.wish import BOTH, KERNELS, PROMPTS
from kernel_gepa.recipes.wish import check as check_wish

USUAL_ROLLOUTS = 12  # for each problem, on average

# What may be another the next time: how many at a time, and whether the self-tests are made first.
FREE = ("jobs", "folder", "self_test")

# The problems with the results of those that are done, the order, who looks on, and the budget.
Search = Callable[[Mapping[Problem, Result | None], Order, Watch, int], Iterator[Result]]


@dataclass(frozen=True)
class KernelBench:
    """The benchmark, as `sweep` knows it."""

    def sweep(self, order: Order, watch: Watch) -> Done:
        began = time.monotonic()
        problems = share(chosen(read_problems(order.root, order.levels), order.problems), order.shard)
        budget = order.rollouts if order.rollouts is not None else USUAL_ROLLOUTS * len(problems)
        check(order, problems, budget)
        remember(order, problems, budget)
        books = Books(order, problems, budget)
        tests = tested([p for p in problems if p.key not in books.known], order, watch) if order.self_test else {}
        for problem in problems:
            if problem.key in tests and tests[problem.key].quarantined:
                books.enter(_left_out(problem, tests[problem.key]))
        if watch.stop.sentence is None and len(books.known) < len(problems):
            for result in WAYS[order.evolve](books.searched, order, watch, budget):
                books.enter(_noted(result, tests.get(result.key)))
                watch.say(f"{books.title(result.key)}  {told(result)}")
        return _done(books, watch, time.monotonic() - began)


def create() -> KernelBench:
    return KernelBench()


class Books:
    """The results of a sweep so far, and its files, which are made anew with each."""

    def __init__(self, order: Order, problems: Sequence[Problem], budget: int) -> None:
        self.order, self.problems, self._budget = order, problems, budget
        self._place = Place(order.folder)
        self.known = {p.key: read_result(path) for p in problems if (path := self._place.result(p)).exists()}
        self._titles = {p.key: str(p) for p in problems}

    def title(self, key: str) -> str:
        return f"{self._titles[key]:{max(map(len, self._titles.values()))}}"

    @property
    def searched(self) -> dict[Problem, Result | None]:
        """All that can be searched, with what came of those that are done."""
        found = {p: self.known.get(p.key) for p in self.problems}
        return {p: r for p, r in found.items() if r is None or r.verdict != LEFT_OUT}

    @property
    def results(self) -> list[Result]:
        return [self.known[p.key] for p in self.problems if p.key in self.known]

    def enter(self, result: Result) -> None:
        self.known[result.key] = result
        write_result(self._place.result(next(p for p in self.problems if p.key == result.key)), result)
        self.write()

    def write(self) -> None:
        """Of all shards that share the folder."""
        others = {r.key: r for r in map(read_result, sorted(self._place.folder.glob("results/*.json")))}
        results = sorted((others | self.known).values(), key=lambda r: (r.level, r.problem_id))
        if results:
            order = self.order
            words = [
                f"{len(self.problems)} problems, {self._budget} rollouts in all, --evolve {order.evolve}, "
                + (f"model {order.model}" if order.model else "without a model"),
                f"seed {order.seed}, width {order.width}, control {order.control or 'none'}"
                + (f"; starts from {order.start} where it stands alone" if order.start else "")
                + (f"; batches of at most {order.batch}, not those of the files" if order.batch else ""),
            ]
            write_all(order.folder, results, processor(), name=order.folder.name, words=words)


def searched_each(among: Mapping[Problem, Result | None], order: Order, watch: Watch, budget: int) -> Iterator[Result]:
    """A run for each problem that has no result yet, and what is left of the budget among them."""
    problems = [p for p, known in among.items() if known is None]
    left = budget - sum(known.rollouts for known in among.values() if known is not None)
    searches = Searches(problems, order, watch, budget)
    searches.take_up()
    titles = {p.key: str(p) for p in problems}
    width = max(map(len, titles.values()))

    def tell(found: Progress) -> None:
        key = found.standing.key
        watch.say(f"{titles[key]:{width}}  {searches.left_out.get(key, found.line)}")

    def stopped() -> bool:
        return watch.stop.sentence is not None

    dealt(searches.pool, left, searches.advance, jobs=order.jobs, on_progress=tell, stopped=stopped)
    waiting = [] if stopped() else [p.key for p in problems]
    yield from (r for r in side_by_side(waiting, searches.finish, order.jobs) if r is not None)


# Kernels have a search for each problem; a prompt is for all of them.
WAYS: dict[str, Search] = {KERNELS: searched_each, PROMPTS: searched_together, BOTH: searched_together}


def check(order: Order, problems: Sequence[Problem], budget: int) -> None:
    if order.evolve not in WAYS:
        raise UsageError(f"--evolve {order.evolve!r} is not known; it may be: {', '.join(WAYS)}")
    if order.names:
        raise UsageError("--kernels chooses rows of npueval; choose problems with --problems and --level")
    if not problems:
        raise UsageError(f"--shard {order.shard} leaves no problem; there are fewer than that")
    if order.jobs < 1:
        raise UsageError(f"--jobs {order.jobs} cannot be; use 1 or more")
    if order.evolve == KERNELS and budget < LEAST * len(problems):
        raise UsageError(
            f"a budget of {budget} rollouts is too small for {len(problems)} problems: each has a start to judge and "
            f"needs three proposals; use --max-rollouts {LEAST * len(problems)} or more, or fewer --problems"
        )
    in_one = problems[:1] if order.evolve == KERNELS else problems
    check_wish(wished(order, tuple(map(str, in_one)), budget))


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
    usual = {k: v for k, v in asdict(Order(order.root, order.folder)).items() if k not in FREE}  # of older versions
    before, now = json.loads(json.dumps(usual | {"root": ""})) | json.loads(path.read_text()), json.loads(text)
    changed = sorted(key for key in now if before.get(key) != now[key])
    if changed:
        raise RunFolderError(
            f"{order.folder} holds a sweep that was begun with another {', '.join(changed)}; go on with the same "
            "words, or choose another --out"
        )


def _left_out(problem: Problem, test: SelfTest) -> Result:
    reasons = (test.unusable,) if test.unusable else test.ours
    why = "the self-test put it aside: " + "; ".join(reasons)
    return Result(problem.level, problem.id, problem.name, LEFT_OUT, why, quarantine=test.ours + test.theirs)


def _noted(result: Result, test: SelfTest | None) -> Result:
    """By KernelBench's own check alone a figure on such a problem would say nothing."""
    return replace(result, quarantine=tuple(f"by KernelBench's own check {w}" for w in test.theirs)) if test else result


def told(result: Result) -> str:
    if result.eager is None or not result.correct:
        return f"{result.verdict}: {result.reason.splitlines()[0]}"
    sure = "" if result.won else " (the start itself)"
    unsure = ", inconclusive" if result.inconclusive else ""
    return (
        f"verified {result.eager.value:.2f}x against eager (95 % interval {result.eager.low:.2f} to "
        f"{result.eager.high:.2f}{unsure}), by {result.origin}{sure}"
    )


def _done(books: Books, watch: Watch, wall_s: float) -> Done:
    if watch.stop.sentence is not None:
        return Done(f"{watch.stop.sentence}; go on with the same command", {"stopped": watch.stop.sentence}, 130)
    books.write()
    results, report = books.results, books.order.folder / "report.md"
    text = "\n".join([*table(results), f"\n{len(books.problems)} problems in {wall_s:.0f} s; report: {report}"])
    return Done(text, record(results, wall_s), 0 if any(r.correct for r in results) else 4)
