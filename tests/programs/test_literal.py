from __future__ import annotations

from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.testing.toys import task

TASKS = (task("a", kernel="start of a"), task("b", kernel="start of b"))


def test_the_text_is_the_kernel() -> None:
    rollout = Literal.over(TASKS).generate({slot("a"): "mine", slot("b"): "other"}, TASKS[0])
    assert (rollout.kernel, rollout.trajectory) == ("mine", ())


def test_there_is_one_component_per_task_which_affects_no_other_task() -> None:
    components = Literal.over(TASKS).components
    assert [(c.name, c.seed) for c in components] == [("kernel@a", "start of a"), ("kernel@b", "start of b")]
    assert [[c.covers(t.id) for t in TASKS] for c in components] == [[True, False], [False, True]]
