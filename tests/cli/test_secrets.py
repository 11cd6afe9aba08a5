"""A planted key is nowhere: not in the run's folder, its report, the caches, the sandbox's environment, the screen."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from kernel_gepa.testing.model_server import Answer, Failure, ModelServer
from tests.cli.conftest import Desk

KEY = "sk-planted-0123456789abcdefghij"

# Tells what it finds in its environment by failing to build.
SPY = """```cpp
// build: -O3
#include <cstdint>
#include <cstdlib>
#include <cstdio>
#include <cstring>
extern "C" void scale(const float* x, float* y, int64_t n) {
    extern char** environ;
    for (char** e = environ; *e; e++) if (strstr(*e, "planted")) abort();
    for (int64_t i = 0; i < n; i++) y[i] = 0;
}
```"""


def files_with(key: str, folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]


@pytest.mark.parametrize("kind", ["openai:test", "openai/test"])
def test_a_planted_key_is_found_nowhere(desk: Desk, kind: str) -> None:
    kernel = (desk.folder / "scale.cpp").read_text()
    quoted = f"Your key {KEY} is fine.\n```cpp\n// build: -ffast-math\n// {KEY}\n{kernel}```"
    cache = desk.folder / "cache"
    with ModelServer([Failure(500, f"key {KEY}"), Answer(SPY), Answer(quoted), Answer(quoted)], key=KEY) as server:
        done = desk.run(
            "optimize", "scale.py", "--model", kind, "--api-base", server.url, "--max-calls", "4", "--cache-replies",
            "--price", "1,1", "--max-usd", "1", "--processes", "3", "--screen", "report", "--run", "run",
            OPENAI_API_KEY=KEY, XDG_CACHE_HOME=str(cache), NO_PROXY="127.0.0.1",
        )  # fmt: skip
        assert len(server.requests) >= 3, done.stderr
        assert server.requests[0].authorization == f"Bearer {KEY}"
    assert files_with("[hidden]", desk.folder / "run")  # it was there, and is hidden
    assert files_with(KEY, desk.folder) == []
    assert list(cache.rglob("replies.sqlite"))
    assert KEY not in done.stdout + done.stderr
    verdicts = [
        json.loads(line)["verdict"]["type"]
        for line in (desk.folder / "run" / "journal.jsonl").read_text().splitlines()
        if json.loads(line)["kind"] == "evaluation"
    ]
    assert "Crashed" not in verdicts  # the spy aborts when it sees the key
    assert "Incorrect" in verdicts


def test_a_key_on_the_command_line_is_refused_before_it_is_written_down(desk: Desk) -> None:
    done = desk.run(
        "optimize", "scale.py", "--model", f"cmd:cat {KEY}", "--max-calls", "3", "--run", "run", MY_API_KEY=KEY
    )
    assert done.returncode == 2
    assert "holds the value of a key" in done.stderr
    assert KEY not in done.stderr
    assert not (desk.folder / "run").exists()


def test_a_key_in_a_variable_of_any_name_is_not_written_down_either(desk: Desk) -> None:
    arguments = ("--model", f"openai:{KEY}", "--key-variable", "GATEWAY_AUTH", "--api-base", "http://127.0.0.1:9/v1")
    done = desk.run("optimize", "scale.py", *arguments, "--max-calls", "3", "--run", "run", GATEWAY_AUTH=KEY)
    assert (done.returncode, "holds the value of a key" in done.stderr, KEY in done.stderr) == (2, True, False)
    assert not (desk.folder / "run").exists()


def test_a_missing_or_refused_key_is_found_before_anything_is_built(desk: Desk) -> None:
    without = {**os.environ}
    without.pop("OPENAI_API_KEY", None)
    missing = desk.run("optimize", "scale.py", "--model", "openai:gpt-5", "--run", "run", OPENAI_API_KEY="")
    assert missing.returncode == 2
    assert "OPENAI_API_KEY" in missing.stderr
    with ModelServer([], key="another") as server:
        refused = desk.run(
            "optimize", "scale.py", "--model", "openai:x", "--api-base", server.url, "--run", "run",
            OPENAI_API_KEY=KEY, NO_PROXY="127.0.0.1",
        )  # fmt: skip
        assert server.requests == []
    assert refused.returncode == 2
    assert "OPENAI_API_KEY" in refused.stderr
    assert KEY not in refused.stderr
    assert not (desk.folder / "run").exists()


def test_a_crash_does_not_show_a_key(desk: Desk) -> None:
    code = f"""
import sys
import kernel_gepa.cli.app as app
def crash(**_):
    raise RuntimeError("request with {KEY} failed \\x1b[2J")
app.app = crash
from kernel_gepa.cli import main
main()
"""
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "A_TOKEN": KEY}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert "RuntimeError: request with [hidden] failed" in done.stderr
    assert KEY not in done.stderr
    assert "\x1b" not in done.stderr
