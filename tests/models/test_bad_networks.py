"""litellm and our own client against a real server that behaves badly: how many requests arrive, and what each failure
means. A failure is `free` when nobody can have billed it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from random import Random
from typing import Any

import pytest

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.errors import KernelGepaError, ModelError, UsageError
from kernel_gepa.models import litellm, openai_http, prices
from kernel_gepa.models.failure import TryLater
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.options import ModelOptions
from kernel_gepa.models.redacted import Redacted
from kernel_gepa.models.retrying import Retrying
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.ports import LanguageModel
from kernel_gepa.testing.model_server import Answer, Broken, Failure, How, Line, ModelServer

KEY = "sk-loopback-0123456789abcdef"

Make = Callable[..., LanguageModel]


def by_litellm(server: ModelServer, **asked: object) -> LanguageModel:
    return litellm.create("openai/test", ModelOptions(api_base=server.url, **asked))  # type: ignore[arg-type]


def by_http(server: ModelServer, **asked: object) -> LanguageModel:
    return openai_http.create("test", ModelOptions(api_base=server.url, **asked))  # type: ignore[arg-type]


@pytest.fixture(params=[by_litellm, by_http])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    litellm._module()  # importing it takes seconds, and is none of the time that is measured here
    return request.param  # type: ignore[no-any-return]


def failure_of(model: LanguageModel) -> KernelGepaError:
    with pytest.raises(KernelGepaError) as caught:
        model.complete("hello")
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(
    ("line", "free"),
    [
        (Failure(429), True),
        (Failure(408), True),
        (Failure(500), True),
        (Failure(503), True),
        (Broken(How.CUT), False),
        (Broken(How.HANG_UP), False),
        (Broken(How.STALL), False),
        (Broken(How.GARBAGE), False),
        (Answer("late", after_s=5), False),
    ],
    ids=str,
)
def test_what_may_pass_is_one_request_and_known_to_be_free_or_not(make: Make, line: Line, free: bool) -> None:
    with ModelServer([line, Answer("too early")]) as server:
        began = time.monotonic()
        failure = failure_of(make(server, timeout_s=1.0))
        assert isinstance(failure, TryLater), repr(failure)
        assert len(server.requests) == 1
        assert time.monotonic() - began < 4.5  # neither waits for the end of what never ends
    if line != Failure(408):  # litellm takes the server's 408 for its own timeout, and the safe side is the dear one
        assert failure.free == free


def test_a_server_that_is_not_there_has_cost_nothing(make: Make) -> None:
    with ModelServer([]) as server:
        model = make(server)
    failure = failure_of(model)
    assert isinstance(failure, TryLater)
    assert failure.free


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refusal_is_one_request_and_final(make: Make, status: int) -> None:
    with ModelServer([Failure(status), Answer("never")]) as server:
        failure = failure_of(make(server))
        assert isinstance(failure, ModelError)
        assert (failure.retryable, failure.free, len(server.requests)) == (False, True, 1)


def test_a_model_that_is_not_there_is_a_usage_error(make: Make) -> None:
    with ModelServer([Failure(404, "no such model")]) as server:
        assert isinstance(failure_of(make(server)), UsageError)
        assert len(server.requests) == 1


def test_a_key_that_is_refused_is_found_without_a_request_and_named(make: Make) -> None:
    with ModelServer([], key="another") as server:
        model = make(server)
        assert isinstance(model, litellm.LiteLLM | openai_http.OpenAIHTTP)
        with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
            model.check()
        assert KEY not in str(caught.value)
        assert server.requests == []


def test_a_key_that_is_taken_and_a_server_that_lists_nothing_pass_the_check(make: Make) -> None:
    for server in (ModelServer([], key=KEY), ModelServer([], models=False)):
        with server:
            model = make(server)
            assert isinstance(model, litellm.LiteLLM | openai_http.OpenAIHTTP)
            model.check()
            assert server.requests == []


def test_a_server_that_is_down_is_found_by_the_check(make: Make) -> None:
    with ModelServer([]) as server:
        model = make(server)
    assert isinstance(model, litellm.LiteLLM | openai_http.OpenAIHTTP)
    with pytest.raises(ModelError, match="cannot be reached"):
        model.check()


@pytest.mark.parametrize(
    "asked", [Failure(429, headers={"Retry-After": "7"}), Failure(503, headers={"retry-after": "7"})]
)
def test_retry_after_is_heard(make: Make, asked: Failure) -> None:
    waits: list[float] = []
    with ModelServer([asked, Answer("at last")]) as server:
        model = Retrying(make(server), sleep=waits.append, rng=Random(0))
        assert model.complete("hello").text == "at last"
        assert len(server.requests) == 2
    assert waits == [7.0]


def test_retry_after_may_be_a_date(make: Make) -> None:
    date = formatdate(time.time() + 30, usegmt=True)
    with ModelServer([Failure(429, headers={"Retry-After": date})]) as server:
        failure = failure_of(make(server))
    assert isinstance(failure, TryLater)
    assert failure.after_s is not None
    assert 20 < failure.after_s <= 30


def test_a_bad_day_is_survived_with_one_request_per_attempt(make: Make) -> None:
    day: Sequence[Line] = [
        Failure(429),
        Failure(500),
        Broken(How.CUT),
        Broken(How.GARBAGE),
        Answer(None),
        Answer("yes"),
    ]
    with ModelServer(day) as server:
        model = Retrying(make(server, timeout_s=5.0), sleep=lambda s: None)
        assert model.complete("hello").text == "yes"
        assert len(server.requests) == 6


def test_a_spent_quota_is_not_waited_for(make: Make) -> None:
    with ModelServer([Failure(429, "You exceeded your quota", code="insufficient_quota")]) as server:
        failure = failure_of(make(server))
        assert isinstance(failure, ModelError)
        assert not failure.retryable


def test_no_content_brings_its_bill(make: Make) -> None:
    with ModelServer([Answer(None, tokens_in=7, tokens_out=9)]) as server:
        failure = failure_of(make(server))
    assert isinstance(failure, TryLater)
    assert failure.reply is not None
    assert (failure.reply.tokens_in, failure.reply.tokens_out) == (7, 9)


def test_a_reply_that_ended_by_length_is_paid_for_and_marked(make: Make) -> None:
    with ModelServer([Answer(None, finish_reason="length", tokens_out=4096)]) as server:
        reply = make(server).complete("hello")
    assert reply.truncated
    assert reply.tokens_out == 4096


def test_cached_and_reasoning_tokens_are_counted(make: Make) -> None:
    with ModelServer([Answer("x", tokens_in=100, tokens_out=50, tokens_cached=80, tokens_reasoning=40)]) as server:
        reply = make(server).complete("hello")
    assert (reply.tokens_in, reply.tokens_cached) == (100, 80)
    assert (reply.tokens_out, reply.tokens_reasoning) == (50, 40)


@pytest.mark.parametrize("option", ["temperature", "reasoning_effort"])
def test_an_option_that_the_server_refuses_is_left_out_and_said(make: Make, option: str) -> None:
    said: list[str] = []
    refusal = Failure(400, f"Unsupported parameter: '{option}' is not supported with this model.")
    with ModelServer([refusal, Answer("one"), Answer("two")]) as server:
        asked: dict[str, Any] = {option: 0.5 if option == "temperature" else "low", "say": said.append}
        # Of openai/test litellm knows by itself that it does not reason.
        options = ModelOptions(api_base=server.url, **asked)
        model = make(server, **asked) if make is by_http else litellm.create("hosted_vllm/test", options)
        assert [model.complete("hello").text for _ in range(2)] == ["one", "two"]
        assert [option in request.body for request in server.requests] == [True, False, False]
    assert len(said) == 1
    assert option in said[0]


def test_the_bound_of_a_reply_is_never_dropped(make: Make) -> None:
    said: list[str] = []
    refusal = Failure(400, "Unsupported parameter: 'max_tokens' is not supported; use 'max_completion_tokens' instead.")
    with ModelServer([refusal, Answer("one")]) as server:
        assert make(server, max_tokens=99, say=said.append).complete("hello").text == "one"
        assert server.requests[1].body["max_completion_tokens"] == 99
    assert said == []


def test_whoever_answers_for_another_model_is_not_booked_at_the_price_of_the_list(make: Make) -> None:
    listed = Tariff(1e-6, 1e-6, reply_tokens=100, source="a list")
    with ModelServer([Answer("one", model="dearer")] * 2) as server:
        ledger = Ledger(Budget(usd=1.0))
        with pytest.raises(ModelError, match="dearer answered"):
            Metered(make(server), ledger, listed).complete("hello")
        assert ledger.paid.usd > 0  # it is paid for all the same
        given = prices.given("1,1")
        assert Metered(make(server), Ledger(Budget(usd=1.0)), given).complete("hello").text == "one"


def test_a_dated_name_is_the_same_model(make: Make) -> None:
    listed = Tariff(1e-6, 1e-6, reply_tokens=100, source="a list")
    with ModelServer([Answer("one", model="test-2026-01-31")]) as server:
        assert Metered(make(server), Ledger(Budget(usd=1.0)), listed).complete("hello").text == "one"


def test_our_own_client_needs_no_litellm() -> None:
    with ModelServer([Answer("hello from the server")]) as server:
        code = f"""
import sys
from kernel_gepa.models.openai_http import create
from kernel_gepa.models.options import ModelOptions
model = create("test", ModelOptions(api_base={server.url!r}))
model.check()
print(model.complete("hello").text, "litellm" in sys.modules, "openai" in sys.modules)
"""
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "hello from the server False False\n"


def test_a_redirect_is_not_followed(make: Make) -> None:
    with ModelServer([Answer("the key would have come here")]) as other:
        there = Failure(307, headers={"Location": f"{other.url}/chat/completions"})
        with ModelServer([there]) as server:
            if make is by_http:  # litellm's client follows, and drops the key when the host changes
                failure_of(make(server))
                assert other.requests == []


def test_drops_of_an_answer_do_not_outlast_the_timeout() -> None:
    """Each drop comes in time, the whole does not."""
    import socket
    from threading import Thread

    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b" ")
                time.sleep(0.1)
        except OSError:
            connection.close()

    Thread(target=drip, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    began = time.monotonic()
    failure = failure_of(openai_http.create("test", ModelOptions(api_base=url, timeout_s=0.6)))
    listener.close()
    assert isinstance(failure, TryLater)
    assert not failure.free
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("message", ["temperature is not supported", "max_tokens is not supported"])
def test_a_refusal_of_what_was_not_asked_is_not_repeated(make: Make, message: str) -> None:
    with ModelServer([Failure(400, message), Answer("never")]) as server:
        assert not isinstance(failure_of(make(server)), TryLater)
        assert len(server.requests) == 1


def test_no_call_is_without_a_bound_while_another_one_learns_its_new_name(make: Make) -> None:
    """A provider that takes the newer name only, asked by eight at once: nobody slips through between the two names."""
    refusal = Failure(400, "Unsupported parameter: 'max_tokens' is not supported; use 'max_completion_tokens' instead.")

    def line(request: Any) -> Line:
        return refusal if "max_tokens" in request.body else Answer("one", after_s=0.01)

    with ModelServer(line) as server:
        model = make(server, max_tokens=99)
        with ThreadPoolExecutor(8) as threads:
            assert {reply.text for reply in threads.map(model.complete, ["hello"] * 32)} == {"one"}
        bounds = [
            request.body.get("max_tokens", request.body.get("max_completion_tokens")) for request in server.requests
        ]
    assert set(bounds) == {99}


def test_a_key_with_a_line_end_is_in_no_message(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")  # of a file; no request can carry it
    with ModelServer([Answer("hello")], key=KEY) as server:
        model = make(server)
        assert isinstance(model, litellm.LiteLLM | openai_http.OpenAIHTTP)
        if make is by_http:
            model.check()
            assert model.complete("hello").text == "hello"
            return
        with pytest.raises(UsageError, match="OPENAI_API_KEY begins or ends with") as caught:
            model.check()
        assert KEY not in str(caught.value)
        assert server.requests == []


def test_what_is_no_key_is_named_without_a_request(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"\u201c{KEY}\u201d")  # copied from a text with quotation marks
    with ModelServer([]) as server:
        failure = failure_of(make(server))
    assert isinstance(failure, UsageError)
    assert "OPENAI_API_KEY" in str(failure)


def test_a_key_is_hidden_whatever_its_variable_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_AUTH", KEY)
    with ModelServer([Failure(400, f"who is {KEY}?")]) as server:
        options = ModelOptions(api_base=server.url, key_variable="GATEWAY_AUTH")
        assert "[hidden]" in str(failure_of(openai_http.create("test", options)))


ANSWER: dict[str, Any] = {
    "id": "x",
    "object": "chat.completion",
    "created": 0,
    "model": "test",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}
UNUSABLE: dict[str, object] = {
    "no choice": {**ANSWER, "choices": []},
    "null for choices": {**ANSWER, "choices": None},
    "null for a message": {**ANSWER, "choices": [{"index": 0, "message": None, "finish_reason": "stop"}]},
    "an error with status 200": {"error": {"message": "overloaded", "code": 529}},
    "an empty object": {},
    "a list": [],
    "null": None,
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_an_answer_without_a_choice_may_have_been_billed(make: Make, what: str) -> None:
    with ModelServer([Broken(How.RAW, raw=json.dumps(UNUSABLE[what]).encode()), Answer("too early")]) as server:
        failure = failure_of(make(server))
        assert isinstance(failure, TryLater)
        assert (failure.free, len(server.requests)) == (False, 1)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe{}", b"[" * 100_000, b"3"])
def test_bytes_that_are_no_answer_are_a_failure_that_may_have_been_billed(make: Make, raw: bytes) -> None:
    with ModelServer([Broken(How.RAW, raw=raw)]) as server:
        failure = failure_of(make(server))
    assert isinstance(failure, TryLater)
    assert not failure.free


@pytest.mark.parametrize("usage", [None, [1], {"prompt_tokens": None, "completion_tokens": "two"}])
def test_an_answer_that_does_not_count_its_tokens_is_an_answer(usage: object) -> None:
    with ModelServer([Broken(How.RAW, raw=json.dumps({**ANSWER, "usage": usage}).encode())]) as server:
        reply = by_http(server).complete("hello")
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("hi", 0, 0)


def test_half_a_character_does_not_go_on(make: Make) -> None:
    raw = json.dumps(ANSWER).replace('"hi"', '"\\ud800 hi"').encode()
    with ModelServer([Broken(How.RAW, raw=raw)]) as server:
        assert Redacted(make(server), ()).complete("hello").text == "? hi"
