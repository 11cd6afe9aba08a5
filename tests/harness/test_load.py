"""What others do on the machine: on made-up accounts, and beside a process that really burns."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kernel_gepa.harness.load import Look, Watch, crowded, others, processors


@contextmanager
def burners(count: int) -> Iterator[None]:
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    time.sleep(0.3)  # until they are past their start
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_what_is_ours_is_not_of_others() -> None:
    assert others(Look(0, 10, 1), Look(2, 14, 4)) == pytest.approx(0.5)
    assert others(Look(0, 10, 1), Look(2, 11, 3)) == 0.0


@pytest.mark.parametrize(
    ("threads", "others", "processors", "expected"),
    [
        (1, 0.1, 1, False),
        (2, 0.1, 2, False),
        (2, 0.6, 2, True),
        (2, 1.1, 3, False),
        (2, 1.4, 3, True),
        (8, 0.5, 4, True),
    ],
)
def test_threads_are_crowded_when_others_hold_more_than_what_is_left(
    threads: int, others: float, processors: int, expected: bool
) -> None:
    assert crowded(threads, others, processors) is expected


def test_a_burning_process_is_seen_and_our_own_work_is_not() -> None:
    with burners(1) as _:
        watch = Watch(())
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            pass
        beside = watch.others()
    # Beside a loop of ours that takes what it gets, it has its share of the processors at least.
    assert beside > 0.35
    assert beside <= processors() + 0.1


def test_a_worker_of_ours_is_not_another() -> None:
    with burners(1) as _:
        children = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True, check=True).stdout
        ours, nobodys = Watch([int(pid) for pid in children.split()]), Watch(())
        time.sleep(1.0)
        assert ours.others() < nobodys.others() - 0.3
