"""From the words of the command line to a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_gepa.errors import UsageError
from kernel_gepa.models.choose import choose
from kernel_gepa.models.command import Command
from kernel_gepa.models.litellm import LiteLLM
from kernel_gepa.models.scripted import Scripted


def test_a_command_is_chosen_by_its_prefix() -> None:
    assert isinstance(choose("cmd:cat"), Command)


def test_a_script_is_chosen_by_its_prefix(tmp_path: Path) -> None:
    (tmp_path / "1.md").write_text("yes")
    assert isinstance(choose(f"scripted:{tmp_path}"), Scripted)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("openai/gpt-5", "openai/gpt-5"),
        ("gpt-5", "gpt-5"),
        ("ollama/llama3:8b", "ollama/llama3:8b"),
        ("litellm:ft:gpt-4o:me", "ft:gpt-4o:me"),
    ],
)
def test_everything_else_is_a_model_of_litellm(model: str, name: str) -> None:
    chosen = choose(model)
    assert isinstance(chosen, LiteLLM)
    assert chosen.name == name


@pytest.mark.parametrize("model", ["ollama:llama3", "", " ", ":x"])
def test_an_unknown_prefix_lists_what_is_installed(model: str) -> None:
    with pytest.raises(UsageError, match="cmd:, inbox:, litellm:, openai:, replay:, replay-in-order:, scripted:"):
        choose(model)


@pytest.mark.parametrize("model", ["cmd:", "scripted:", "litellm:", "openai:", "replay:", "replay-in-order:", "inbox:"])
def test_a_prefix_alone_says_what_is_missing(model: str) -> None:
    with pytest.raises(UsageError, match="write"):
        choose(model)
