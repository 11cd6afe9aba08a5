"""Tune: turns the knobs that a kernel declares, one at a time first, then several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from random import Random
from typing import ClassVar

from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.ports import NoProposal, Proposal
from kernel_gepa.proposers.knobs import Knob, knobs, turned
from kernel_gepa.proposers.offers import Offer, PickParent, propose

# Up to here all combinations are listed, so that "nothing is left" is exact; beyond, that many are drawn.
LISTED = 4096
DRAWN = 64


@dataclass(frozen=True, slots=True)
class Tune:
    """Offers the neighbours of a parent's setting as long as one is new, then any new combination."""

    pick_parent: PickParent
    tasks: Sequence[Task]
    name: ClassVar[str] = "tune"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        parent = self.pick_parent(pool, rng)

        def choose(text: str, known: frozenset[str]) -> Offer | None:
            return choice(text, known, rng)

        return propose(pool, parent, self.tasks, name=self.name, choose=choose)


def choice(text: str, known: frozenset[str], rng: Random) -> Offer | None:
    """One new setting of the knobs of a text, or None when all are known or there is no knob."""
    found = knobs(text)
    if not found:
        return None
    near = [_offer(text, {knob: value}) for knob in found for value in knob.neighbours()]
    fresh = [offer for offer in near if offer.text not in known and offer.text != text]
    return rng.choice(fresh) if fresh else any_setting(text, known, rng)


def any_setting(text: str, known: frozenset[str], rng: Random) -> Offer | None:
    """One new combination of the values of all knobs, or None."""
    found = knobs(text)
    settings = _combinations(found, rng) if found else []
    fresh = [o for s in settings if (o := _offer(text, s)).text not in known and o.text != text]
    return rng.choice(fresh) if fresh else None


def _combinations(found: Sequence[Knob], rng: Random) -> list[dict[Knob, str]]:
    if prod(len(knob.choices) for knob in found) <= LISTED:
        return [dict(zip(found, values, strict=True)) for values in product(*(knob.choices for knob in found))]
    return [{knob: rng.choice(knob.choices) for knob in found} for _ in range(DRAWN)]


def _offer(text: str, setting: dict[Knob, str]) -> Offer:
    changed = {knob: value for knob, value in setting.items() if value != knob.value}
    words = ", ".join(f"{knob.name}={value}" for knob, value in changed.items())
    return Offer(words, turned(text, changed))
