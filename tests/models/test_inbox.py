"""Questions and answers as files: whole, lasting, and in any order."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kernel_gepa.errors import UsageError
from kernel_gepa.models import inbox
from kernel_gepa.models.inbox import Inbox, tell, waiting
from kernel_gepa.models.options import ModelOptions


def asked(folder: Path, prompt: str, sample: int = 0) -> str:
    """Asks one question whose asker dies at once; its id."""

    class Died(Exception):
        pass

    def die(seconds: float) -> None:
        raise Died

    with pytest.raises(Died):
        Inbox(folder, sleep=die).complete(prompt, sample=sample)
    return next(q.id for q in waiting(folder) if (q.prompt, q.sample) == (prompt, sample))


def test_several_questions_may_be_open_and_are_answered_in_any_order(tmp_path: Path) -> None:
    prompts = ["one", "two\n```é```", "three"]

    def answer(seconds: float) -> None:
        open_ones = waiting(tmp_path)
        if len(open_ones) == 3 or answered:
            for question in reversed(open_ones):
                answered.append(question.id)
                tell(tmp_path, question.id, f"answer to {question.prompt}")

    answered: list[str] = []
    import threading

    turn = threading.Lock()

    def sleep(seconds: float) -> None:
        with turn:
            answer(seconds)

    model = Inbox(tmp_path, sleep=sleep)
    with ThreadPoolExecutor(3) as pool:
        assert [r.text for r in pool.map(model.complete, prompts)] == [f"answer to {p}" for p in prompts]
    assert len(answered) == 3
    assert waiting(tmp_path) == ()


def test_an_answer_that_came_while_nobody_ran_is_found_by_whoever_asks_again(tmp_path: Path) -> None:
    tell(tmp_path, asked(tmp_path, "hello", 7), "the answer")
    assert Inbox(tmp_path).complete("hello", sample=7).text == "the answer"


def test_the_same_prompt_with_another_sample_is_another_question(tmp_path: Path) -> None:
    assert asked(tmp_path, "hello", 1) != asked(tmp_path, "hello", 2)
    assert len(waiting(tmp_path)) == 2


def test_asking_again_does_not_ask_twice(tmp_path: Path) -> None:
    assert asked(tmp_path, "hello") == asked(tmp_path, "hello")
    assert len(waiting(tmp_path)) == 1


def test_a_folder_may_be_carried_away_and_back(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    question = asked(here, "hello")
    shutil.copytree(here, there)
    tell(there, question, "from far away")
    shutil.copytree(there, here, dirs_exist_ok=True)
    assert Inbox(here).complete("hello").text == "from far away"


def test_what_cannot_be_handed_in_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    question = asked(tmp_path, "hello")
    with pytest.raises(UsageError, match=f"open ones are: {question}"):
        tell(tmp_path, "../../etc/passwd", "x")
    with pytest.raises(UsageError, match="empty"):
        tell(tmp_path, question, " \n")
    tell(tmp_path, question, "first")
    with pytest.raises(UsageError, match="answered already"):
        tell(tmp_path, question, "second")
    assert Inbox(tmp_path).complete("hello").text == "first"


def test_no_half_file_is_ever_there(tmp_path: Path) -> None:
    tell(tmp_path, asked(tmp_path, "hello"), "x" * 1_000_000)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_inbox_of_a_run_is_in_its_folder(tmp_path: Path) -> None:
    model = inbox.create("", ModelOptions(run=tmp_path))
    assert model.name == "inbox"
    with pytest.raises(UsageError, match="inbox:FOLDER"):
        inbox.create("", ModelOptions())
