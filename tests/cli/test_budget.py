"""Caps from the command line: kept by a whole run, also by one that is killed; refused where nobody could keep them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from random import Random

import pytest

from kernel_gepa.testing.model_server import Answer, Line, ModelServer, Request
from tests.cli.conftest import Desk


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


USD = 1e-6  # per token, in and out: --price 1,1


def billed(server: ModelServer) -> float:
    return sum((a.tokens_in + a.tokens_out) * USD for a in server.answered)


def talker(kernel: str) -> Callable[[Request], Line]:
    rng = Random(1)

    def line(request: Request) -> Line:
        most = request.body["max_tokens"]
        assert isinstance(most, int)
        text = f"```cpp\n// {rng.random()}\n{kernel.replace('2.0f', '2.5f')}```"
        return Answer(text, tokens_in=len(request.prompt), tokens_out=rng.randint(most // 2, most), after_s=0.2)

    return line


ARGUMENTS = ("--price", "1,1", "--max-usd", "0.05", "--reply-tokens", "3000", "--run", "run")


def test_a_run_and_its_continuation_after_a_kill_stay_below_the_cap(desk: Desk) -> None:
    kernel = (desk.folder / "scale.cpp").read_text()
    with ModelServer(talker(kernel)) as server:
        arguments = ("optimize", "scale.py", "--model", "openai:x", "--api-base", server.url, *ARGUMENTS)
        process = desk.start(*arguments)
        deadline = time.monotonic() + 1200
        while len(server.answered) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()  # in flight: the answer was billed, and nobody has written it down
        process.communicate()
        done = desk.run("resume", "run")
        assert done.returncode in (0, 3), done.stderr
        assert "price     openai:x: $1 in" in done.stderr  # and no picture in place of ":x:"
        result = json.loads((desk.folder / "run" / "result.json").read_text())
        assert len(server.answered) > 3
        assert billed(server) <= result["spend"]["usd"] + 1e-9 <= 0.05 + 2e-9
        assert "dollars" in done.stdout
    assert "Spent: " in (desk.folder / "run" / "report.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--model", "cmd:cat", "--max-usd", "1"), "the price of cmd:cat is not known"),
        (("--model", "cmd:cat", "--max-calls", "2"), "about 2 proposals"),
        (("--model", "cmd:cat", "--max-usd", "0.0001", "--price", "1,1"), "about 0 proposals"),
        (("--model", "cmd:cat", "--price", "cheap"), "IN,OUT"),
        (("--reflect-model", "cmd:nobody-has-this"), "is not there"),
    ],
)
def test_a_budget_that_cannot_be_kept_or_is_no_search_stops_before_anything_is_done(
    desk: Desk, arguments: tuple[str, ...], why: str
) -> None:
    done = desk.run("optimize", "scale.py", *arguments, "--run", "run")
    assert done.returncode == 2, done.stderr
    assert why in done.stderr
    assert not (desk.folder / "run").exists()


def test_before_the_start_the_price_and_what_the_budget_buys_are_told_as_an_estimate(desk: Desk) -> None:
    desk.write("replies.json", json.dumps(["I would rather not."] * 9))
    done = desk.run(
        "optimize",
        "scale.py",
        "--model",
        "scripted:replies.json",
        "--max-calls",
        "4",
        "--price",
        "1,10",
        "--run",
        "run",
    )
    assert "price     scripted:replies.json: $1 in, $10 out per million tokens (given by the user)" in done.stderr
    assert "4 model calls" in done.stderr
    assert "about 4 proposals, limited by 4 model calls (an estimate" in done.stderr
