"""Work for both sides at once."""

from __future__ import annotations

import os
import threading

import pytest

from kernel_gepa.harness.both import both


def test_the_two_are_done_at_one_time() -> None:
    meeting = threading.Barrier(2, timeout=30)

    def met(side: str) -> str:
        meeting.wait()
        return side.upper()

    assert both(met, "ours", "theirs") == ("OURS", "THEIRS")


def test_the_other_one_may_use_any_processor_though_this_thread_is_bound_to_one() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        found = both(lambda _: os.sched_getaffinity(0), "ours", "theirs")
    finally:
        os.sched_setaffinity(0, allowed)
    assert found == ({min(allowed)}, allowed)


@pytest.mark.parametrize(("failing", "told"), [("ours", "ours"), ("theirs", "theirs"), ("ours theirs", "ours")])
def test_what_one_raises_is_raised_when_both_have_ended(failing: str, told: str) -> None:
    ended = list[str]()

    def work(side: str) -> None:
        try:
            if side in failing:
                raise ValueError(side)
        finally:
            ended.append(side)

    with pytest.raises(ValueError, match=f"^{told}$"):
        both(work, "ours", "theirs")
    assert sorted(ended) == ["ours", "theirs"]
