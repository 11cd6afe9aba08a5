"""A landscape with known optima: evolution against every control, at the same budget, over many seeds.

    python benchmarks/quality.py [--seeds 24] [--rollouts 400] [--texts 3] [--landscape smooth]

Six tasks of three families, two workloads each. A candidate is lessons that all tasks read: in one text, which cannot
be merged, or in one for each family, which lineages can exchange. Every family has a chain of eight lessons that is
worth 3x in the end, but its first two help the large workload and cost the small one; and a shortcut that is worth 1.4x
everywhere and makes the chain useless. Lessons of one family cost the others a little until the lesson that says when
to use what. The proposer stands for a model that reads feedback and changes one lesson at a time: for the task of its
minibatch that stands worst it names the next lesson of the chain in three cases of ten, the shortcut in two, and
otherwise any lesson; one time in six it takes one out. In the smooth landscape every lesson of a chain helps
everywhere, and the shortcut is worth nothing. Measurements have noise of 2 %.

Printed per way of searching: how much of the best possible (logarithms of the true speedups, geometric mean over tasks
and workloads) the best kernel of each task reached, and the best single candidate: median and quartiles over the seeds.
`won` is in how many seeds evolution was ahead by the first figure.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import log
from random import Random
from statistics import fmean, quantiles

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import Evaluate, NoProposal, Proposal, Proposer
from kernel_gepa.proposers.controls import BestOfN, Sequential, greedy, latest, start_only
from kernel_gepa.proposers.merge.proposer import Merge, MergeFirst
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.minibatch import minibatch
from kernel_gepa.search.pareto import cover
from kernel_gepa.search.select import pick_parent
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import correct, task

FAMILIES = ("red", "green", "blue")
WORKLOADS = ("small", "large")
CHAIN = 8
CHAIN_WORTH, STRANGERS_COST = 3.0, 0.98
NOISE = 0.02
CHANGES = (1,)  # how many lessons a proposal changes
PATIENCE = 400  # steps without an admission: who only repeats himself has ended
TASKS = tuple(task(f"{family}-{n}", workloads=WORKLOADS) for family in FAMILIES for n in (1, 2))
LESSONS = (*(f"{family}{n}" for family in FAMILIES for n in range(CHAIN)), *(f"{f}-cut" for f in FAMILIES), "when")


@dataclass(frozen=True)
class Landscape:
    """What the shortcut is worth, and by workload the first lessons of a chain: none, one and two of them."""

    shortcut: float
    chain: Mapping[str, Sequence[float]]


STEPS = tuple(CHAIN_WORTH ** (known / CHAIN) for known in range(3))
LANDSCAPES = {
    "valley": Landscape(1.4, {"small": (1.0, 0.7, 0.75), "large": (1.0, 1.5, 1.6)}),
    "smooth": Landscape(1.0, dict.fromkeys(WORKLOADS, STEPS)),
}


def speed(text: str, task_id: str, workload: str, land: Landscape = LANDSCAPES["valley"]) -> float:
    """The true speedup. The lessons of a chain count as far as they are there without a gap."""
    lessons, family = set(text.split()), task_id.partition("-")[0]
    known = next((n for n in range(CHAIN) if f"{family}{n}" not in lessons), CHAIN)
    own = land.shortcut
    if f"{family}-cut" not in lessons:
        own = land.chain[workload][known] if known < 3 else CHAIN_WORTH ** (known / CHAIN)
    strangers = sum(not lesson.startswith(family) for lesson in lessons if lesson != "when")
    return own * (1.0 if "when" in lessons else STRANGERS_COST**strangers)


def reached(text: str, task_id: str, land: Landscape = LANDSCAPES["valley"]) -> float:
    """1 for the best possible."""
    return fmean(log(speed(text, task_id, w, land)) for w in WORKLOADS) / log(CHAIN_WORTH)


@dataclass(frozen=True)
class Texts:
    components: Sequence[Component] = (Component("lessons", ""),)

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:  # noqa: ARG002  the same text for all
        return Rollout(" ".join(sorted(lessons_in(texts))))


BY_FAMILY = tuple(Component(family, "") for family in FAMILIES)
PROGRAMS = {1: Texts(), len(FAMILIES): Texts(BY_FAMILY)}


def lessons_in(texts: Mapping[str, str]) -> set[str]:
    return {lesson for text in texts.values() for lesson in text.split()}


def written(lessons: Set[str], names: Iterable[str]) -> dict[str, str]:
    """Each lesson in the text of its family; what belongs to none, or has no text of its own, in the first one."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for lesson in sorted(lessons):
        home = next((name for name in found if lesson.startswith(name)), next(iter(found)))
        found[home].append(lesson)
    return {name: " ".join(held) for name, held in found.items()}


@dataclass(frozen=True)
class Learner:
    """Stands for reflection with a model that understands some of the feedback."""

    evaluate: Evaluate
    pick: Callable[[Pool, Random], CandidateId]
    seed: int
    name: str = "reflect"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        who = self.pick(pool, rng)
        batch = minibatch(TASKS, seed=self.seed, turn=pool.turns)
        parent = pool.members[who].candidate
        seen = self.evaluate(parent, batch)
        lessons = lessons_in(parent.texts)
        family = min(seen, key=lambda e: e.score.value).task.partition("-")[0]
        for _ in range(rng.choice(CHANGES)):
            if lessons and rng.random() < 1 / 6:
                lessons.remove(rng.choice(sorted(lessons)))
                continue
            lesson = self._lesson(family, lessons, rng)
            if lesson.startswith(family) and not lesson.endswith("cut") and rng.random() < 0.5:
                lessons.discard(f"{family}-cut")
            lessons.add(lesson)
        texts = written(lessons, parent.texts)
        if texts == parent.texts:
            return NoProposal("nothing new", who)
        return Proposal(Candidate(texts, (who,), self.name), batch)

    def _lesson(self, family: str, lessons: Set[str], rng: Random) -> str:
        following = next((f"{family}{n}" for n in range(CHAIN) if f"{family}{n}" not in lessons), "when")
        understood = rng.random()
        if understood < 0.3:
            return following
        return f"{family}-cut" if understood < 0.5 else rng.choice(LESSONS)


@dataclass(frozen=True)
class Blind:
    """Any set of lessons, drawn without looking: the random search."""

    seed: int
    name: str = "random"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        drawn = {lesson for lesson in LESSONS if rng.random() < 0.5}
        texts = written(drawn, pool.members[0].candidate.texts)
        batch = minibatch(TASKS, seed=self.seed, turn=pool.turns)
        return Proposal(Candidate(texts, (0,), self.name), batch)


def by_front(pool: Pool, rng: Random) -> CandidateId:
    return pick_parent(pool, rng, cover)


WAYS: Mapping[str, Callable[[Evaluate, int], tuple[Proposer, ...]]] = {
    "evolution": lambda evaluate, seed: (MergeFirst(Merge(TASKS, cover), Learner(evaluate, by_front, seed)),),
    "without merge": lambda evaluate, seed: (Learner(evaluate, by_front, seed),),
    "greedy": lambda evaluate, seed: (MergeFirst(Merge(TASKS, cover), Learner(evaluate, greedy, seed)),),
    "best-of-n": lambda evaluate, seed: (BestOfN(Learner(evaluate, start_only, seed)),),
    "sequential-5": lambda evaluate, seed: (Sequential(Learner(evaluate, latest, seed), 5),),
    "sequential-10": lambda evaluate, seed: (Sequential(Learner(evaluate, latest, seed), 10),),
    "random": lambda _, seed: (Blind(seed),),
}


def run(way: str, seed: int, rollouts: int, texts: int = 1, landscape: str = "valley") -> tuple[float, float]:
    """How much the best kernel of each task reached, and the best candidate over all tasks."""
    rng, ledger, land = Random(f"noise {seed}"), Ledger(Budget(rollouts=rollouts)), LANDSCAPES[landscape]

    def measured(text: str, task: Task) -> Verdict:
        true = {w: speed(text, task.id, w, land) * rng.gauss(1.0, NOISE) for w in WORKLOADS}
        return correct({w: Estimate(s, s * (1 - 1.96 * NOISE), s * (1 + 1.96 * NOISE)) for w, s in true.items()})

    program = PROGRAMS[texts]
    evaluate = Evaluator(program, ScriptedJudge(measured), lambda *_: "", ledger=ledger)
    proposers = WAYS[way](evaluate, seed)
    pool = Pool(program.components)
    rules = Rules(seed=seed, patience=PATIENCE, quiet_rounds=10**6)
    for event in search(program.components, TASKS, evaluate, proposers, ledger=ledger, rules=rules):
        if not isinstance(event, Stopped):
            pool = pool.apply(event)
    per_task = fmean(reached(best.rollout.kernel, task_id, land) for task_id, best in pool.best_known.items())
    single = " ".join(lessons_in(pool.members[pool.best()].candidate.texts))
    return per_task, fmean(reached(single, t.id, land) for t in TASKS)


def told(values: Iterable[float]) -> str:
    low, middle, high = quantiles(values, n=4)
    return f"{middle:6.1%} ({low:.1%} to {high:.1%})"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=24)
    options.add_argument("--rollouts", type=int, default=400)
    options.add_argument("--texts", type=int, choices=PROGRAMS, default=1)
    options.add_argument("--landscape", choices=LANDSCAPES, default="valley")
    chosen = options.parse_args()
    print(
        f"{chosen.seeds} seeds, {chosen.rollouts} rollouts each, texts: {chosen.texts}, {chosen.landscape}; "
        "share of the best possible, median (quartiles)"
    )
    print(f"{'':<14} {'best per task':<28} {'best candidate':<28} evolution ahead")
    found = {
        way: [run(way, seed, chosen.rollouts, chosen.texts, chosen.landscape) for seed in range(chosen.seeds)]
        for way in WAYS
    }
    for way, results in found.items():
        pairs = zip(found["evolution"], results, strict=True)
        won = "-" if way == "evolution" else f"{sum(a[0] > b[0] for a, b in pairs)} of {chosen.seeds}"
        print(f"{way:<14} {told(r[0] for r in results):<28} {told(r[1] for r in results):<28} {won}")


if __name__ == "__main__":
    main()
