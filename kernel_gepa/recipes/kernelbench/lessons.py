"""The pool of lessons of a sweep: what won on which problem, by how much, and what its author wrote about it.

Only what was admitted is a lesson, and only with the interval that it was measured with.
"""

from __future__ import annotations

from collections.abc import Mapping

from kernel_gepa.recipes.kernelbench.progress import Progress
from kernel_gepa.report.words import claim

MOST = 8


def lessons_for(key: str, pool: Mapping[str, Progress], titles: Mapping[str, str]) -> str:
    """The greatest gains on the other problems, one for each; empty where there are none yet."""
    others = [p for k, p in pool.items() if k != key and p.best is not None and p.best.admitted]
    others.sort(key=lambda p: p.best.speedup.low if p.best else 0.0, reverse=True)
    return "\n".join(_lesson(p, titles) for p in others[:MOST] if p.best is not None and p.best.speedup.low > 1.0)


def _lesson(found: Progress, titles: Mapping[str, str]) -> str:
    assert found.best is not None
    why = found.why or "(written by a rewrite of the tool, without words)"
    return f"- {titles[found.standing.key]}: {claim(found.best.speedup)} by {found.best.origin}. {why}"
