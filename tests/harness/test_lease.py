"""One measurement at a time, whatever becomes of who holds the device. Real processes, real locks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from kernel_gepa.harness.lease import exclusive, lock_file

HOLDER = """
import sys, time
from kernel_gepa.harness.lease import exclusive
with exclusive(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def device() -> Iterator[str]:
    name = f"test-{os.getpid()}"
    yield name
    lock_file(name).unlink(missing_ok=True)


@contextmanager
def holder(device: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the device by now."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, device], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_holder_that_is_killed_has_released_the_device(device: str) -> None:
    with holder(device) as other:
        said: list[str] = []

        def kill_when_told(text: str) -> None:
            said.append(text)
            other.kill()

        with exclusive(device, say=kill_when_told, patience_s=0.1):
            assert lock_file(device).read_text() == str(os.getpid())
        assert said == [f"waiting for the other run that measures on {device}: pid {other.pid}"]


def test_nobody_enters_while_another_measures(device: str) -> None:
    with holder(device):
        code = (
            "import sys, threading; from kernel_gepa.harness.lease import exclusive\nwith exclusive(sys.argv[1]): pass"
        )
        second = subprocess.Popen(
            [sys.executable, "-c", code, device],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.7)
        assert second.poll() is None
    assert second.wait(10) == 0


def test_a_short_wait_is_not_worth_a_word(device: str) -> None:
    said: list[str] = []
    with holder(device) as other:
        other.kill()
        with exclusive(device, say=said.append, patience_s=30):
            pass
    assert said == []


def test_devices_are_held_apart_and_one_after_the_other(device: str) -> None:
    with exclusive(device), exclusive(f"{device}-b"):
        pass
    with exclusive(device):
        pass
    lock_file(f"{device}-b").unlink()


def test_a_program_that_a_holder_started_does_not_hold_the_device(device: str) -> None:
    with exclusive(device):
        child = subprocess.Popen(["sleep", "30"])
    try:
        said: list[str] = []
        with exclusive(device, say=said.append, patience_s=0.1):
            pass
        assert said == []
    finally:
        child.kill()
        child.wait()


def test_the_time_that_the_device_was_held_is_charged_and_the_wait_is_not(device: str) -> None:
    charged: list[float] = []
    with exclusive(device, charge=charged.append):
        time.sleep(0.05)
    with pytest.raises(ZeroDivisionError), exclusive(device, charge=charged.append):
        raise ZeroDivisionError
    with holder(device) as process:
        Timer(0.5, process.kill).start()
        with exclusive(device, charge=charged.append):
            pass
    assert len(charged) == 3
    assert charged[0] >= 0.05
    assert charged[2] < 0.5
