"""Retrying, metering and recording, each around a script."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.discreet import plain, printable, secrets, without
from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.errors import BudgetSpent, ModelDown, ModelError, UsageError
from kernel_gepa.models.breaking import Breaking
from kernel_gepa.models.cached import Cached
from kernel_gepa.models.failure import TryLater
from kernel_gepa.models.limited import Limited, Limits
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.mixed import Mixed, Share
from kernel_gepa.models.recorded import Recorded, Replied
from kernel_gepa.models.redacted import Redacted
from kernel_gepa.models.retrying import ATTEMPTS, CAP_S, PATIENCE_S, Retrying
from kernel_gepa.models.scripted import Line, Scripted
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.ports import Reply
from kernel_gepa.store.cache import TextCache


def patient(*lines: Line, waits: list[float], attempts: int = ATTEMPTS) -> tuple[Scripted, Retrying]:
    script = Scripted(lines)
    return script, Retrying(script, attempts=attempts, sleep=waits.append, rng=Random(1))


# ---------------------------------------------------------------- retrying


def test_a_passing_failure_is_tried_again_until_it_passes() -> None:
    waits: list[float] = []
    script, model = patient(TryLater("busy"), TryLater("busy"), "yes", waits=waits)
    assert model.complete("hello").text == "yes"
    assert script.prompts == ["hello"] * 3
    assert len(waits) == 2


def test_a_refusal_is_not_repeated() -> None:
    waits: list[float] = []
    script, model = patient(ModelError("no"), "never", waits=waits)
    with pytest.raises(ModelError, match="no"):
        model.complete("hello")
    assert (len(script.prompts), waits) == (1, [])


def test_the_last_failure_is_raised_when_the_attempts_are_used_up() -> None:
    waits: list[float] = []
    script, model = patient(TryLater("one"), TryLater("two"), TryLater("three"), "four", waits=waits, attempts=3)
    with pytest.raises(TryLater, match="three"):
        model.complete("hello")
    assert (len(script.prompts), len(waits)) == (3, 2)


def test_the_time_that_was_asked_for_is_waited() -> None:
    waits: list[float] = []
    _, model = patient(TryLater("busy", after_s=42.0), "yes", waits=waits)
    model.complete("hello")
    assert waits == [42.0]


def test_nobody_waits_for_tomorrow() -> None:
    waits: list[float] = []
    _, model = patient(TryLater("daily quota", after_s=PATIENCE_S + 1), "never", waits=waits)
    with pytest.raises(TryLater, match="daily quota"):
        model.complete("hello")
    assert waits == []


@given(seed=st.integers(), failures=st.integers(1, 12))
def test_waits_grow_with_full_jitter_up_to_a_cap(seed: int, failures: int) -> None:
    waits: list[float] = []
    script = Scripted([*[TryLater("busy")] * failures, "yes"])
    Retrying(script, attempts=failures + 1, sleep=waits.append, rng=Random(seed)).complete("hello")
    assert all(0 <= wait <= min(CAP_S, 2**n) for n, wait in enumerate(waits))


# ---------------------------------------------------------------- metered


def test_calls_tokens_and_dollars_are_charged() -> None:
    ledger = Ledger(Budget())
    Metered(Scripted([Reply("x", tokens_in=3, tokens_out=4, usd=0.5)]), ledger).complete("hello")
    assert ledger.paid == Spend(model_calls=1, tokens=7, usd=0.5)


@pytest.mark.parametrize(
    ("budget", "sentence"),
    [
        (Budget(model_calls=2), "budget of 2 model calls is spent"),
        (Budget(tokens=14), "budget of 14 tokens is spent"),
        (Budget(usd=1.0), "budget of 1 dollars is spent"),
    ],
)
def test_a_call_beyond_a_cap_is_refused_before_it_is_made(budget: Budget, sentence: str) -> None:
    script = Scripted([Reply("x", tokens_in=3, tokens_out=4, usd=0.5)] * 3)
    model = Metered(script, Ledger(budget))
    model.complete("one")
    model.complete("two")
    with pytest.raises(BudgetSpent, match=sentence):
        model.complete("three")
    assert script.prompts == ["one", "two"]


def test_caps_on_rollouts_and_time_do_not_stop_a_call() -> None:
    spent = Ledger(Budget(rollouts=1, wall_s=1.0), Spend(rollouts=5, wall_s=5.0))
    assert Metered(Scripted(["yes"]), spent).complete("hello").text == "yes"


def test_a_failed_call_is_charged_as_a_call() -> None:
    ledger = Ledger(Budget(model_calls=1))
    model = Metered(Scripted([ModelError("no"), "never"]), ledger)
    with pytest.raises(ModelError):
        model.complete("hello")
    with pytest.raises(BudgetSpent):
        model.complete("hello")


def test_a_cap_in_dollars_cannot_be_kept_with_a_model_without_a_price() -> None:
    model = Metered(Scripted([Reply("x", usd=None)] * 2), Ledger(Budget(usd=1.0)))
    assert model.complete("paid for, so it is used").text == "x"
    with pytest.raises(UsageError, match="does not say what it costs"):
        model.complete("hello")


def test_a_cap_in_tokens_cannot_be_kept_with_a_model_that_does_not_count_them() -> None:
    model = Metered(Scripted(["x", "y"]), Ledger(Budget(usd=1.0, tokens=100)))
    model.complete("hello")
    with pytest.raises(UsageError, match="does not count its tokens"):
        model.complete("hello")


def test_an_unpriced_model_may_run_under_a_cap_of_calls() -> None:
    model = Metered(Scripted([Reply("x", usd=None)] * 2), Ledger(Budget(usd=1.0, model_calls=2)))
    model.complete("hello")
    model.complete("hello")
    assert model.unpriced_calls == 2


# ---------------------------------------------------------------- recorded


def test_a_new_reply_is_a_fact_before_it_is_used() -> None:
    facts: list[Replied] = []
    model = Recorded(Scripted(["one"]), replies={}, on_fact=facts.append)
    reply = model.complete("hello", sample=3)
    assert [fact.reply for fact in facts] == [reply]
    assert (facts[0].question.model, facts[0].question.sample) == ("scripted", 3)


def test_a_reply_that_could_not_be_written_down_is_not_used() -> None:
    def full_disk(fact: Replied) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        Recorded(Scripted(["one"]), replies={}, on_fact=full_disk).complete("hello")


def test_recorded_replies_are_played_back_without_a_call() -> None:
    facts: list[Replied] = []
    first = Recorded(Scripted(["one", "two"]), replies={}, on_fact=facts.append)
    heard = [first.complete("hello", sample=sample) for sample in (0, 1)]
    again: list[Replied] = []
    silent = Scripted([])
    second = Recorded(silent, replies={fact.question: fact.reply for fact in facts}, on_fact=again.append)
    assert [second.complete("hello", sample=sample) for sample in (0, 1)] == heard
    assert (silent.prompts, again) == ([], [])


def test_prompt_model_and_sample_tell_replies_apart() -> None:
    facts: list[Replied] = []
    for name in ("a", "b"):
        model = Recorded(Scripted(lambda prompt: prompt, name=name), replies={}, on_fact=facts.append)
        for prompt in ("x", "y"):
            for sample in (0, 1):
                model.complete(prompt, sample=sample)
    assert len({fact.question for fact in facts}) == 8


def test_a_failure_is_no_fact_and_a_reply_that_was_cut_off_is_one() -> None:
    facts: list[Replied] = []
    model = Recorded(Scripted([ModelError("no"), Reply("half", truncated=True)]), replies={}, on_fact=facts.append)
    with pytest.raises(ModelError):
        model.complete("hello")
    assert model.complete("hello").truncated
    assert len(facts) == 1


# ---------------------------------------------------------------- messages


def test_values_of_variables_that_are_named_like_keys_are_hidden_whole() -> None:
    environment = {"A_KEY": "abcdef", "B_TOKEN": "abcdefghi", "HOME": "/home/me", "SHORT_KEY": "abc"}
    assert printable("abc abcdef abcdefghi /home/me", secrets(environment)) == "abc [hidden] [hidden] /home/me"


def test_a_secret_with_a_line_end_is_hidden_however_it_is_quoted() -> None:
    hidden = secrets({"A_KEY": "sk-0123456789\n", "B_KEY": "two\nlines"})
    for quoted in (
        "Bearer sk-0123456789",
        repr("sk-0123456789\n"),
        "sk-0123456789\n",
        "two\nlines",
        repr("two\nlines"),
    ):
        assert "0123" not in without(quoted, hidden)
        assert "lines" not in without(quoted, hidden)


def test_a_message_is_one_clipped_line_without_control_characters() -> None:
    line = printable("\033[31mred\nnext " + "x" * 1000)
    assert line.startswith("[31mred next xxx")
    assert line.endswith(" […]")
    assert len(line) < 320


def test_what_a_terminal_would_obey_is_gone_and_lines_and_tabs_stay() -> None:
    evil = "\x1b]0;title\x07\x1b[2J\x1b[31mint\x1b[0m\tx;\r\n\x9b1mé\x07\x1bcend\u202e//x\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\"
    assert plain(evil) == "int\tx;\néend//xlink"


@given(st.text())
def test_nothing_that_a_terminal_would_obey_is_left_in_any_text(text: str) -> None:
    assert not any(ord(c) < 32 and c not in "\n\t" for c in plain(text))
    assert "\x9b" not in plain(text)


# ---------------------------------------------------------------- limited


class Clock:
    """Time passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def limited(script: Scripted, limits: Limits) -> tuple[Limited, Clock]:
    clock = Clock()
    return Limited(script, limits, clock=clock, sleep=clock.sleep), clock


def test_requests_per_minute_are_kept() -> None:
    model, clock = limited(Scripted(["x"] * 7), Limits(requests_per_minute=3))
    at = []
    for _ in range(7):
        model.complete("hello")
        at.append(clock.now)
    assert at == [0, 0, 0, 60, 60, 60, 120]


def test_tokens_per_minute_are_kept_with_what_replies_tell() -> None:
    model, clock = limited(Scripted([Reply("x", tokens_in=400, tokens_out=100)] * 3), Limits(tokens_per_minute=1000))
    at = []
    for _ in range(3):
        model.complete("y" * 400)  # about a hundred tokens, until the reply says more
        at.append(clock.now)
    assert at == [0, 0, 60]


def test_a_request_larger_than_a_minute_goes_out_alone() -> None:
    model, clock = limited(Scripted(["x"] * 2), Limits(tokens_per_minute=10))
    model.complete("y" * 4000)
    model.complete("y" * 4000)
    assert clock.now == 60


def test_no_more_requests_are_in_flight_than_allowed() -> None:
    lock, here = Lock(), []
    most = 0

    def answer(prompt: str) -> str:
        nonlocal most
        with lock:
            here.append(prompt)
            most = max(most, len(here))
        time.sleep(0.01)
        with lock:
            here.pop()
        return "x"

    model = Limited(Scripted(answer), Limits(in_flight=2))
    slow = Limited(model, Limits(in_flight=8))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(slow.complete, map(str, range(16))))
    assert most <= 2


# ---------------------------------------------------------------- the breaker


def test_after_five_failures_in_a_row_nothing_is_asked_any_more() -> None:
    script = Scripted([ModelError(f"no {n}") for n in range(9)])
    model = Breaking(script)
    for _ in range(4):
        with pytest.raises(ModelError, match=r"^no"):
            model.complete("hello")
    for _ in range(3):
        with pytest.raises(ModelDown, match=r"5 times in a row.*no 4"):
            model.complete("hello")
    assert len(script.prompts) == 5


def test_a_reply_starts_the_count_again() -> None:
    lines: list[Line] = [*[ModelError("no")] * 4, "yes", *[ModelError("no")] * 4, "yes"]
    model = Breaking(Scripted(lines))
    heard = 0
    for _ in range(10):
        try:
            heard += model.complete("hello").text == "yes"
        except ModelError as error:
            assert not isinstance(error, ModelDown)
    assert heard == 2


# ---------------------------------------------------------------- cached


def test_the_same_question_is_asked_once_and_its_second_answer_costs_nothing(tmp_path: Path) -> None:
    cache = TextCache(tmp_path / "replies.sqlite")
    script = Scripted([Reply("one", tokens_in=5, usd=0.1), "two", "three"])
    model = Cached(script, cache)
    assert model.complete("hello") == Reply("one", tokens_in=5, usd=0.1)
    again = model.complete("hello")
    assert (again.text, again.cached) == ("one", True)
    assert model.complete("hello", sample=1).text == "two"
    assert model.complete("other").text == "three"
    assert Tariff(1.0, 1.0).cost("hello", again) == Spend()


def test_another_run_and_other_options_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    Cached(Scripted(["one"]), TextCache(path), asked="cold").complete("hello")
    assert Cached(Scripted([]), TextCache(path), asked="cold").complete("hello").text == "one"
    assert Cached(Scripted(["two"]), TextCache(path), asked="hot").complete("hello").text == "two"
    assert Cached(Scripted(["three"], name="another"), TextCache(path), asked="cold").complete("hello").text == "three"


def test_failures_and_what_was_cut_off_are_never_kept(tmp_path: Path) -> None:
    lines: list[Line] = [ModelError("no"), Reply("half", truncated=True), Reply("", truncated=True), "whole"]
    model = Cached(Scripted(lines), TextCache(tmp_path / "replies.sqlite"))
    with pytest.raises(ModelError):
        model.complete("hello")
    assert [model.complete("hello").text for _ in range(4)] == ["half", "", "whole", "whole"]


# ---------------------------------------------------------------- redacted and mixed


def test_a_key_that_a_server_quotes_is_in_no_reply() -> None:
    key = "sk-0123456789abcdef"
    model = Redacted(Scripted([f"your key is {key}", "int x = 100000;"]), (key, "100000"))
    assert model.complete("hello").text == "your key is [hidden]"
    assert model.complete("hello").text == "int x = 100000;"


def test_models_share_by_weight_and_the_question_decides() -> None:
    a, b = Scripted(lambda prompt: "a", name="a"), Scripted(lambda prompt: "b", name="b")
    model = Mixed([Share(a, 3.0), Share(b, 1.0)])
    first = [model.complete("hello", sample=n).text for n in range(400)]
    assert [model.complete("hello", sample=n).text for n in reversed(range(400))] == first[::-1]
    assert 0.65 < first.count("a") / 400 < 0.85
