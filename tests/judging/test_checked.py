"""Checks in the middle of rollouts are facts: made once, journalled before use, and repeated from the journal."""

from __future__ import annotations

from kernel_gepa import codec
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Incorrect, Mismatch, Verdict
from kernel_gepa.judging.checked import Checked, Checking
from kernel_gepa.testing.toys import task

A, B = task("a"), task("b")


class Drawing:
    """Finds other words each time, as a check on fresh inputs does."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, kernel: str, task: Task) -> Verdict | None:
        self.asked.append((kernel, task.id))
        if kernel == "right":
            return None
        return Incorrect((Mismatch("w", f"got {len(self.asked)}"),))


def test_a_kernel_is_checked_once_for_each_task() -> None:
    bench, facts = Drawing(), list[Checking]()
    check = Checked(bench, "bench", on_fact=facts.append)
    assert check("wrong", A) == check("wrong", A)
    assert check("right", A) is None
    assert check("right", A) is None
    check("wrong", B)
    assert bench.asked == [("wrong", "a"), ("right", "a"), ("wrong", "b")]
    assert len(facts) == 3


def test_what_a_journal_holds_is_not_checked_again_and_says_the_same() -> None:
    facts = list[Checking]()
    before = Checked(Drawing(), "bench", on_fact=facts.append)
    words = before("wrong", A)
    read = [codec.unpack(codec.pack(fact), Checking) for fact in facts]
    bench = Drawing()
    assert Checked(bench, "bench", known=read)("wrong", A) == words
    assert bench.asked == []
    Checked(bench, "another bench", known=read)("wrong", A)
    assert len(bench.asked) == 1
