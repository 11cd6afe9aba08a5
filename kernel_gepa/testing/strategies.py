"""Hypothesis strategies for the records of the search. Needs hypothesis, which only tests install."""

from __future__ import annotations

from hypothesis import strategies as st

from kernel_gepa.domain.evaluation import UNSOLVED, Evaluation
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.testing.toys import admitted, evaluation, pool_of

TASKS = ("s", "t")
WORKLOADS = ("v", "w")


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    """Few values and few widths, so that ties and overlaps are common."""
    value = draw(st.sampled_from((1.0, 1.25, 1.5, 2.0)))
    down, up = draw(st.sampled_from((0.0, 0.25, 0.5))), draw(st.sampled_from((0.0, 0.25, 0.5)))
    return Estimate(value, value - down, value + up)


@st.composite
def evaluations(draw: st.DrawFn, task: str) -> Evaluation:
    if draw(st.booleans()):
        return evaluation(task, {w: draw(estimates()) for w in WORKLOADS})
    return evaluation(task, {UNSOLVED: draw(st.sampled_from((0.0, 0.1, 0.2)))})


@st.composite
def pools(draw: st.DrawFn, most: int = 7) -> Pool:
    """Members with noise, failures and tasks that some did not run; the seed ran all."""
    pool = pool_of([])
    for who in range(draw(st.integers(1, most))):
        ran = TASKS if who == 0 else draw(st.sampled_from((TASKS, TASKS, TASKS[:1], TASKS[1:])))
        pool = pool.apply(admitted(f"text {who}", *(draw(evaluations(t)) for t in ran)))
    return pool


score_tables = st.integers(1, 4).flatmap(
    lambda tasks: st.lists(
        st.lists(st.sampled_from((0.0, 0.5, 1.0)), min_size=tasks, max_size=tasks), min_size=1, max_size=12
    )
)
