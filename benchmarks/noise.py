"""What noise alone gets admitted, and what it takes to find a true improvement; beside the reference implementation.

    python benchmarks/noise.py [--seeds 5] [--budget 3000] [--skip-reference]

First: 35 tasks, minibatches of 3, and candidates that are all exactly as fast as the start. A measurement is the mean
of eight samples; its error is normal with a standard deviation of 1, 2 or 5 %, and its interval is Student's, from the
samples. The same candidate, task and number of measurement give the same samples to both. The budget are
measurements, the repeated ones included. `admitted` is the share of proposals, `spent` the share of the budget that
went into validating them, `best` how far the best of each task appears above the truth, as the search has it and as it
is told: here after a measurement of its own with seven times the samples, there the highest of all. `fast_1.1` is the
share of tasks told as more than 10 % faster.

Then: how often a child that is truly faster on every task of its minibatch is admitted, by how much faster it is and by
how many samples a measurement has.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from random import Random
from statistics import NormalDist, fmean, stdev
from typing import Any

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Batch
from kernel_gepa.domain.events import Admitted, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import FALSE_ADMISSIONS, Estimate
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import Proposal
from kernel_gepa.search.accept import gate
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.minibatch import minibatch
from kernel_gepa.search.select import pick_parent
from kernel_gepa.statistics import T_95
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import admitted, correct, evaluation, task
from kernel_gepa.testing.world import Shared

TASKS = tuple(task(f"task {n}") for n in range(35))
SIGMAS = (0.01, 0.02, 0.05)
SAMPLES = 8
FINAL = 7  # processes of a verification


def samples(*what: object, sigma: float, truth: float = 1.0, count: int = SAMPLES) -> list[float]:
    """Their mean has the standard error `sigma` when there are as many as usual."""
    rng = Random(hashlib.sha256(repr(what).encode()).digest())
    return [truth * rng.gauss(1.0, sigma * sqrt(SAMPLES)) for _ in range(count)]


def estimate(found: Sequence[float]) -> Estimate:
    t = T_95[len(found) - 2] if len(found) - 2 < len(T_95) else NormalDist().inv_cdf(0.975)
    middle, half = fmean(found), t * stdev(found) / sqrt(len(found))
    return Estimate(middle, middle - half, middle + half)


@dataclass(frozen=True)
class Outcome:
    """Of one run. `best` and `told` are per task, against a truth of 1."""

    proposals: int
    admitted: int
    spent: float
    best: Sequence[float]
    told: Sequence[float]

    @property
    def line(self) -> str:
        share = self.admitted / self.proposals
        fast = fmean(t > 1.1 for t in self.told)
        best, told = (f"{fmean(x) - 1:+.2%}" for x in (self.best, self.told))
        return f"{self.proposals:>9} {share:>9.2%} {self.spent:>8.1%} {best:>9} {told:>9} {fast:>9.2f}"


# ---------------------------------------------------------------- ours


@dataclass(frozen=True)
class Namer:
    """Proposes another text that changes nothing."""

    seed: int
    name: str = "rename"

    def propose(self, pool: Pool, rng: Random) -> Proposal:
        who = pick_parent(pool, rng)
        text = f"candidate {len(pool.members) + len(pool.declined)}"
        batch = minibatch(TASKS, seed=self.seed, turn=pool.turns)
        return Proposal(Candidate({"prompt": text}, (who,), self.name), batch)


def ours(sigma: float, seed: int, budget: int) -> Outcome:
    times: dict[tuple[str, str], int] = {}

    def judged(text: str, task: Task) -> Any:
        times[text, task.id] = nth = times.get((text, task.id), -1) + 1
        return correct({"w": estimate(samples(seed, text, task.id, nth, sigma=sigma))})

    ledger, program = Ledger(Budget()), Shared()
    evaluate = Evaluator(program, ScriptedJudge(judged), lambda *_: "", ledger=ledger)
    rules = Rules(seed=seed, patience=10**9, stop=lambda: "spent" if ledger.spent.evaluations >= budget else None)
    pool, events = Pool(program.components), list[Event]()
    for event in search(program.components, TASKS, evaluate, (Namer(seed),), ledger=ledger, rules=rules):
        if not isinstance(event, Stopped):
            pool = pool.apply(event)
            events.append(event)
    tried = [e for e in events[1:] if not isinstance(e, Passed)]
    let_in = [e for e in tried if isinstance(e, Admitted)]
    validation = sum((e.spend for e in let_in), Spend()).evaluations
    best = [pool.front[t.id, "w"].record.value for t in TASKS]
    told = [fmean(samples("final", seed, t.id, sigma=sigma, count=FINAL * SAMPLES)) for t in TASKS]
    return Outcome(len(tried), len(let_in), validation / ledger.spent.evaluations, best, told)


# ---------------------------------------------------------------- theirs


class Adapter:
    """What the reference calls a system, with its signatures: given the same measurements, without their intervals."""

    def __init__(self, sigma: float, seed: int) -> None:
        self.sigma, self.seed = sigma, seed
        self.times: dict[tuple[str, str], int] = {}
        self.proposals = 0

    def evaluate(self, batch: list[str], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        from gepa.core.adapter import EvaluationBatch

        scores = []
        for name in batch:
            key = candidate["prompt"], name
            self.times[key] = nth = self.times.get(key, -1) + 1
            scores.append(fmean(samples(self.seed, *key, nth, sigma=self.sigma)))
        return EvaluationBatch(outputs=scores, scores=scores, trajectories=scores if capture_traces else None)

    def make_reflective_dataset(self, candidate: Any, eval_batch: Any, components_to_update: list[str]) -> Any:  # noqa: ARG002
        return {name: [{"Feedback": "none"}] for name in components_to_update}

    def propose_new_texts(
        self,
        candidate: dict[str, str],  # noqa: ARG002
        reflective_dataset: Mapping[str, Any],  # noqa: ARG002
        components_to_update: list[str],
    ) -> dict[str, str]:
        self.proposals += 1
        return dict.fromkeys(components_to_update, f"candidate {self.proposals}")


class Silent:
    def log(self, message: str) -> None:
        pass


def theirs(sigma: float, seed: int, budget: int) -> Outcome:
    import gepa

    adapter = Adapter(sigma, seed)
    names = [t.id for t in TASKS]
    result = gepa.optimize(
        seed_candidate={"prompt": "?"},
        trainset=names,
        valset=names,
        adapter=adapter,
        max_metric_calls=budget,
        skip_perfect_score=False,
        seed=seed,
        logger=Silent(),
    )
    let_in = len(result.candidates) - 1
    scores = result.val_subscores  # of each candidate, by task
    best = [max(row[n] for row in scores) for n in range(len(TASKS))]
    return Outcome(adapter.proposals, let_in, let_in * len(TASKS) / result.total_metric_calls, best, best)


# ---------------------------------------------------------------- power


@dataclass
class Pair:
    """A child that is faster than its parent by `gain` on every task, and all that is measured of the two."""

    number: int
    sigma: float
    gain: float
    count: int
    seen: dict[tuple[str, int], Batch] = field(default_factory=dict)

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        text = candidate.texts["text"]
        truth = 1.0 + self.gain if text == "child" else 1.0
        found = (
            samples(self.number, text, t.id, again, sigma=self.sigma, truth=truth, count=self.count) for t in tasks
        )
        batch = tuple(evaluation(t.id, {"w": estimate(f)}) for t, f in zip(tasks, found, strict=True))
        self.seen[text, again] = batch
        return batch


def power(sigma: float, gain: float, count: int, tries: int) -> tuple[float, float, float]:
    """How often the child is admitted here and by a plain `>`, and how many measurements a decision took here."""
    taken, plain, measured, tasks = 0, 0, 0, TASKS[:3]
    for number in range(tries):
        pair = Pair(number, sigma, gain, count)
        pool = Pool(Shared().components).apply(admitted("p", *pair(Candidate({"text": "p"}), tasks)))
        taken += gate(Proposal(Candidate({"text": "child"}, (0,)), tasks), pool, pair).admitted
        child, parent = (sum(e.score.value for e in pair.seen[text, 0]) for text in ("child", "p"))
        plain += child > parent
        measured += sum(len(batch) for batch in pair.seen.values()) - len(tasks)  # the parent was known
    return taken / tries, plain / tries, measured / tries


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--budget", type=int, default=3000)
    options.add_argument("--tries", type=int, default=300, help="per row of the second table")
    options.add_argument("--skip-reference", action="store_true")
    chosen = options.parse_args()
    print(f"{chosen.seeds} seeds, {chosen.budget} measurements each; rate of false admissions {FALSE_ADMISSIONS:g}")
    heads = ("proposals", "admitted", "spent", "best", "told", "fast_1.1")
    print(f"{'':<12} sigma {heads[0]} {heads[1]:>9} {heads[2]:>8} " + " ".join(f"{head:>9}" for head in heads[3:]))
    sides = {"kernel-gepa": ours} if chosen.skip_reference else {"kernel-gepa": ours, "gepa": theirs}
    for sigma in SIGMAS:
        for name, side in sides.items():
            runs = [side(sigma, seed, chosen.budget) for seed in range(chosen.seeds)]
            together = Outcome(
                sum(r.proposals for r in runs),
                sum(r.admitted for r in runs),
                fmean(r.spent for r in runs),
                [b for r in runs for b in r.best],
                [t for r in runs for t in r.told],
            )
            print(f"{name:<12} {sigma:>5.0%} {together.line}", flush=True)
    print(f"\n{'sigma':>5} {'faster':>6} {'samples':>8} {'admitted':>9} {'by >':>9} {'measurements per decision':>26}")
    for sigma in SIGMAS:
        for gain in (0.0, 0.03, 0.05, 0.10):
            for count in (SAMPLES, 2 * SAMPLES, 4 * SAMPLES):
                found, plain, measured = power(sigma, gain, count, chosen.tries)
                figures = f"{found:>9.1%} {plain:>9.1%} {measured:>26.1f}"
                print(f"{sigma:>5.0%} {gain:>6.0%} {count:>8} {figures}", flush=True)


if __name__ == "__main__":
    main()
