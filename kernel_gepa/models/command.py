"""Any program as a model: the prompt on stdin, the answer on stdout.

`cmd:claude -p --output-format json`, `cmd:llm -m gpt-5`. There is no shell, and the prompt is never an argument. The
program runs in an empty folder of its own and sees only harmless environment variables and those it was granted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from kernel_gepa.discreet import printable, secrets
from kernel_gepa.errors import ModelError, UsageError
from kernel_gepa.models import child
from kernel_gepa.models.failure import TryLater
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.ports import Reply

MAX_BYTES = 4_000_000
HARMLESS = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "XDG_CONFIG_HOME")
EX_TEMPFAIL = 75  # sysexits.h: "temporary failure, the user is invited to retry"


class Command:
    """One process per call; calls may run in parallel. Every failure is a ModelError with the last line of stderr.

    Only exit code 75 (EX_TEMPFAIL) is retryable: what another failure of a program means is not known.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        timeout_s: float = DEFAULTS.timeout_s,
        hidden: Sequence[str] = (),
    ) -> None:
        self._command = tuple(command)
        self._environment = environment
        self._timeout_s = timeout_s
        self._hidden = hidden
        # Arguments can hold secrets, and the name goes into journals and reports.
        arguments = hashlib.sha256(repr(self._command[1:]).encode()).hexdigest()[:8]
        self.name = f"cmd:{Path(self._command[0]).name}#{arguments}"

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:  # noqa: ARG002 - each process is its own sample
        text = self._output(prompt)
        reply = _json_reply(text, self._hidden) or Reply(text)
        if not reply.text.strip() and not reply.truncated:
            raise TryLater(f"{self.name} answered with an empty text", reply=reply)
        return reply

    def _output(self, prompt: str) -> str:
        try:
            outcome = child.run(
                self._command,
                prompt.encode(),
                environment=self._environment,
                timeout_s=self._timeout_s,
                max_bytes=MAX_BYTES,
            )
        except OSError as error:
            raise ModelError(f"{self.name} cannot be started: {error.strerror}") from error
        if isinstance(outcome, child.Stopped):
            raise ModelError(f"{self.name} {outcome.reason} and was stopped")
        if outcome.code != 0:
            raise self._failure(outcome)
        try:
            return outcome.stdout.decode()
        except UnicodeDecodeError as error:
            raise ModelError(f"{self.name} wrote bytes that are not UTF-8 (at {error.start})") from error

    def _failure(self, ended: child.Ended) -> ModelError:
        lines = [line for line in ended.stderr.decode(errors="replace").splitlines() if line.strip()]
        said = printable(lines[-1], self._hidden) if lines else "nothing on stderr"
        how = f"exit code {ended.code}" if ended.code >= 0 else f"signal {-ended.code}"
        return ModelError(
            f"{self.name} failed with {how}: {said} (it runs in an empty folder, without your environment)",
            retryable=ended.code == EX_TEMPFAIL,
        )


def create(spec: str, options: ModelOptions = DEFAULTS) -> Command:
    """The model of `cmd:SPEC`. Raises UsageError when the program is not there."""
    try:
        command = shlex.split(spec)
    except ValueError as error:
        raise UsageError(f"the command {spec!r} cannot be read: {error}") from error
    if not command:
        raise UsageError("cmd: names no program; write cmd:PROGRAM ARGUMENTS")
    program = shutil.which(command[0])
    if program is None:
        raise UsageError(f"the program {command[0]!r} is not there; give its path or put its folder on PATH")
    names = (*HARMLESS, *options.environment)
    return Command(
        # The program may be given relative to our folder, which is not where it runs.
        (str(Path(program).absolute()), *command[1:]),
        environment={name: os.environ[name] for name in names if name in os.environ},
        timeout_s=options.timeout_s,
        hidden=secrets(os.environ, options.environment),
    )


def _json_reply(text: str, hidden: Sequence[str]) -> Reply | None:
    """The reply in the JSON that agents' command lines print; None when the output is simply the answer."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        record = json.loads(text)
    except ValueError:
        return None
    if not isinstance(record, dict) or not isinstance(record.get("result"), str):
        return None
    if record.get("is_error"):
        raise ModelError(f"the command reports an error: {printable(record['result'], hidden)}")
    usage = record.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        record["result"],
        truncated=record.get("stop_reason") == "max_tokens",
        tokens_in=sum(_count(usage.get(name)) for name in INPUT_TOKENS),
        tokens_out=_count(usage.get("output_tokens")),
        usd=_price(record.get("total_cost_usd")),
    )


INPUT_TOKENS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def _count(number: object) -> int:
    return max(0, number) if isinstance(number, int) else 0


def _price(number: object) -> float | None:
    return float(number) if isinstance(number, int | float) and 0 <= number < float("inf") else None
