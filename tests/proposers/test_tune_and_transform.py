"""The proposers that need no model: what they offer, in which order, and when they stop."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.events import Admitted, Declined
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.ports import NoProposal, Proposal
from kernel_gepa.proposers.transform.catalogue import rewrites
from kernel_gepa.proposers.transform.proposer import Transform, recorded, weights
from kernel_gepa.proposers.tune import Tune

KERNELS = Path(__file__).parent / "kernels"
SOFTMAX = (KERNELS / "softmax.cpp").read_text()
KNOBS = "int A = 2;  // tune: 1, 2, 4\nint B = 1;  // tune: 1, 2\n"


def task(name: str = "t", form: Form = Form.NATIVE) -> Task:
    return Task(name, "", form, "", "", (), Tolerance(1e-4, 1e-5))


def pool(**texts: str) -> Pool:
    """One candidate with a kernel for each named task."""
    named = {f"kernel@{name}": text for name, text in texts.items()}
    components = [Component(name, text, frozenset({name[7:]})) for name, text in named.items()]
    return Pool(components).apply(Admitted(Candidate(named), (), "the seed"))


def first(_: Pool, __: Random) -> CandidateId:
    return 0


def offer(proposer: Tune | Transform, known: Pool, seed: str = "0") -> Candidate:
    found = proposer.propose(known, Random(seed))
    assert isinstance(found, Proposal), found
    return found.child


def declined(known: Pool, child: Candidate) -> Pool:
    return known.apply(Declined(child, (), "not faster"))


def test_tune_tries_neighbours_first_then_every_combination_and_none_twice() -> None:
    proposer, known, words = Tune(first, [task()]), pool(t=KNOBS), []
    for step in range(5):
        child = offer(proposer, known, str(step))
        words.append(child.origin)
        known = declined(known, child)
    assert sorted(words[:3]) == ["tune:A=1", "tune:A=4", "tune:B=2"]
    assert sorted(words[3:]) == ["tune:A=1, B=2", "tune:A=4, B=2"]
    nothing = proposer.propose(known, Random(0))
    assert isinstance(nothing, NoProposal)
    assert nothing.reason.startswith("tune has nothing new for ")


def test_tune_draws_from_more_combinations_than_it_could_list() -> None:
    text = "".join(f"int K{n} = 0;  // tune: 0, 1, 2, 3\n" for n in range(12))
    proposer, known = Tune(first, [task()]), pool(t=text)
    for step in range(14):
        known = declined(known, offer(proposer, known, str(step)))
    assert len({d.child.identity(known.components) for d in known.declined}) == 14


def test_tune_turns_python_kernels_and_transform_leaves_them_alone() -> None:
    python = task(form=Form.KERNELBENCH)
    known = pool(t="BLOCK = 64  # tune: 32, 64\n")
    assert offer(Tune(first, [python]), known).texts == {"kernel@t": "BLOCK = 32  # tune: 32, 64\n"}
    assert isinstance(Transform(first, [python]).propose(known, Random(0)), NoProposal)


def test_the_gate_is_the_task_whose_kernel_changed_and_the_others_stay() -> None:
    known = pool(a="no knob here", b=KNOBS)
    found = Tune(first, [task("a"), task("b")]).propose(known, Random(0))
    assert isinstance(found, Proposal)
    assert [t.id for t in found.gate] == ["b"]
    assert found.child.texts["kernel@a"] == "no knob here"
    assert found.child.parents == (0,)


def test_kernels_take_turns() -> None:
    known = pool(a=KNOBS, b=KNOBS)
    proposer = Tune(first, [task("a"), task("b")])
    gates = []
    for _ in range(4):
        found = proposer.propose(known, Random(0))
        assert isinstance(found, Proposal)
        gates.append(found.gate[0].id)
        known = declined(known, found.child)
    assert gates == ["a", "b", "a", "b"]


def test_transform_offers_each_rewrite_once_and_then_says_so() -> None:
    proposer, known = Transform(first, [task()]), pool(t=SOFTMAX)
    everything = {f"transform:{r.name}" for r in rewrites(SOFTMAX)}
    for step in range(len(everything)):
        known = declined(known, offer(proposer, known, str(step)))
    assert {d.child.origin for d in known.declined} == everything
    assert isinstance(proposer.propose(known, Random(0)), NoProposal)


def test_where_nothing_is_left_for_a_candidate_its_ancestors_are_asked() -> None:
    last = Candidate({"kernel@t": "int A = 1;"}, (0,), "reflect")
    known = pool(t=KNOBS).apply(Admitted(last, (), "faster"))
    child = offer(Tune(lambda _, __: 1, [task()]), known)
    assert child.parents == (0,)


@pytest.mark.parametrize("proposer", [Tune(first, [task()]), Transform(first, [task()])])
def test_a_proposal_is_decided_by_the_seed(proposer: Tune | Transform) -> None:
    known = pool(t=KNOBS + SOFTMAX)
    assert offer(proposer, known, "7") == offer(proposer, known, "7")


def test_what_wins_most_on_plain_kernels_is_drawn_most_often() -> None:
    proposer, known = Transform(first, [task()]), pool(t=SOFTMAX)
    drawn = Counter(offer(proposer, known, str(n)).origin for n in range(40))
    assert drawn.most_common(1)[0][0] == "transform:fast_math()"


def test_a_kind_that_fails_is_drawn_less_and_one_that_wins_keeps_its_weight() -> None:
    known, offered = pool(t=SOFTMAX), rewrites(SOFTMAX)
    before = dict(zip((r.name for r in offered), weights(offered, recorded(known, "transform")), strict=True))
    bad = Candidate({"kernel@t": "bad"}, (0,), "transform:simd(all)")
    good = Candidate({"kernel@t": "good"}, (0,), "transform:restrict(softmax)")
    known = declined(known, bad).apply(Admitted(good, (), "faster"))
    after = dict(zip((r.name for r in offered), weights(offered, recorded(known, "transform")), strict=True))
    assert after["simd(all)"] == before["simd(all)"] / 4
    assert after["simd(j)"] == before["simd(j)"] / 2
    assert after["restrict(softmax)"] == before["restrict(softmax)"]


def test_a_rewritten_kernel_hands_its_sizes_to_tune() -> None:
    text = next(r.text for r in rewrites(SOFTMAX) if r.kind == "accumulators")
    assert offer(Tune(first, [task()]), pool(t=text)).origin in {"tune:LANES_J=8", "tune:LANES_J=32"}
