"""Whose failure is it? Only what the candidate's own worker did ends in a verdict; the rest is about the house."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from kernel_gepa.domain.verdict import BuildFailed, Crashed, Incorrect, Mismatch, TimedOut, Verdict
from kernel_gepa.errors import SandboxError
from kernel_gepa.harness.connection import Connection, WorkerFailed, WorkerGone, WorkerRefused, WorkerSilent

# What torch's extension builder says when the candidate's inline source does not compile or link.
BUILD_TROUBLE = ("Error building extension", "undefined symbol", "Ninja is required")


class Settled(Exception):
    """The verdict is found; the remaining stages are skipped. Never leaves the harness."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(type(verdict).__name__)
        self.verdict = verdict


@contextmanager
def blaming(candidate: Connection, stage: str, workload: str = "") -> Iterator[None]:
    """Turns what happened to the candidate's worker into its verdict."""
    try:
        yield
    except WorkerFailed as error:
        if error.connection is not candidate:
            raise SandboxError(
                f"the baseline's worker failed: {error}; try again, and report it if it stays"
            ) from error
        raise Settled(_verdict(error, stage, workload)) from None


def _verdict(error: WorkerFailed, stage: str, workload: str) -> Verdict:  # noqa: PLR0911  one per kind of failure
    match error:
        case WorkerSilent(limit_s=limit_s):
            return TimedOut(stage, limit_s, workload)
        case WorkerGone(ended=ended):
            return Crashed(_last_words(error), workload, ended.stderr if ended else "")
        case WorkerRefused(kind="unfit", text=text):
            if workload:
                return Incorrect((Mismatch(workload, text),))
            return BuildFailed(text)
        case WorkerRefused(text=text, trace=trace):
            if stage == "load" and any(t in text for t in BUILD_TROUBLE):
                return BuildFailed(text.splitlines()[0], f"{text}\n{trace}")
            return Crashed(f"raised {text}" if stage != "load" else f"cannot be loaded: {text}", workload, trace)
        case _:
            return Crashed(str(error), workload)


def _last_words(error: WorkerGone) -> str:
    ended = error.ended
    if ended is None:
        return str(error)
    if ended.signal is None:
        return f"the process ended with exit code {ended.code}"
    name = signal.Signals(ended.signal).name if ended.signal in set(signal.Signals) else f"signal {ended.signal}"
    hints = {
        signal.SIGSEGV: "it read or wrote outside its buffers",
        signal.SIGFPE: "an integer division by zero",
        signal.SIGABRT: "it gave up by itself",
        signal.SIGILL: "an instruction this processor does not have",
        signal.SIGBUS: "it touched memory that is not there",
        signal.SIGKILL: "the system killed it, most likely for its memory",
    }
    hint = hints.get(signal.Signals(ended.signal)) if ended.signal in set(signal.Signals) else None
    return f"killed by {name}" + (f": {hint}" if hint else "")
