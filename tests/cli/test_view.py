"""`kernel-gepa view` as a process: an address on stdout, Ctrl-C ends it, and bad input is one sentence."""

from __future__ import annotations

import re
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.loaded import ROOT, load

MADE = load(ROOT / "benchmarks" / "made_run.py")
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[\w-]{32}/")


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    MADE.made(tmp_path / "run", 12)
    return Desk(tmp_path)


@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end_and_ends_cleanly(made: Desk, ended_by: signal.Signals) -> None:
    serving = made.start("view", "run")
    assert serving.stdout is not None
    address = serving.stdout.readline().strip()
    assert ADDRESS.fullmatch(address)
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert b"data-live=" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address.rsplit("/", 2)[0] + "/", timeout=60)
    serving.send_signal(ended_by)
    out, said = serving.communicate(timeout=60)
    assert (serving.returncode, out) == (0, "")
    assert said.splitlines() == ["Ctrl-C ends it; the run goes on", "ended"]


def test_two_starts_have_two_secrets(made: Desk) -> None:
    found = set()
    for _ in range(2):
        serving = made.start("view", "run")
        assert serving.stdout is not None
        found.add(serving.stdout.readline().strip().split("/")[3])
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=60)
    assert len(found) == 2


def test_what_is_no_run_and_a_port_that_is_taken_are_told_in_a_sentence(made: Desk) -> None:
    done = made.run("view", "nowhere")
    assert done.returncode == 2
    assert done.stderr == "error: nowhere is not the folder of a run: it has no journal.jsonl\n"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = made.run("view", "run", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "cannot be had" in done.stderr
    assert done.stderr.count("\n") == 1
