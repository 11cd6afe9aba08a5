"""What evolution is compared with: the same loop and budget, and none of its memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.events import Declined, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import NoProposal, Proposal, Proposer
from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.proposers.controls import BestOfN, RandomKnobs, Sequential, greedy, latest, start_only
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import pool_of, task
from kernel_gepa.testing.world import verdict

A = task("a", kernel="?")


@dataclass
class Appender:
    """Puts the next letter behind the text of the candidate it picks, and remembers what it was shown."""

    letters: str
    pick: object = latest
    name: str = "append"
    shown: list[tuple[int, int, int]] = field(default_factory=list)  # members, declined, best known

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        self.shown.append((len(pool.members), len(pool.declined), len(pool.best_known)))
        if not self.letters:
            return NoProposal("out of letters", len(pool.members) - 1)
        letter, self.letters = self.letters[0], self.letters[1:]
        parent = self.pick(pool, rng)  # type: ignore[operator]
        texts = {slot("a"): pool.members[parent].candidate.texts[slot("a")].replace("?", "") + letter}
        return Proposal(Candidate(texts, (parent,), self.name), (A,))


def run(proposer: Proposer, *, start: str = "?", rollouts: int = 12) -> list[Event]:
    this = task("a", kernel=start)
    program, ledger = Literal.over((this,)), Ledger(Budget(rollouts=rollouts))
    evaluate = Evaluator(program, ScriptedJudge(verdict), lambda *_: "", ledger=ledger)
    rules = Rules(clock=lambda: 0.0, quiet_rounds=1)
    steps = search(program.components, (this,), evaluate, (proposer,), ledger=ledger, rules=rules)
    return [e for e in steps if not isinstance(e, Stopped)]


def kernels(events: list[Event]) -> list[str]:
    return [e.child.texts[slot("a")] for e in events[1:] if not isinstance(e, Passed)]


def test_best_of_n_starts_every_sample_from_the_start_and_shows_nothing_else() -> None:
    proposer = Appender("ab!a", pick=start_only)
    events = run(BestOfN(proposer))
    assert kernels(events) == ["a", "b", "!", "a"]
    assert set(proposer.shown) == {(1, 0, 1)}  # the start alone, which is also the best known
    assert [e.child.parents for e in events[1:5] if not isinstance(e, Passed)] == [(0,)] * 4
    assert isinstance(events[4], Declined)  # the same sample twice is judged once
    assert events[4].spend.rollouts == 0


def test_sequential_refinement_goes_on_from_the_latest_attempt_good_or_bad() -> None:
    events = run(Sequential(Appender("a!bab"), repairs=2))
    assert kernels(events) == ["a", "a!", "a!b", "a", "ab"]  # three attempts to a chain, then from the start
    assert [e.child.origin for e in events[1:4] if not isinstance(e, Passed)] == [
        "sequential:0",
        "sequential:1",
        "sequential:2",
    ]


def test_a_pass_of_a_control_is_one_of_the_start() -> None:
    events = run(Sequential(Appender("a")))
    assert isinstance(events[-1], Passed)
    assert events[-1].parent == 0


def test_random_knobs_draws_every_setting_of_the_start_once() -> None:
    start = "int T = 1;  // tune: 1, 2, 4\nint U = 1;  // tune: 1, 2\n"
    events = run(RandomKnobs((task("a", kernel=start),)), start=start, rollouts=40)
    assert len(set(kernels(events))) == len(kernels(events)) == 5
    assert isinstance(events[-1], Passed)


def test_greedy_picks_the_best_mean() -> None:
    assert greedy(pool_of([[1.0, 1.0], [9.0, 0.0], [4.0, 4.0]]), Random(0)) == 1
