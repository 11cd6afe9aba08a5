"""The workflows that are there to be pasted: they parse, ask for nothing that is not there, and give nothing away."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from kernel_gepa.cli.app import app
from kernel_gepa.recipes.ci.outputs import FILES, PAGE, RESULT
from kernel_gepa.report.ci.summary import MARK, MOST_BYTES
from tests.cli.library import EXAMPLE

yaml = pytest.importorskip("yaml", reason="needs PyYAML: pip install kernel-gepa[test]")

ROOT = EXAMPLE.parent.parent
ACTION = ROOT / ".github" / "actions" / "kernel-gepa" / "action.yml"
WORKFLOWS = sorted((EXAMPLE / ".github" / "workflows").glob("*.yml"))


def loaded(path: Path) -> Any:
    """YAML 1.1 takes a plain `on` for true."""
    found = yaml.safe_load(path.read_text())
    return {("on" if key is True else key): value for key, value in found.items()}


def steps(path: Path) -> list[dict[str, Any]]:
    found = loaded(path)
    jobs = found["jobs"].values() if "jobs" in found else [found["runs"]]
    return [step for job in jobs for step in job["steps"]]


def options(command: str) -> set[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    ci = group.commands["ci"]
    assert isinstance(ci, TyperGroup)
    return {flag for parameter in ci.commands[command].params for flag in parameter.opts}


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda p: p.name)
def test_no_script_holds_an_expression_that_a_stranger_can_fill(path: Path) -> None:
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda p: p.name)
def test_scripts_are_bash(path: Path) -> None:
    for step in steps(path):
        if script := step.get("run"):
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_rights_are_given_one_by_one_and_actions_by_their_commit(path: Path) -> None:
    assert loaded(path)["permissions"] == {}
    for step in steps(path):
        used = step.get("uses", "./")
        assert used.startswith("./") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used)


def test_what_runs_a_strangers_kernels_can_write_nothing_and_knows_no_secret() -> None:
    path = EXAMPLE / ".github" / "workflows" / "kernels.yml"
    found = loaded(path)
    assert list(found["on"]) == ["pull_request"]
    assert [job["permissions"] for job in found["jobs"].values()] == [{"contents": "read"}]
    assert "secrets." not in path.read_text()
    assert "github.token" not in path.read_text()
    checkout = next(s for s in steps(path) if "actions/checkout" in s.get("uses", ""))
    assert checkout["with"]["persist-credentials"] is False
    assert checkout["with"]["fetch-depth"] == 0


def test_what_may_comment_runs_nothing_of_the_pull_request() -> None:
    path = EXAMPLE / ".github" / "workflows" / "kernels-comment.yml"
    found = loaded(path)
    assert found["on"]["workflow_run"]["workflows"] == [
        loaded(EXAMPLE / ".github" / "workflows" / "kernels.yml")["name"]
    ]
    assert not [s for s in steps(path) if "checkout" in s.get("uses", "") or s.get("uses", "").startswith("./")]
    script = next(s["run"] for s in steps(path) if "run" in s)
    assert MARK.format(command="check") in script
    limit = re.search(r"-le (\d+)", script)
    assert limit is not None
    assert MOST_BYTES <= int(limit[1]) < 65_536


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_the_action_is_given_only_what_it_and_the_command_know(path: Path) -> None:
    known = loaded(ACTION)["inputs"]
    for step in steps(path):
        if step.get("uses", "").endswith("/kernel-gepa"):
            given = step["with"]
            assert given.keys() <= known.keys()
            command = given.get("command", known["command"]["default"])
            asked = {word.partition("=")[0] for word in given.get("arguments", "").split()}
            assert asked <= options(command)


def test_the_action_tells_what_the_command_writes_for_it() -> None:
    told = {"verdict", "exit-code", "headline", "improve"}
    values = [out["value"] for out in loaded(ACTION)["outputs"].values()]
    assert {m[1] for v in values if (m := re.search(r"steps\.run\.outputs\.([\w-]+)", v))} == told


def test_gitlab_reads_what_is_written_and_lets_noise_pass() -> None:
    job = loaded(EXAMPLE / ".gitlab-ci.yml")["kernels"]
    assert job["artifacts"]["reports"]["junit"].rpartition("/")[2] in {*FILES, RESULT, PAGE}
    assert job["allow_failure"]["exit_codes"] == [5]
    words = job["script"][0].split()
    assert {word for word in words if word.startswith("--")} <= options("check")


def test_the_action_runs_the_command_with_its_arguments(tmp_path: Path) -> None:
    """Its script, with a command in place of ours that tells what it was given."""
    (tmp_path / "kernel-gepa").write_text('#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done\n')
    (tmp_path / "kernel-gepa").chmod(0o755)
    script = next(s["run"] for s in steps(ACTION) if s["name"] == "Run")
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "COMMAND": "check",
        "BASE": "main; touch owned",
        "KERNELS": "a b.py\n-x.py\n",
        "ARGUMENTS": "--threshold=0.1\n\n--inconclusive=pass\n",
        "OUT": "out",
    }
    run = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(run, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:-1] == [
        "[ci]",
        "[check]",
        "[--out=out]",
        "[--changed-since=main; touch owned]",
        "[--threshold=0.1]",
        "[--inconclusive=pass]",
        "[--]",
        "[a b.py]",
        "[-x.py]",
    ]
    assert not (tmp_path / "owned").exists()
    other = subprocess.run(run, env={**environment, "COMMAND": "verify"}, capture_output=True, text=True, check=False)
    assert other.returncode == 2


def test_zizmor_finds_nothing_above_low() -> None:
    beside = Path(sys.executable).with_name("zizmor")
    zizmor = str(beside) if beside.exists() else shutil.which("zizmor")
    if zizmor is None:
        pytest.skip("needs zizmor: pip install zizmor")
    places = [str(EXAMPLE / ".github" / "workflows"), str(ROOT / ".github" / "actions")]
    asked = [zizmor, "--offline", "--no-progress", "--min-severity", "medium", *places]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
