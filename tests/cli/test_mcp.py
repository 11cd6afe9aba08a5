"""The protocol itself: what arrives on a line, and what goes back."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from kernel_gepa.cli.mcp import Tool, serve
from kernel_gepa.errors import BudgetSpent


def echo(text: str, times: int = 1) -> Mapping[str, Any]:
    return {"text": text * times}


def spent() -> Mapping[str, Any]:
    raise BudgetSpent("nothing is left")


def broken() -> Mapping[str, Any]:
    raise ZeroDivisionError


TOOLS = (
    Tool("echo", "Says it again.", echo, {"text": {"type": "string"}, "times": {"type": "integer"}}, ("text",)),
    Tool("spent", "Fails.", spent, {}),
    Tool("broken", "Fails worse.", broken, {}),
)


def said(*messages: object) -> list[dict[str, Any]]:
    heard = io.StringIO("".join((m if isinstance(m, str) else json.dumps(m)) + "\n" for m in messages))
    answers = io.StringIO()
    serve(TOOLS, instructions="Be brief.", heard=heard, said=answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def call(name: str, arguments: object = None, number: int = 1) -> dict[str, object]:
    params = {"name": name, **({"arguments": arguments} if arguments is not None else {})}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def test_the_client_s_version_is_spoken_where_it_is_known() -> None:
    def version(wanted: str) -> str:
        params = {"protocolVersion": wanted, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
        (answer,) = said({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
        return str(answer["result"]["protocolVersion"])

    assert version("2024-11-05") == "2024-11-05"
    assert version("1999-01-01") == "2025-06-18"


def test_a_result_comes_as_text_and_as_an_object() -> None:
    (answer,) = said(call("echo", {"text": "é\n", "times": 2}))
    assert answer["result"]["structuredContent"] == {"text": "é\né\n"}
    assert json.loads(answer["result"]["content"][0]["text"]) == {"text": "é\né\n"}
    assert answer["result"]["isError"] is False


def test_a_failure_of_ours_is_an_answer_and_the_next_call_works(capsys: Any) -> None:
    answers = said(call("spent"), call("broken"), call("echo", {"text": "x"}))
    assert [a["result"]["isError"] for a in answers] == [True, True, False]
    assert "nothing is left" in answers[0]["result"]["content"][0]["text"]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_wrong_arguments_are_named() -> None:
    for arguments, why in (
        ({}, "needs text"),
        ({"text": 1}, "must be a string"),
        ({"text": "x", "y": 1}, "no argument 'y'"),
    ):
        (answer,) = said(call("echo", arguments))
        assert answer["result"]["isError"]
        assert why in answer["result"]["content"][0]["text"]
    assert said(call("nobody"))[0]["error"]["code"] == -32602


def test_what_is_no_request_is_answered_and_survived() -> None:
    codes = [
        a.get("error", {}).get("code") for a in said("nonsense", [1], {"id": 1, "method": "no/such"}, call("spent"))
    ]
    assert codes == [-32700, -32600, -32601, None]


def test_arguments_of_a_wrong_form_are_answered_and_survived() -> None:
    deep = '{"jsonrpc": "2.0", "id": 1, "method": "x", "params": ' + "[" * 100_000 + "]" * 100_000 + "}"
    answers = said(
        {"id": 1, "method": "tools/call", "params": [1]},
        {"id": 2, "method": "tools/call", "params": {"name": "echo", "arguments": "text"}},
        deep,
        call("echo", {"text": "x"}),
    )
    assert [a.get("error", {}).get("code") for a in answers] == [-32602, -32602, -32700, None]


def test_a_crash_under_a_tool_shows_no_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-planted-0123456789")

    def crash() -> Mapping[str, Any]:
        raise RuntimeError("request with sk-planted-0123456789 failed")

    heard, answers = io.StringIO(json.dumps(call("crash")) + "\n"), io.StringIO()
    serve((Tool("crash", "Fails.", crash, {}),), instructions="", heard=heard, said=answers)
    told = capsys.readouterr().err + answers.getvalue()
    assert "request with [hidden] failed" in told
    assert "sk-planted" not in told


def test_notifications_and_empty_lines_are_not_answered() -> None:
    assert said("", {"jsonrpc": "2.0", "method": "notifications/initialized"}, {"id": 3, "result": {}}) == []
