"""litellm against a real server: how many requests arrive, what failures mean, and that keys stay secret."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from random import Random

import pytest

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.errors import KernelGepaError, ModelError, UsageError
from kernel_gepa.models import litellm
from kernel_gepa.models.failure import TryLater
from kernel_gepa.models.litellm import LiteLLM
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.options import ModelOptions
from kernel_gepa.models.recorded import Recorded, Replied
from kernel_gepa.models.retrying import Retrying
from kernel_gepa.ports import Reply
from kernel_gepa.testing.model_server import Answer, Failure, ModelServer

KEY = "sk-loopback-0123456789abcdef"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def model(server: ModelServer, *, timeout_s: float = 10.0) -> LiteLLM:
    return litellm.create("openai/test", ModelOptions(api_base=server.url, timeout_s=timeout_s))


def failure_of(asked: LiteLLM) -> KernelGepaError:
    with pytest.raises(KernelGepaError) as caught:
        asked.complete("hello")
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown
    return caught.value


def test_a_reply_carries_text_and_tokens_and_no_price_for_an_unpriced_model() -> None:
    with ModelServer([Answer("kernel", tokens_in=12, tokens_out=34)]) as server:
        assert model(server).complete("hello") == Reply("kernel", tokens_in=12, tokens_out=34, usd=None, model="test")


def test_a_known_model_has_its_price() -> None:
    with ModelServer([Answer("kernel", tokens_in=1000, tokens_out=100)]) as server:
        known = litellm.create("openai/gpt-4o-mini", ModelOptions(api_base=server.url))
        assert known.complete("hello").usd == pytest.approx(1000 * 0.15e-6 + 100 * 0.60e-6)


def test_nothing_is_asked_for_that_the_user_did_not_ask_for() -> None:
    with ModelServer([Answer("yes")]) as server:
        model(server).complete("hello")
        assert set(server.requests[0].body) == {"model", "messages"}


def test_what_the_user_asks_for_is_sent() -> None:
    with ModelServer([Answer("yes")]) as server:
        options = ModelOptions(api_base=server.url, temperature=0.5, max_tokens=99, reasoning_effort="low")
        litellm.create("hosted_vllm/test", options).complete("hello")
        body = server.requests[0].body
        assert (body["temperature"], body["max_tokens"], body["reasoning_effort"]) == (0.5, 99, "low")


def test_an_option_that_the_model_does_not_take_is_left_out_before_it_is_sent_and_said() -> None:
    said: list[str] = []
    with ModelServer([Answer("yes")]) as server:
        options = ModelOptions(api_base=server.url, temperature=0.3, max_tokens=99, say=said.append)
        assert litellm.create("openai/gpt-5", options).complete("hello").text == "yes"
        assert "temperature" not in server.requests[0].body
        assert server.requests[0].body["max_completion_tokens"] == 99
    assert len(said) == 1
    assert "temperature=0.3" in said[0]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_failure_that_may_pass_is_one_request_and_retryable(status: int) -> None:
    with ModelServer([Failure(status), Answer("too early")]) as server:
        failure = failure_of(model(server))
        assert isinstance(failure, ModelError)
        assert failure.retryable
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_one_request_and_not_retryable(status: int) -> None:
    with ModelServer([Failure(status), Answer("never")]) as server:
        failure = failure_of(model(server))
        assert isinstance(failure, ModelError)
        assert not failure.retryable
        assert len(server.requests) == 1


def test_a_model_that_its_provider_does_not_know_is_a_usage_error() -> None:
    with ModelServer([Failure(404, "no such model")]) as server:
        assert isinstance(failure_of(model(server)), UsageError)


def test_a_spent_quota_is_not_waited_for() -> None:
    with ModelServer([Failure(429, "You exceeded your quota", code="insufficient_quota")]) as server:
        failure = failure_of(model(server))
        assert isinstance(failure, ModelError)
        assert not failure.retryable


def test_a_server_that_quotes_the_key_does_not_bring_it_into_the_message() -> None:
    with ModelServer([Failure(401, f"Incorrect API key provided: {KEY}")]) as server:
        assert "[hidden]" in str(failure_of(model(server)))
        assert server.requests[0].authorization == f"Bearer {KEY}"


def test_retry_after_reaches_whoever_waits() -> None:
    waits: list[float] = []
    with ModelServer([Failure(429, headers={"Retry-After": "7"}), Failure(500), Answer("at last")]) as server:
        asked = Retrying(model(server), sleep=waits.append, rng=Random(0))
        assert asked.complete("hello").text == "at last"
        assert len(server.requests) == 3
    assert waits[0] == 7.0
    assert 0 <= waits[1] <= 2.0


def test_a_slow_server_is_given_up_after_one_request() -> None:
    with ModelServer([Answer("late", after_s=5)]) as server:
        began = time.monotonic()
        failure = failure_of(model(server, timeout_s=0.3))
        assert isinstance(failure, TryLater)
        assert time.monotonic() - began < 4
        assert len(server.requests) == 1


def test_a_server_that_is_not_there_may_come_back() -> None:
    with ModelServer([]) as server:
        url = server.url
    assert isinstance(failure_of(litellm.create("openai/test", ModelOptions(api_base=url))), TryLater)


def test_no_content_is_a_failure_that_may_pass() -> None:
    with ModelServer([Answer(None)]) as server:
        assert isinstance(failure_of(model(server)), TryLater)


def test_no_content_because_all_tokens_went_into_thinking_is_a_reply_that_was_cut_off_and_paid_for() -> None:
    with ModelServer([Answer(None, finish_reason="length", tokens_out=4096)]) as server:
        reply = model(server).complete("hello")
        assert reply.truncated
        assert reply.tokens_out == 4096


def test_the_same_prompt_twice_is_two_requests() -> None:
    with ModelServer([Answer("one"), Answer("two")]) as server:
        asked = model(server)
        assert [asked.complete("hello").text, asked.complete("hello").text] == ["one", "two"]


def test_a_missing_key_is_found_before_a_request_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        litellm.create("openai/gpt-5").complete("hello")


def test_a_local_server_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with ModelServer([Answer("yes")]) as server:
        assert model(server).complete("hello").text == "yes"


@pytest.mark.parametrize("name", ["nosuch/model", "blah"])
def test_an_unknown_provider_is_a_usage_error_and_prints_nothing(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="PROVIDER/MODEL"):
        litellm.create(name).complete("hello")
    assert capfd.readouterr() == ("", "")


def test_failures_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with ModelServer([Failure(429), Failure(400), Answer("unpriced")]) as server:
        asked = model(server)
        failure_of(asked)
        failure_of(asked)
        asked.complete("hello")
    assert capfd.readouterr() == ("", "")


def test_facts_of_a_run_hold_no_key() -> None:
    facts: list[Replied] = []
    ledger = Ledger(Budget(model_calls=5))
    with ModelServer([Answer("one"), Answer("two")]) as server:
        asked = Recorded(Retrying(Metered(model(server), ledger)), replies={}, on_fact=facts.append)
        asked.complete("hello")
        asked.complete("hello")
        assert len(server.requests) == 1
    assert KEY not in repr(facts)
    assert (ledger.paid.model_calls, ledger.paid.tokens) == (1, 15)


def test_importing_and_choosing_do_not_load_litellm() -> None:
    code = """
import sys
import kernel_gepa.models.litellm, kernel_gepa.models.choose as choose
choose.choose("openai/gpt-5")
sys.exit("litellm" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_package_the_message_names_the_extra() -> None:
    code = """
import sys
sys.modules["litellm"] = None
from kernel_gepa.models.litellm import create
try:
    create("openai/gpt-5").complete("hello")
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("UsageError")
    assert "pip install 'kernel-gepa[litellm]'" in done.stdout
