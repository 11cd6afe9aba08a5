"""Who may be a parent: thinning out the holders of the front (GEPA, arXiv 2507.19457, algorithm 2).

Two rules. `cover` keeps as few as it takes to hold every cell, like the reference implementation. `dominance` drops
only whom one single candidate beats, like the paper, and keeps more variety where scores have few levels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from kernel_gepa.domain.candidate import CandidateId
from kernel_gepa.domain.front import cells_held
from kernel_gepa.domain.pool import Pool
from kernel_gepa.search.dominance import Dominance

# A rule answers with the survivors in order of admission, and how many cells each of them holds.
Prune: TypeAlias = Callable[[Pool], Mapping[CandidateId, int]]


def cover(pool: Pool) -> Mapping[CandidateId, int]:
    """Drops, weakest mean first, whoever is not needed to hold any cell. Of equal means the later admitted goes first.

    The paper asks for one candidate that dominates (algorithm 2, line 9); here several may cover together for the
    one that goes.

    In a cell only the holder that would go last can be needed, and only if nobody that is kept holds the cell too. So
    one pass over the cells, weakest last holder first, gives what going through the candidates with counters gives.
    The last holder of a cell is known from its front, so the cost does not grow with the number of candidates.
    """
    kept: set[CandidateId] = set()
    for holders in sorted(pool.front.values(), key=lambda h: h.strongest):
        if holders.estimates.keys().isdisjoint(kept):  # a view looks through the smaller of the two
            kept.add(-holders.strongest[1])
    return cells_held(pool.front, kept)


# One for the whole process, because it remembers the last pool; the answers do not depend on that.
dominance: Prune = Dominance()
