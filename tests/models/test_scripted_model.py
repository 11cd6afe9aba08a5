"""A script says its lines in order, and says so when it has none left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_gepa.errors import ModelError, UsageError
from kernel_gepa.models import scripted
from kernel_gepa.models.options import ModelOptions
from kernel_gepa.models.scripted import Scripted
from kernel_gepa.ports import LanguageModel, Reply


def said(model: LanguageModel, times: int) -> list[str]:
    return [model.complete("hello").text for _ in range(times)]


def test_a_function_answers_by_the_prompt() -> None:
    model = Scripted(lambda prompt: prompt.upper())
    assert model.complete("hello").text == "HELLO"
    assert model.prompts == ["hello"]


def test_a_script_that_ran_out_says_so() -> None:
    model = Scripted(["only"])
    said(model, 1)
    with pytest.raises(ModelError, match="ran out: it holds 1 replies") as caught:
        model.complete("hello")
    assert not caught.value.retryable


def test_a_json_list_holds_texts_and_whole_replies(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(["one", {"text": "two", "tokens_out": 7, "usd": 0.5, "truncated": True}]))
    model = scripted.create(str(script))
    assert model.name == "scripted:script.json"
    assert [model.complete("hello") for _ in range(2)] == [
        Reply("one"),
        Reply("two", tokens_out=7, usd=0.5, truncated=True),
    ]


def test_a_folder_is_read_in_the_order_people_count(tmp_path: Path) -> None:
    for name in ("10.md", "2.md", "1.md", "note.txt"):
        (tmp_path / name).write_text(name)
    assert said(scripted.create(str(tmp_path)), 3) == ["1.md", "2.md", "10.md"]


def test_a_resumed_run_goes_on_after_the_replies_it_already_has(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(["one", "two", "three"]))
    assert said(scripted.create(str(script), ModelOptions(answered=2)), 1) == ["three"]


@pytest.mark.parametrize("content", ["not json", "{}", "[]", "[1]", '[{"text": "x", "colour": 1}]', '[{"usd": 1}]'])
def test_a_script_that_is_none_is_a_usage_error(tmp_path: Path, content: str) -> None:
    script = tmp_path / "script.json"
    script.write_text(content)
    with pytest.raises(UsageError):
        scripted.create(str(script))


@pytest.mark.parametrize("spec", ["", "no/such/script.json"])
def test_a_missing_script_is_a_usage_error(spec: str) -> None:
    with pytest.raises(UsageError, match="there is no script"):
        scripted.create(spec)


def test_an_empty_folder_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no \.md file"):
        scripted.create(str(tmp_path))
