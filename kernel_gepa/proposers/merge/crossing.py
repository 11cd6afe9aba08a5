"""Which two candidates may be merged over which ancestor, and what comes out (GEPA, appendix, algorithms 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.pool import Pool
from kernel_gepa.proposers.merge.threeway import crossed

NAME = "merge"
LEAST_IN_COMMON = 5  # tasks that both ran, where there are so many


@dataclass(frozen=True, slots=True)
class Crossing:
    one: CandidateId
    two: CandidateId
    ancestor: CandidateId


def ancestors(pool: Pool, who: CandidateId) -> frozenset[CandidateId]:
    """Also through earlier merges."""
    found: set[CandidateId] = set()
    waiting = list(pool.members[who].candidate.parents)
    while waiting:
        above = waiting.pop()
        if above not in found:
            found.add(above)
            waiting += pool.members[above].candidate.parents
    return frozenset(found)


def crossings(pool: Pool, among: Iterable[CandidateId]) -> Iterator[Crossing]:
    """Pairs of which neither comes from the other, with each common ancestor that neither is worse than; of several
    ancestors the strongest first, then the nearest.

    The reference draws the ancestor by its score, and fails where all of them have none.
    """
    above = {who: ancestors(pool, who) for who in sorted(set(among))}
    tasks = {task for member in pool.members for task in member.evaluations}
    least_common = min(LEAST_IN_COMMON, len(tasks))
    for one, two in combinations(above, 2):
        if one in above[two] or two in above[one] or _common(pool, one, two) < least_common:
            continue
        least = min(pool.mean(one), pool.mean(two))
        common = [a for a in above[one] & above[two] if pool.mean(a) <= least]
        for ancestor in sorted(common, key=lambda a: (-pool.mean(a), -a)):
            yield Crossing(one, two, ancestor)


def _common(pool: Pool, one: CandidateId, two: CandidateId) -> int:
    """How many tasks both ran."""
    return len(pool.members[one].evaluations.keys() & pool.members[two].evaluations.keys())


def merged(pool: Pool, crossing: Crossing) -> Candidate | None:
    """For each component the side that changed it; where both did, the better one over that component's tasks, with
    the pieces that only the other side changed. None when that is the text of a parent, or was tried before.
    """
    base, one, two = (pool.members[who].candidate.texts for who in (crossing.ancestor, crossing.one, crossing.two))
    texts = dict(base)
    for name in base:
        component = next((c for c in pool.components if c.name == name), Component(name, ""))
        if one[name] == base[name] or one[name] == two[name]:
            texts[name] = two[name]
        elif two[name] == base[name]:
            texts[name] = one[name]
        else:
            first = better(pool, crossing, component) == crossing.one
            winner, loser = (one[name], two[name]) if first else (two[name], one[name])
            texts[name] = crossed(base[name], winner, loser, component.language)
    parents = (crossing.one, crossing.two)
    origin = f"{NAME}:{crossing.one} and {crossing.two}, of {crossing.ancestor}"
    child = Candidate(texts, parents, origin)
    return None if pool.fate(child) else child


def better(pool: Pool, crossing: Crossing, component: Component) -> CandidateId:
    """By the mean over the component's tasks that both ran, then over all, and of equals the earlier."""

    def standing(who: CandidateId) -> tuple[float, float, int]:
        mine, theirs = (pool.members[w].evaluations for w in (who, crossing.one + crossing.two - who))
        shared = [e.score.value for t, e in mine.items() if t in theirs and component.covers(t)]
        return fmean(shared) if shared else 0.0, pool.mean(who), -who

    return max((crossing.one, crossing.two), key=standing)
