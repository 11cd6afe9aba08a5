"""Any program as a model, with real processes: what it sees, how it fails, and that nothing of it stays behind."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from pathlib import Path

import pytest

from kernel_gepa.errors import ModelError, UsageError
from kernel_gepa.models import child, command
from kernel_gepa.models.command import Command
from kernel_gepa.models.options import ModelOptions


def shell(script: str, *, timeout_s: float = 10.0, environment: tuple[str, ...] = ()) -> Command:
    options = ModelOptions(timeout_s=timeout_s, environment=environment)
    return command.create(shlex.join(["sh", "-c", script]), options)


def python(script: str) -> Command:
    return command.create(shlex.join([sys.executable, "-S", "-c", script]))


def failure_of(model: Command) -> ModelError:
    with pytest.raises(ModelError) as caught:
        model.complete("hello")
    return caught.value


def alive(pid: int) -> bool:
    """A zombie is dead: in a container there may be nobody to bury it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 2
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(alive, pids))


def test_a_prompt_of_three_megabytes_comes_through() -> None:
    prompt = "kernel " * 450_000
    assert shell("cat").complete(prompt).text == prompt


def test_the_prompt_is_never_an_argument() -> None:
    model = python("import sys; print(sys.argv[1:], sys.stdin.read())")
    assert model.complete("the prompt").text == "[] the prompt\n"


def test_a_program_that_does_not_read_its_prompt_may_answer() -> None:
    assert shell("echo early").complete("x" * 3_000_000).text == "early\n"


def test_the_program_runs_in_an_empty_folder_that_is_gone_afterwards() -> None:
    here, *content = shell("pwd; ls -A; touch left-behind").complete("hello").text.split()
    assert content == []
    assert not Path(here).exists()


def test_secrets_of_the_environment_are_not_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
    monkeypatch.setenv("SOME_VARIABLE", "surprise")
    seen = shell("env").complete("hello").text
    assert "sk-secret" not in seen
    assert "surprise" not in seen
    assert "PATH=" in seen


def test_a_granted_variable_is_visible_but_not_in_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_LOGIN", "secret-0123456789")
    granted = ("MY_LOGIN",)
    assert "secret-0123456789" in shell("echo $MY_LOGIN", environment=granted).complete("hello").text
    failure = failure_of(shell("echo bad login: $MY_LOGIN >&2; exit 1", environment=granted))
    assert "bad login: [hidden]" in str(failure)


def test_the_name_tells_commands_apart_without_their_arguments() -> None:
    names = {command.create(f"cat {argument}").name for argument in ("--token=secret-1", "--token=secret-2")}
    assert len(names) == 2
    assert all(name.startswith("cmd:cat#") and "secret" not in name for name in names)


def test_a_failure_names_the_exit_code_and_the_last_line_of_stderr() -> None:
    failure = failure_of(shell("echo first >&2; echo 'the last \033[31mline' >&2; echo >&2; exit 3"))
    assert "exit code 3" in str(failure)
    assert "the last [31mline" in str(failure)
    assert "first" not in str(failure)
    assert not failure.retryable


def test_death_by_a_signal_is_named() -> None:
    assert "signal 9" in str(failure_of(shell("kill -9 $$")))


def test_exit_code_75_asks_to_be_tried_again() -> None:
    assert failure_of(shell("exit 75")).retryable


def test_bytes_that_are_no_text_are_a_failure() -> None:
    assert "not UTF-8" in str(failure_of(shell(r"printf 'int \377'")))


def test_a_flood_is_stopped_early() -> None:
    began = time.monotonic()
    assert f"more than {command.MAX_BYTES} bytes" in str(failure_of(shell("yes")))
    assert time.monotonic() - began < 5


def test_a_flood_on_stderr_does_not_stop_an_answer() -> None:
    assert shell("yes | head -c 20000000 >&2; echo answer").complete("hello").text == "answer\n"


def test_a_timeout_kills_the_grandchildren(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = time.monotonic()
    model = shell(f"(sleep 300 & echo $! >> {pids}; wait) & echo $$ $! >> {pids}; sleep 300", timeout_s=0.5)
    assert "still running after 0.5 s" in str(failure_of(model))
    assert time.monotonic() - began < 2
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 3
    assert all_gone(started)


def test_a_program_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = time.monotonic()
    failure_of(shell(f"trap '' TERM; echo $$ > {pids}; while :; do sleep 0.1; done", timeout_s=0.3))
    assert time.monotonic() - began < child.GRACE_S + 2
    assert all_gone([int(pids.read_text())])


def test_what_a_finished_program_left_running_is_killed_and_not_waited_for(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    began = time.monotonic()
    assert shell(f"sleep 300 & echo $! > {pids}; echo answer").complete("hello").text == "answer\n"
    assert time.monotonic() - began < 2
    assert all_gone([int(pids.read_text())])


def test_a_daemon_that_holds_the_pipes_open_cannot_hold_up_the_answer(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    model = python(
        "import pathlib, subprocess; "
        "daemon = subprocess.Popen(['sleep', '300'], start_new_session=True); "
        f"pathlib.Path({str(pids)!r}).write_text(str(daemon.pid)); "
        "print('answer')"
    )
    began = time.monotonic()
    try:
        assert model.complete("hello").text == "answer\n"
        assert time.monotonic() - began < child.GRACE_S + 2
    finally:
        os.kill(int(pids.read_text()), 9)


def test_a_program_that_closes_its_pipes_and_goes_on_meets_the_timeout() -> None:
    assert "still running" in str(failure_of(shell("exec >&- 2>&-; sleep 300", timeout_s=0.3)))


def test_a_missing_program_is_a_usage_error_before_the_first_call() -> None:
    with pytest.raises(UsageError, match="no-such-program"):
        command.create("no-such-program --flag")


def test_a_program_that_vanished_is_a_model_error(tmp_path: Path) -> None:
    program = tmp_path / "model"
    program.write_text("#!/bin/sh\necho yes\n")
    program.chmod(0o755)
    model = command.create(str(program))
    program.unlink()
    assert "cannot be started" in str(failure_of(model))


@pytest.mark.parametrize("spec", ["", "   ", "cat 'unclosed"])
def test_a_command_that_cannot_be_read_is_a_usage_error(spec: str) -> None:
    with pytest.raises(UsageError):
        command.create(spec)


def test_json_with_a_result_carries_tokens_and_price() -> None:
    answer = {
        "result": "kernel",
        "usage": {"input_tokens": 1, "cache_read_input_tokens": 20, "output_tokens": 300},
        "total_cost_usd": 0.25,
    }
    reply = shell(f"echo {shlex.quote(json.dumps(answer))}").complete("hello")
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.usd) == ("kernel", 21, 300, 0.25)


def test_json_that_reports_an_error_is_a_failure() -> None:
    answer = json.dumps({"result": "no credit left", "is_error": True})
    assert "no credit left" in str(failure_of(shell(f"echo {shlex.quote(answer)}")))


@pytest.mark.parametrize("text", ['{"kernel": 1}', "{ not json", '{"result": 3}'])
def test_json_of_another_kind_is_simply_the_answer(text: str) -> None:
    reply = shell(f"printf %s {shlex.quote(text)}").complete("hello")
    assert (reply.text, reply.usd) == (text, None)


@pytest.mark.parametrize("price", ["-1", "NaN", "Infinity", '"much"', "null"])
def test_a_price_that_is_none_is_unpriced(price: str) -> None:
    answer = f'{{"result": "kernel", "usage": [], "total_cost_usd": {price}}}'
    assert shell(f"echo {shlex.quote(answer)}").complete("hello").usd is None
