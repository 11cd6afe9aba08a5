"""Whose failure is it? Only what the candidate's own worker did ends in a verdict; the rest is about the house."""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from kernel_gepa.domain.verdict import BuildFailed, Crashed, Incorrect, Mismatch, TimedOut, Verdict
from kernel_gepa.errors import SandboxError
from kernel_gepa.harness.connection import Connection, WorkerFailed, WorkerGone, WorkerLost, WorkerRefused, WorkerSilent
from kernel_gepa.harness.workers import COMPILER
from kernel_gepa.ports import SCRATCH_BYTES

# How a program says that it has met a limit of its sandbox, and which one that is.
LIMITS = {
    "std::bad_alloc": "memory",
    "MemoryError": "memory",
    "can't allocate memory": "memory",
    "Cannot allocate memory": "memory",
    "over the memory limit": "memory",
    "No space left on device": "scratch",
    "File too large": "file",
    "Resource temporarily unavailable": "processes",
    "can't start new thread": "processes",
}

ADVICE = {
    errno.ENOSPC: "free some disk space, or memory where the folder lies in it (/dev/shm)",
    errno.EDQUOT: "free some of your disk quota",
    errno.ENOMEM: "end something that needs much memory, or use smaller workloads",
    errno.EMFILE: "allow more open files with `ulimit -n`",
    errno.ENFILE: "the whole machine has too many open files: end something",
    errno.EAGAIN: "allow more processes with `ulimit -u`",
}
ELSE = "look after it, and go on with the run"

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
        verdict = _verdict(error, stage, workload)
        notes = getattr(error, "__notes__", [])  # on which inputs it happened
        if notes and isinstance(verdict, Crashed):
            verdict = replace(verdict, reason=", ".join((verdict.reason, *notes)))
        raise Settled(verdict) from None


def ended_its_sandbox(error: WorkerLost) -> Verdict:
    """What lost two sandboxes in a row, and nobody else did."""
    what = f"it ended the sandbox around it, twice: {error}"
    return BuildFailed(f"compiling {what}", str(error)) if error.trust == COMPILER else Crashed(what)


@contextmanager
def housed() -> Iterator[None]:
    """A file or a piece of memory of our own that cannot be had is the machine's failure."""
    try:
        yield
    except OSError as error:
        what = f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}"
        raise SandboxError(
            f"the machine could not do its part: {what}; {ADVICE.get(error.errno or 0, ELSE)}"
        ) from error


def _verdict(error: WorkerFailed, stage: str, workload: str) -> Verdict:  # noqa: PLR0911  one per kind of failure
    match error:
        case WorkerSilent(limit_s=limit_s):
            return TimedOut(stage, limit_s, workload)
        case WorkerGone(ended=ended):
            log = ended.stderr if ended else ""
            return Crashed(_last_words(error) + _limit_met(log, error.connection), workload, log)
        case WorkerRefused(kind="unfit", text=text):
            if workload:
                return Incorrect((Mismatch(workload, text),))
            return BuildFailed(text)
        case WorkerRefused(text=text, trace=trace):
            if stage == "load" and any(t in text for t in BUILD_TROUBLE):
                return BuildFailed(text.splitlines()[0], f"{text}\n{trace}")
            what = f"raised {text}" if stage != "load" else f"cannot be loaded: {text}"
            return Crashed(what + _limit_met(text, error.connection), workload, trace)
        case _:
            return Crashed(str(error), workload)


def _limit_met(said: str, connection: Connection) -> str:
    limits = connection.limits
    amounts = {
        "memory": f"{_size(limits.memory_bytes)} of memory",
        "scratch": f"{_size(SCRATCH_BYTES)} of files in all",
        "file": f"{_size(limits.file_bytes)} for one file",
        "processes": f"{limits.processes} processes and threads",
    }
    met = next((kind for words, kind in LIMITS.items() if words in said), None)
    return f"; the limit is {amounts[met]}" if met else ""


def _size(count: int | None) -> str:
    return "nothing" if count is None else f"{count / 2**30:.3g} GiB"


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
        signal.SIGXFSZ: "its file grew over the limit",
        signal.SIGKILL: "the system killed it, most likely for its memory",
    }
    hint = hints.get(signal.Signals(ended.signal)) if ended.signal in set(signal.Signals) else None
    return f"killed by {name}" + (f": {hint}" if hint else "")
