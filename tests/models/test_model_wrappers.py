"""Retrying, metering and recording, each around a script."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.errors import BudgetSpent, ModelError, UsageError
from kernel_gepa.models.failure import TryLater, printable, secrets
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.recorded import Recorded, Replied
from kernel_gepa.models.retrying import ATTEMPTS, CAP_S, PATIENCE_S, Retrying
from kernel_gepa.models.scripted import Line, Scripted
from kernel_gepa.ports import Reply


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
    assert ledger.spent == Spend(model_calls=1, tokens=7, usd=0.5)


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


def test_a_message_is_one_clipped_line_without_control_characters() -> None:
    line = printable("\033[31mred\nnext " + "x" * 1000)
    assert line.startswith("[31mred next xxx")
    assert line.endswith(" […]")
    assert len(line) < 320
