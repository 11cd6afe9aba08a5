"""The whole loop driven from outside, each time to a verified winner: by a command, by hand from a second shell, and by
an agent over MCP with the protocol's own client.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import KERNEL_GEPA, Desk

# Vectorises, which is all that a good agent has to find out here.
BETTER = "// build: -ffast-math\n"

AGENT = """
import re, sys
prompt = sys.stdin.read()
kernel = re.findall(r"```cpp\\n(.*?)```", prompt, re.DOTALL)[-1]
kernel = re.sub(r"^// (build|try).*\\n", "", kernel, flags=re.MULTILINE)
print("It is bound by arithmetic.\\n```cpp\\n// build: -ffast-math\\n// try %d\\n" % len(prompt) + kernel + "```")
"""


def won(run: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((run / "result.json").read_text())
    assert result["winner"] is not None, (run / "report.md").read_text()
    assert result["winner"]["geomean"]["start"]["low"] > 1.0
    assert BETTER.strip() in (run / result["winner"]["path"]).read_text()
    return result


def test_a_command_as_the_model_leads_to_a_verified_winner(desk: Desk) -> None:
    desk.write("agent.py", AGENT)
    model = f"cmd:{shlex.join([sys.executable, str(desk.folder / 'agent.py')])}"
    done = desk.run(
        "optimize", "scale.py", "--model", model, "--max-calls", "3", "--processes", "3", "--run", "run"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = won(desk.folder / "run")
    assert result["winner"]["origin"] == "reflect"
    assert result["spend"]["unpriced_calls"] == result["spend"]["model_calls"] >= 1
    assert "unpriced" in done.stderr


def test_answers_from_a_second_shell_lead_to_a_verified_winner(desk: Desk) -> None:
    process = desk.start(
        "optimize", "scale.py", "--model", "inbox:", "--max-calls", "3", "--processes", "3", "--run", "run"
    )  # fmt: skip
    kernel = (desk.folder / "scale.cpp").read_text()
    told = 0
    try:
        while process.poll() is None:
            if not (desk.folder / "run").exists():
                time.sleep(0.2)
                continue
            asked = json.loads(desk.run("ask", "run", "--json", "--wait", "3").stdout)
            for question in asked["questions"]:
                assert "scaled bell curve" in question["prompt"]
                told += 1
                desk.write("answer.md", f"```cpp\n{BETTER}// try {told}\n{kernel}```\n")
                handed = desk.run("tell", "run", question["id"], "answer.md")
                assert handed.returncode == 0, handed.stderr
        _, stderr = process.communicate()
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, stderr
    assert told >= 1
    assert won(desk.folder / "run")["winner"]["origin"] == "reflect"


def test_a_question_survives_the_death_of_the_run_and_its_answer_is_taken_when_it_is_resumed(desk: Desk) -> None:
    arguments = ("optimize", "scale.py", "--model", "inbox:", "--max-calls", "3", "--max-rollouts", "4", "--run", "run")
    process = desk.start(*arguments, "--processes", "3")
    while not list((desk.folder / "run" / "inbox").glob("*.request.json")):
        assert process.poll() is None
        time.sleep(0.1)
    process.kill()
    process.communicate()
    shown = desk.run("ask", "run")
    assert shown.stdout.startswith("<!-- question ")
    question = shown.stdout.split()[2].rstrip(";")
    kernel = (desk.folder / "scale.cpp").read_text()
    desk.write("answer.md", f"```cpp\n{BETTER}{kernel}```\n")
    assert desk.run("tell", "run", question, "answer.md").returncode == 0
    resumed = desk.start("resume", "run")
    journal = desk.folder / "run" / "journal.jsonl"
    deadline = time.monotonic() + 1200
    while '"kind":"reply"' not in journal.read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    resumed.kill()
    resumed.communicate()
    whole = journal.read_text().rpartition("\n")[0]
    replies = [record for record in map(json.loads, whole.splitlines()) if record["kind"] == "reply"]
    assert BETTER.strip() in replies[0]["reply"]["text"]


async def agent(desk: Desk) -> dict[str, Any]:
    """Looks, tries something wrong and something better, spends the budget, and submits."""
    client = pytest.importorskip("mcp.client.session", reason="needs the mcp package")
    stdio = pytest.importorskip("mcp.client.stdio")
    server = stdio.StdioServerParameters(
        command=KERNEL_GEPA[0],
        args=[*KERNEL_GEPA[1:], "serve", "run", "scale.py", "--max-rollouts", "4", "--processes", "3"],
        cwd=str(desk.folder),
        env=dict(os.environ),
    )
    kernel = (desk.folder / "scale.cpp").read_text()
    found: dict[str, Any] = {}
    with (desk.folder / "stderr").open("w") as stderr:
        async with (
            stdio.stdio_client(server, errlog=stderr) as (heard, said),
            client.ClientSession(heard, said) as session,
        ):
            found["hello"] = await session.initialize()
            found["tools"] = [tool.name for tool in (await session.list_tools()).tools]

            async def call(tool: str, **arguments: object) -> Any:
                return await session.call_tool(tool, arguments)

            found["task"] = await call("get_task")
            found["wrong"] = await call("evaluate", source=kernel.replace("2.0f", "3.0f"))
            found["better"] = await call("evaluate", source=BETTER + kernel)
            found["again"] = await call("evaluate", source=BETTER + kernel)
            found["nonsense"] = await call("evaluate", sauce=kernel)
            found["nobody"] = await call("evaluate", source=kernel + "// x\n", parent=99)
            found["frontier"] = await call("frontier")
            found["last"] = await call("evaluate", source=kernel.replace("expf(", "1.0f * expf("))
            found["spent"] = await call("evaluate", source=kernel.replace("expf(", "1.5f * expf("))
            found["status"] = await call("status")
            found["submitted"] = await call("submit")
            found["after"] = await call("evaluate", source=kernel.replace("expf(", "2.5f * expf("))
    return found


def test_an_agent_over_mcp_is_led_to_a_verified_winner_and_kept_to_its_budget(desk: Desk) -> None:
    found = asyncio.run(asyncio.wait_for(agent(desk), 1200))
    told = {name: answer.structured_content for name, answer in found.items() if hasattr(answer, "is_error")}
    failed = {name for name, answer in found.items() if getattr(answer, "is_error", False)}
    assert found["tools"] == ["status", "get_task", "frontier", "evaluate", "submit"]
    assert found["hello"].server_info.name == "kernel-gepa"
    assert "scaled bell curve" in told["task"]["prompt"]
    assert told["wrong"]["evaluations"][0]["verdict"] == "incorrect"
    assert "WRONG RESULT" in told["wrong"]["feedback"]
    assert told["better"]["evaluations"][0]["verdict"] == "correct"
    assert set(told["better"]) == {"admitted", "candidate", "reason", "evaluations", "feedback", "rollouts_left"}
    assert set(told["better"]["evaluations"][0]) == {"verdict", "speedup", "inconclusive", "workloads"}
    assert told["again"]["admitted"] is False
    assert told["again"]["rollouts_left"] == told["better"]["rollouts_left"]  # what is known costs nothing
    assert len(told["frontier"]["candidates"]) >= 1
    assert failed == {"nonsense", "nobody", "spent", "after"}
    assert "budget of 4 rollouts is spent" in found["spent"].content[0].text
    assert told["status"]["spent"]["rollouts"] == 4
    assert told["submitted"]["verified"] is True, told["submitted"]
    assert won(desk.folder / "run")["winner"]["origin"] == "agent"
    assert desk.run("status", "run").returncode == 0
    assert desk.run("resume", "run").returncode == 2


def test_serve_names_what_is_missing(desk: Desk) -> None:
    done = desk.run("serve", "run")
    assert (done.returncode, "name the kernel" in done.stderr) == (2, True)
