"""Harvest: the best kernels of the run, back in the texts of a candidate."""

from __future__ import annotations

from random import Random

from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Evaluation, Rollout
from kernel_gepa.domain.events import Admitted, Declined
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import BuildFailed
from kernel_gepa.judging.score import cells, score
from kernel_gepa.ports import NoProposal, Proposal
from kernel_gepa.programs.literal import Literal
from kernel_gepa.proposers.harvest import Harvest
from kernel_gepa.testing.toys import correct, task

TASKS = tuple(task(name, kernel=f"start of {name}") for name in "abcde")
START = {f"kernel@{t.id}": t.kernel for t in TASKS}


def judged(name: str, kernel: str, speedup: float | Estimate | None) -> Evaluation:
    verdict = BuildFailed("no") if speedup is None else correct({"w": speedup})
    return Evaluation(f"{name}:{kernel}", name, Rollout(kernel), verdict, score(verdict), "", cells(verdict))


def seeded() -> Pool:
    batch = tuple(judged(t.id, t.kernel, 1.0) for t in TASKS)
    return Pool(Literal.over(TASKS).components).apply(Admitted(Candidate(START), batch, "the seed"))


def declined(pool: Pool, name: str, kernel: str, speedup: float | Estimate | None) -> Pool:
    child = Candidate({**START, f"kernel@{name}": kernel}, (0,), "reflect")
    return pool.apply(Declined(child, (judged(name, kernel, speedup),), "for the test"))


def harvested(pool: Pool) -> Proposal | NoProposal:
    return Harvest(lambda pool, rng: 0, TASKS).propose(pool, Random(0))


def test_kernels_of_declined_candidates_are_written_back_together() -> None:
    pool = declined(declined(seeded(), "a", "fast a", 2.0), "c", "fast c", 3.0)
    found = harvested(pool)
    assert isinstance(found, Proposal)
    assert found.child.texts == {**START, "kernel@a": "fast a", "kernel@c": "fast c"}
    assert (found.child.parents, found.child.origin) == ((0,), "harvest(a, c)")
    assert sorted(t.id for t in found.gate) == ["a", "c"]


def test_the_gate_is_no_larger_than_a_minibatch() -> None:
    pool = seeded()
    for t in TASKS:
        pool = declined(pool, t.id, f"fast {t.id}", 2.0)
    found = harvested(pool)
    assert isinstance(found, Proposal)
    assert len({t.id for t in found.gate}) == 3


def test_nothing_is_harvested_that_is_wrong_or_not_measurably_better() -> None:
    pool = declined(seeded(), "a", "broken", None)
    pool = declined(pool, "b", "lucky", Estimate(1.05, 0.9, 1.2))
    found = harvested(pool)
    assert isinstance(found, NoProposal)
    assert found.parent is None  # the turn goes on to the next proposer


def test_the_same_harvest_is_not_offered_twice() -> None:
    pool = declined(declined(seeded(), "a", "fast a", 2.0), "b", "fast b", 2.0)
    found = harvested(pool)
    assert isinstance(found, Proposal)
    pool = pool.apply(Declined(found.child, (judged("a", "fast a", 1.0),), "not again"))
    assert isinstance(harvested(pool), NoProposal)


def test_a_program_that_carries_no_kernels_has_nothing_to_harvest_into() -> None:
    prompt = Candidate({"coder": "Write."})
    pool = Pool(()).apply(Admitted(prompt, (judged("a", "fast a", 2.0),), "the seed"))
    assert isinstance(harvested(pool), NoProposal)
