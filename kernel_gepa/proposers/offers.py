"""What proposers that need no model have in common: they offer new texts for one kernel of one parent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from kernel_gepa.domain.candidate import Candidate, CandidateId
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.ports import NoProposal, Proposal

PickParent = Callable[[Pool, Random], CandidateId]


@dataclass(frozen=True, slots=True)
class Offer:
    """A new text for a kernel, and the words for what is new about it."""

    words: str
    text: str


# From the kernel's text and those already known for it; None when nothing is left to offer.
Choose = Callable[[str, frozenset[str]], Offer | None]


@dataclass(frozen=True, slots=True)
class Turn:
    """One kernel of a parent that may be changed."""

    task: Task
    component: str
    text: str


def propose(
    pool: Pool, parent: CandidateId, tasks: Sequence[Task], *, name: str, choose: Choose
) -> Proposal | NoProposal:
    """A child of `parent`; when there is nothing new for it, of the next of kin for whom there is.

    Without them a run would end at the first text that nothing improves in one step.
    """
    for who in kin(pool, parent):
        for turn in turns(pool, who, tasks):
            offer = choose(turn.text, known_texts(pool, turn.component))
            if offer is not None:
                texts = {**pool.members[who].candidate.texts, turn.component: offer.text}
                return Proposal(Candidate(texts, (who,), f"{name}:{offer.words}"), (turn.task,))
    return NoProposal(f"{name} has nothing new for anybody")


def kin(pool: Pool, who: CandidateId) -> tuple[CandidateId, ...]:
    """A candidate, its ancestors with the nearest first, and then all others with the best first."""
    found = [who]
    for member in found:
        found += [p for p in pool.members[member].candidate.parents if p not in found]
    others = (m.id for m in pool.members if m.id not in found)
    return (*found, *sorted(others, key=lambda other: -pool.mean(other)))


def turns(pool: Pool, parent: CandidateId, tasks: Sequence[Task]) -> Iterator[Turn]:
    """The kernels of a parent, beginning where its round-robin pointer stands (GEPA, algorithm 1, line 8)."""
    texts, start = pool.members[parent].candidate.texts, pool.picks.get(parent, 0)
    by_name = {f"kernel@{task.id}": task for task in tasks}
    for component in (*pool.components[start:], *pool.components[:start]):
        if component.name in by_name and component.name in texts:
            yield Turn(by_name[component.name], component.name, texts[component.name])


def known_texts(pool: Pool, component: str) -> frozenset[str]:
    """Every text of a component that was tried, whatever became of it."""
    tried = (*(m.candidate for m in pool.members), *(d.child for d in pool.declined))
    return frozenset(c.texts[component] for c in tried if component in c.texts)
