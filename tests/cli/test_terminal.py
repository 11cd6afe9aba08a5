"""What a terminal is told of runs: tables for people and for Markdown, comparisons, completion, JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_gepa import codec
from tests.cli.conftest import Desk
from tests.loaded import ROOT, load
from tests.report.test_live import hostile

MADE = load(ROOT / "benchmarks" / "made_run.py")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    MADE.made(folder / "runs" / "one", 24)
    MADE.made(folder / "runs" / "two", 12, seed=2)
    bad = folder / "runs" / "bad"
    bad.mkdir()
    some = [record if record["kind"] == "header" else hostile(record) for record in MADE.records(6)]
    (bad / "journal.jsonl").write_text("".join(codec.line(record) + "\n" for record in some))
    return Desk(folder)


def test_show_lists_as_many_kernels_as_are_wanted(desk: Desk) -> None:
    done = desk.run("show", "runs/one", "--top", "2")
    ranks = [line for line in done.stdout.splitlines() if "95 % interval" in line]
    assert [line.split()[0] for line in ranks] == ["1", "2"]
    assert "more: made's archive" in done.stdout


def test_show_as_markdown_is_a_headline_and_a_table(desk: Desk) -> None:
    done = desk.run("show", "runs/one", "--top", "3", "--md")
    lines = done.stdout.splitlines()
    assert lines[0] == "### made"
    assert lines[2].startswith("Not verified: ")
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 3
    assert table[0] == "| | speedup | 95 % interval | small | odd | wide | large | by |"
    assert len({line.count("|") for line in table}) == 1
    assert [float(line.split("|")[2].split("x")[0]) for line in table[2:]] == sorted(
        (float(line.split("|")[2].split("x")[0]) for line in table[2:]), reverse=True
    )


def test_markdown_of_one_candidate_is_refused(desk: Desk) -> None:
    done = desk.run("show", "runs/one", "0", "--md")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_compare_tells_of_both_and_claims_nothing_that_was_not_verified(desk: Desk) -> None:
    done = desk.run("compare", "runs/one", "runs/two", "--out", "both.html")
    assert done.returncode == 0, done.stderr
    assert "  one  24 rollouts" in done.stdout
    assert "  two  12 rollouts" in done.stdout
    assert done.stdout.splitlines()[-2:] == ["made, one against two: Not compared: not both are verified.", "both.html"]
    assert (desk.folder / "both.html").read_text().startswith("<!doctype html>")


def test_compare_for_machines_and_for_comments(desk: Desk) -> None:
    told = json.loads(desk.run("compare", "runs/one", "runs/two", "--json").stdout)
    assert [run["name"] for run in told["runs"]] == ["one", "two"]
    assert len(told["compared"]) == 1
    table = [
        line for line in desk.run("compare", "runs/one", "runs/two", "--md").stdout.splitlines() if line[:1] == "|"
    ]
    assert table[0] == "| | one | two |"
    assert {line.replace("\\|", "").count("|") for line in table} == {4}


def test_one_run_is_compared_with_nothing(desk: Desk) -> None:
    done = desk.run("compare", "runs/one")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "runs/bad"),
        ("show", "runs/bad", "0"),
        ("show", "runs/bad", "--md"),
        ("status", "runs/bad"),
        ("compare", "runs/bad", "runs/one"),
        ("compare", "runs/bad", "runs/one", "--md"),
    ],
)
def test_a_hostile_run_commands_no_terminal(desk: Desk, arguments: tuple[str, ...]) -> None:
    done = desk.run(*arguments)
    assert done.returncode == 0, done.stderr
    assert not {"\x1b", "\x07", "\u202e", "\u2066"} & set(done.stdout + done.stderr)
    if "--md" in arguments:
        assert "<script>" not in done.stdout.replace("\\<", "")


def test_a_shell_completes_folders_of_runs_and_commands(desk: Desk) -> None:
    def completed(words: str) -> list[str]:
        count = str(len(words.split(" ")) - 1)
        done = desk.run(_KERNEL_GEPA_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=count)
        return done.stdout.split()

    assert completed("kernel-gepa show runs/o") == ["runs/one"]
    assert completed("kernel-gepa compare runs/one ru") == ["runs/bad", "runs/one", "runs/two"]
    assert "view" in completed("kernel-gepa v")
    assert completed("kernel-gepa resume runs/one --log-format j") == ["json"]


def test_the_shell_is_told_how_to_complete(desk: Desk) -> None:
    done = desk.run(_KERNEL_GEPA_COMPLETE="source_bash")
    assert "complete -o default -F" in done.stdout


def test_errors_are_json_lines_too(desk: Desk) -> None:
    done = desk.run("--log-format", "json", "status", "runs/nowhere")
    assert done.returncode == 2
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(t["event"], t["level"]) for t in told] == [("note", "error")]
    assert Path("runs/nowhere").name in told[0]["text"]


def test_a_format_that_nobody_knows_is_refused(desk: Desk) -> None:
    done = desk.run("--log-format", "xml", "status", "runs/one")
    assert (done.returncode, done.stderr) == (2, "error: there is no --log-format 'xml'; known are: text, json\n")
