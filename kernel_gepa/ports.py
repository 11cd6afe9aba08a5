"""The seams of the house. Whoever plugs something in implements one of these; the built-ins do the same.

LanguageModel   text in, reply out                    models/
Program         candidate texts → kernel              programs/
Judge           kernel → verdict                      harness/
Check           kernel → is it right?                 harness/
Proposer        pool → a child worth trying           proposers/
Sandbox         runs a command it does not trust      sandbox/
Backend         language and toolchain of a kernel    backends/
Store           facts and decisions of a run          store/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Protocol

from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.evaluation import Batch, Rollout
from kernel_gepa.domain.signature import Parameter
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, TimedOut, Verdict

if TYPE_CHECKING:
    from kernel_gepa.domain.pool import Pool

# ---------------------------------------------------------------- language models


@dataclass(frozen=True, slots=True)
class Reply:
    """`truncated` marks a reply that ended by length: it is paid for and never used.

    `usd` is None when the price is not known; it is then shown as unpriced, never as zero. Cached and reasoning tokens
    are part of those in and out. `model` is who answered, as the other side tells it. `cached` marks a reply from our
    own cache, which costs nothing.
    """

    text: str
    truncated: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float | None = None
    tokens_cached: int = 0
    tokens_reasoning: int = 0
    model: str | None = None
    cached: bool = False


class LanguageModel(Protocol):
    """Raises ModelError, with `retryable` set by the kind of failure. Never returns an empty text as success."""

    @property
    def name(self) -> str: ...

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        """`sample` tells repeated requests of the same prompt apart; it is not sent to the model."""
        ...


# ---------------------------------------------------------------- programs and proposers


class Program(Protocol):
    """Turns the texts of a candidate into one kernel for one task."""

    @property
    def components(self) -> Sequence[Component]: ...

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout: ...


class Evaluate(Protocol):
    """Program, judge and memory in one call: the evaluations of a candidate on some tasks, in their order.

    What was evaluated before is remembered and costs nothing. `again=n` asks for the n-th independent
    measurement of the same texts (0: the first).
    """

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch: ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """A child and the minibatch on which it meets its parents (the gate)."""

    child: Candidate
    gate: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class NoProposal:
    """Nothing to offer this time, and why: no knob is left, the model's reply held no usable block."""

    reason: str
    parent: int | None = None


class Proposer(Protocol):
    """Raises what its model raises. A reply that cannot be used is a NoProposal, never an exception."""

    @property
    def name(self) -> str: ...

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal: ...


# ---------------------------------------------------------------- the bench


class Judge(Protocol):
    """Judges a kernel. A bad kernel is a verdict; a bad house raises InfrastructureError."""

    @property
    def fingerprint(self) -> str:
        """What else decides a verdict: device, compiler, flags, protocol. Part of every evaluation's key."""
        ...

    def judge(self, kernel: str, task: Task) -> Verdict: ...


class Check(Protocol):
    """Is a kernel right? Measures nothing: what a program may ask in the middle of a rollout.

    None for a right one, else the verdict that says what is wrong. Raises InfrastructureError as a judge does.
    """

    def __call__(self, kernel: str, task: Task) -> Verdict | None: ...


@dataclass(frozen=True, slots=True)
class Mount:
    """A host folder that the sandbox shows at the same path. Read-only unless `writable`."""

    path: Path
    writable: bool = False


SCRATCH = "/scratch"  # inside a sandbox that has guests
SCRATCH_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandboxed command may use; None is no limit. A sandbox enforces all it can and says what not."""

    memory_bytes: int | None = None
    file_bytes: int | None = 1 << 30
    processes: int | None = 256
    open_files: int | None = 256


@dataclass(frozen=True, slots=True)
class Exit:
    """How a sandboxed command ended. `signal` is set when one killed it; `stderr` is clipped to the last 16 kB."""

    code: int
    signal: int | None
    stdout: str
    stderr: str


class Job(Protocol):
    """A running sandboxed command with all its descendants."""

    def wait(self, timeout_s: float) -> Exit | None:
        """None when it is still running after `timeout_s`."""
        ...

    def kill(self) -> None:
        """Ends the whole tree, also what ignores SIGTERM. Idempotent; returns when nothing is left."""
        ...


class Sandbox(Protocol):
    """Runs commands that are not trusted. Raises SandboxError when the sandbox itself fails."""

    @property
    def name(self) -> str: ...

    @property
    def isolates(self) -> bool:
        """False: code in it can read and write what the user can. Code of a model runs there only by request."""
        ...

    @property
    def guests(self) -> int:
        """How many jobs one start can hold apart, each as a user of its own; 0: as many starts as jobs."""
        ...

    @property
    def python(self) -> str | None:
        """The interpreter inside, with packages of its own; None where the host's is mounted and used."""
        ...

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str],
        limits: Limits,
        guests: int = 0,
    ) -> Job:
        """`folder` is the command's working directory, writable, and its only lasting one.

        With `guests` the command is ours: it may change its user, `folder` is read-only, and it finds as many scratch
        folders with a size of their own, `SCRATCH`/0 and on. The limits of processes count for each guest.
        """
        ...


@dataclass(frozen=True, slots=True)
class Built:
    """A kernel that a worker can load. `artifact` is a shared library or a Python module.

    `parameters` say how a native kernel is called; a Python kernel is called with the task's inputs.
    """

    artifact: Path
    entry: str
    parameters: tuple[Parameter, ...] = ()
    remarks: tuple[str, ...] = ()  # what the compiler said that helps to make it faster


class Backend(Protocol):
    """One language and its toolchain."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Compiler, version and target. Raises ToolchainError with the package to install."""
        ...

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut: ...


# ---------------------------------------------------------------- state


class Store(Protocol):
    """Facts and decisions of one run, append-only. A record is whole or not there."""

    def append(self, record: Mapping[str, object]) -> None:
        """Durable when it returns."""
        ...

    def records(self) -> Sequence[Mapping[str, object]]:
        """In the order of writing; a torn last line is left out."""
        ...
