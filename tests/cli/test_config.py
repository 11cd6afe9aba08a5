"""`kernel-gepa.toml`: flags > file > defaults, and a key that nobody knows is an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from kernel_gepa.cli.app import app
from kernel_gepa.cli.config import defaults
from kernel_gepa.errors import UsageError
from tests.cli.conftest import Desk


@pytest.fixture
def commands() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def read(tmp_path: Path, text: str, commands: TyperGroup) -> object:
    path = tmp_path / "some.toml"
    path.write_text(text)
    return defaults(path, commands)


def test_keys_are_the_options_of_a_command(tmp_path: Path, commands: TyperGroup) -> None:
    text = '[optimize]\nmodel = "openai/gpt-5"\nmax-usd = 2\nprice = ["1,2", "x=3,4"]\n[eval]\nthreads = 2\n'
    assert read(tmp_path, text, commands) == {
        "optimize": {"model": ["openai/gpt-5"], "max_usd": 2, "price": ["1,2", "x=3,4"]},
        "eval": {"threads": 2},
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[optimize]\nmax-usb = 2\n", "no option 'max-usb'; known are: .*max-usd"),
        ("[optimise]\nmax-usd = 2\n", r"'optimise' is not the table of a command; known are: .*\[optimize\]"),
        ("max-usd = 2\n", "not the table of a command"),
        ("[optimize\n", "cannot be read"),
    ],
)
def test_what_nobody_knows_is_an_error(tmp_path: Path, commands: TyperGroup, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read(tmp_path, text, commands)


def test_a_file_that_was_named_must_be_there(tmp_path: Path, commands: TyperGroup) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        defaults(tmp_path / "nowhere.toml", commands)


def test_flags_count_for_more_than_the_file_and_the_file_for_more_than_defaults(desk: Desk) -> None:
    desk.write("kernel-gepa.toml", '[optimize]\nmax-rollouts = 5\nmodel = "scripted:replies.json"\nseed = 7\n')
    desk.write("replies.json", json.dumps(["I would rather not."] * 9))
    done = desk.run("optimize", "scale.py", "--seed", "8", "--max-calls", "3", "--run", "run")
    assert "5 rollouts" in done.stderr, done.stderr
    header = json.loads((desk.folder / "run" / "journal.jsonl").read_text().splitlines()[0])
    wish = header["settings"]["wish"]
    assert (wish["seed"], wish["model"], wish["threads"]) == (8, "scripted:replies.json", 1)
    assert wish["budget"]["rollouts"] == 5


def test_a_misspelt_cap_stops_before_anything_is_spent(desk: Desk) -> None:
    desk.write("kernel-gepa.toml", "[optimize]\nmax-dollars = 1\n")
    done = desk.run("optimize", "scale.py", "--run", "run")
    assert done.returncode == 2
    assert "max-dollars" in done.stderr
    assert not (desk.folder / "run").exists()


def test_the_table_of_a_group_counts_for_each_of_its_commands_that_has_the_option(
    tmp_path: Path, commands: TyperGroup
) -> None:
    text = '[ci]\nkernels = ["a.py"]\nmax-usd = 1\n[ci.improve]\nmax-usd = 2\n[ci.check]\nthreshold = 0.1\n'
    found = read(tmp_path, text, commands)
    assert found == {
        "ci": {
            "check": {"kernels": ["a.py"], "threshold": 0.1},
            "improve": {"kernels": ["a.py"], "max_usd": 2},
            "verify": {},
        }
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[ci]\nkernel = []\n", "no option 'kernel'; known are: .*kernels"),
        ("[ci.check]\nmax-usd = 1\n", "no option 'max-usd'"),
        ("[ci]\ncheck = 1\n", "'check' is a command"),
    ],
)
def test_what_no_command_of_a_group_knows_is_an_error(
    tmp_path: Path, commands: TyperGroup, text: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        read(tmp_path, text, commands)
