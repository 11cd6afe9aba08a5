"""Transform: offers one rewrite of a C++ kernel, drawn by what is known of its kind and by what this run has seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Form, Language, Task
from kernel_gepa.ports import NoProposal, Proposal
from kernel_gepa.proposers.aie import catalogue as aie
from kernel_gepa.proposers.offers import Offer, PickParent, propose
from kernel_gepa.proposers.transform.catalogue import PRIORS, rewrites
from kernel_gepa.proposers.transform.source import Rewrite

# What a rewrite weighs beside the one of its kind that came before it.
NEXT_BEST = 0.3

ALL_PRIORS = {**PRIORS, **aie.PRIORS}


@dataclass(frozen=True, slots=True)
class Record:
    """What became of the rewrites of a run, by kind, and by full name for those that were declined."""

    admitted: Counter[str]
    tried: Counter[str]
    declined: Counter[str]

    def weight(self, rewrite: Rewrite) -> float:
        """The prior of the kind, times its success so far (one good try assumed), halved by each failure of its own."""
        success = (self.admitted[rewrite.kind] + 1) / (self.tried[rewrite.kind] + 1)
        return float(ALL_PRIORS[rewrite.kind] * success * 0.5 ** self.declined[rewrite.name])


@dataclass(frozen=True, slots=True)
class Transform:
    """Kernels in other languages than C++ have nothing to be rewritten, and neither has text that does not parse."""

    pick_parent: PickParent
    tasks: Sequence[Task]
    name: ClassVar[str] = "transform"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        parent, record = self.pick_parent(pool, rng), recorded(pool, self.name)
        native = [task for task in self.tasks if task.language is Language.CPP]
        offered = aie.rewrites if any(task.form is Form.AIE for task in native) else rewrites

        def choose(text: str, known: frozenset[str]) -> Offer | None:
            fresh = [r for r in offered(text) if r.text not in known]
            if not fresh:
                return None
            chosen = rng.choices(fresh, weights=weights(fresh, record))[0]
            return Offer(chosen.name, chosen.text)

        return propose(pool, parent, native, name=self.name, choose=choose)


def recorded(pool: Pool, name: str) -> Record:
    """A fold over the origins of all children of this proposer: nothing is remembered beside the pool."""
    good = [r for m in pool.members if (r := _rewrite(m.candidate.origin, name)) is not None]
    bad = [r for d in pool.declined if (r := _rewrite(d.child.origin, name)) is not None]
    return Record(
        admitted=Counter(r.kind for r in good),
        tried=Counter(r.kind for r in (*good, *bad)),
        declined=Counter(r.name for r in bad),
    )


def weights(fresh: Iterable[Rewrite], record: Record) -> list[float]:
    """The rewrites of a kind come best first: `simd(all)` before `simd(j)`, outer loops before inner ones."""
    rank, found = Counter[str](), []
    for rewrite in fresh:
        found.append(record.weight(rewrite) * NEXT_BEST ** rank[rewrite.kind])
        rank[rewrite.kind] += 1
    return found


def _rewrite(origin: str, name: str) -> Rewrite | None:
    proposer, _, words = origin.partition(":")
    return Rewrite(words, "") if proposer == name and words else None
