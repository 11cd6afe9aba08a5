"""The machine's own rates: measured once, remembered for the user, and never taken from a file that does not fit."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from kernel_gepa.harness import machine
from kernel_gepa.harness.machine import Rates, Streams, parsed, remember, remembered

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs the C++ compiler g++")

FOUND = Rates(1, (Streams(1024, 4e10, 3e10, 3.5e10), Streams(1 << 20, 2e10, 1e10, 1.5e10)), 5e10)


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rates.json"
    remember(path, FOUND)
    assert remembered(path) == FOUND


def test_stale_and_spoiled_rates_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    remember(path, FOUND)
    long_ago = time.time() - machine.STALE_S - 60
    os.utime(path, (long_ago, long_ago))
    assert remembered(path) is None
    for spoiled in ("", "[]", '{"threads": 1, "streams": [], "flops": 1}', '{"threads": 1, "streams": [{"x": 1}]}'):
        path.write_text(spoiled)
        assert remembered(path) is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(tmp_path / "file" / "rates.json", FOUND)


def test_of_two_measurements_the_better_figures_count() -> None:
    other = Rates(1, (Streams(1024, 1e10, 9e10, 1e10), Streams(1 << 20, 3e10, 1e9, 1e9)), 4e10)
    assert FOUND.faster(other) == Rates(
        1, (Streams(1024, 4e10, 9e10, 3.5e10), Streams(1 << 20, 3e10, 1e10, 1.5e10)), 5e10
    )


def test_the_programs_words_are_read() -> None:
    assert parsed("bytes 1024 4e10 3e10 3.5e10\nbytes 1048576 2e10 1e10 1.5e10\nflops 5e10\n", 1) == FOUND


@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
def test_the_rates_of_this_machine_are_those_of_a_machine(
    threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = machine.rates(threads, 32 << 20)
    assert [s.set_bytes for s in found.streams] == [16 << 10, 256 << 10, 4 << 20, 8 << 20, 32 << 20]
    assert all(1e8 < rate < 1e13 for s in found.streams for rate in (s.read, s.write, s.copy))
    assert 1e8 < found.flops < 1e14
    (path,) = (tmp_path / "kernel-gepa").iterdir()
    written = path.stat().st_mtime_ns
    assert machine.rates(threads, 32 << 20) == found
    assert path.stat().st_mtime_ns == written, "what is remembered is not measured again"
    again = machine.rates(threads, 32 << 20, anew=True)
    assert again == found.faster(again)
