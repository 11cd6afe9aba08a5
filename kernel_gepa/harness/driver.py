"""The trusted side: takes a kernel through screen, build, run, check and time, and stops at the first failure.

It never loads a kernel. A bad kernel is a verdict; whatever else goes wrong is an exception about the house.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from kernel_gepa.benchmarks.single_file import Draft
from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.timing import COMPILED, START, Measurement
from kernel_gepa.domain.verdict import BuildFailed, Correct, TimedOut, Verdict, name, reason
from kernel_gepa.errors import SandboxError, SandboxLost, TaskError
from kernel_gepa.harness import canary
from kernel_gepa.harness.agreement import Agreement, Tolerance, agreement
from kernel_gepa.harness.blame import Settled, blaming, ended_its_sandbox, housed
from kernel_gepa.harness.connection import Connection, WorkerLost
from kernel_gepa.harness.lease import exclusive, free
from kernel_gepa.harness.measure import PYTHON_PAIRS, Rounds, Rules, averaged, pooled
from kernel_gepa.harness.probe import completed
from kernel_gepa.harness.reference import WEIGHT_SEED, Reference, share_weights
from kernel_gepa.harness.screen import screen
from kernel_gepa.harness.station import LAUNCH_LIMIT_S
from kernel_gepa.harness.trial import Baseline, Notes, Trial
from kernel_gepa.harness.wards import MEMORY_BYTES
from kernel_gepa.harness.workers import BASELINE, CANDIDATE, COMPILER, Workers
from kernel_gepa.ports import Backend, Built, Sandbox

T = TypeVar("T")

PROTOCOL = "9"  # raise it when a change makes old verdicts incomparable

LOAD_LIMIT_S = 240.0  # load_inline compiles torch's headers while the module is imported: 25 to 90 s
SLOW_LOAD_S = 5.0  # a module that is so slow to load is timed in one pair of workers, and checked in one

LOST_TOGETHER_S = 5.0  # a daemon that is started anew ends our sandboxes one after the other

SCRATCH_BYTES = 2 << 30  # arenas live in memory where the system offers that much of it as files


@dataclass(frozen=True, slots=True)
class Settings:
    """How carefully to judge. `against` is one of BASELINES.

    `strict` refuses what the screen finds; otherwise it is told with the verdict, and the walls decide.
    """

    against: str = "start"
    threads: int = 1
    strict: bool = True
    rounds: Rounds = Rounds()  # noqa: RUF009  frozen
    load_limit_s: float = LOAD_LIMIT_S
    launch_limit_s: float = LAUNCH_LIMIT_S
    memory_bytes: int = MEMORY_BYTES  # of one worker

    @property
    def clock(self) -> str:
        """One thread is timed by the CPU time it got, which a busy machine cannot stretch; more by the wall."""
        return "cpu" if self.threads == 1 else "wall"

    @property
    def rules(self) -> Rules:
        return Rules(self.rounds, self.clock, self.launch_limit_s, self.threads)


def fingerprint(backend: Backend, sandbox: Sandbox, settings: Settings) -> str:
    """What decides a verdict beside the kernel and its task."""
    how = (settings.against, str(settings.threads), str(settings.strict))
    return hashlib.sha256("\n".join((PROTOCOL, backend.fingerprint, sandbox.name, *how)).encode()).hexdigest()[:16]


class Bench:
    """`Judge` for any number of tasks and threads. A context manager: it holds the references' workers and a folder."""

    def __init__(
        self,
        backend: Backend,
        sandbox: Sandbox,
        settings: Settings | None = None,
        *,
        charge: Callable[[float], None] = free,
    ) -> None:
        self.backend, self.sandbox = backend, sandbox
        self._charge = charge  # is told the seconds that we had the device for ourselves
        self.settings = settings or Settings()
        self.folder = scratch_folder()
        self._workers = Workers(sandbox, self.folder, self.settings.threads, memory_bytes=self.settings.memory_bytes)
        self._built: dict[str, Future[Built | BuildFailed | TimedOut]] = {}
        self._building, self._judging = threading.Lock(), threading.RLock()
        self._references: dict[str, Reference] = {}
        self._load_s: dict[Path, float] = {}  # of a module that compiles while it is imported, mostly its compiler's

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reference in self._references.values():
            reference.close()
        self._workers.close()
        canary.remember()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.backend, self.sandbox, self.settings)

    @property
    def commands(self) -> Sandbox:
        """Where compilers run, and what else has to do with a kernel."""
        return self._workers.commands

    def prepare(self, kernel: str, task: Task) -> None:
        """Does what needs no measuring: screens and builds, for a `judge` to come that finds it done.

        For any number of threads, also while another one judges: a build never waits for the device, and keeps off the
        processor that is being timed on (harness/beside.py).
        """
        try:
            self._screened(kernel, task)
            self.built(kernel, task)
        except (Settled, SandboxLost):
            pass  # what there is to say of it, `judge` finds out and says

    def judge(self, kernel: str, task: Task) -> Verdict:
        """For several threads: they build side by side, and are checked and timed one after the other."""
        return self._told(lambda: self._judged(kernel, task))

    def _judged(self, kernel: str, task: Task) -> Verdict:
        tags = self._screened(kernel, task)
        built = self.built(kernel, task)
        found: dict[str, list[Measurement]] = {}
        with self._judging, ExitStack() as ending:
            notes = self._checked(built, task, ending)
            python = task.form is Form.KERNELBENCH or self.settings.against != START
            slow = self.settings.against == COMPILED or self._slow_to_load(built)
            pairs = PYTHON_PAIRS if python and not slow else 1
            rules = replace(self.settings.rules, rounds=self.settings.rounds.shared(pairs))
            with exclusive("cpu", charge=self._charge):
                for _ in range(pairs):
                    with self._pair(built, task, self.settings.against, ending=ending) as (candidate, baseline):
                        trial = Trial(candidate, built, task, self.reference(task), rules, notes)
                        for measurement in trial.time(baseline):
                            found.setdefault(measurement.workload, []).append(measurement)
        measurements = tuple(averaged(group, python=python) for group in found.values())
        return Correct(measurements, profile=built.remarks, tags=tags)

    def _checked(self, built: Built, task: Task, ending: ExitStack | None = None) -> Notes:
        """In a worker of its own, that ends with the check: a heap that has been through one is another heap than the
        baseline's, and a module measured beside its copy came out at 0.6x.
        """
        with self._candidate(built, task, ending=ending) as candidate:
            return Trial(candidate, built, task, self.reference(task), self.settings.rules).check()

    def sound(self, kernel: str, task: Task) -> Verdict | None:
        """None when the kernel passes the screen, builds and is right; the verdict otherwise. Measures nothing."""
        return self._told(lambda: self._sound(kernel, task))

    def _sound(self, kernel: str, task: Task) -> None:
        self._screened(kernel, task)
        built = self.built(kernel, task)
        with self._judging:
            self._checked(built, task)

    def agrees(self, kernel: str, task: Task, trials: int, tolerance: Tolerance) -> Agreement | Verdict:
        """A benchmark's own check in place of ours: its inputs, its tolerance by dtype, and no screen. A verdict where
        the kernel does not come to an answer. Measures nothing.
        """
        return self._told(lambda: self._agrees(kernel, task, trials, tolerance))

    def _agrees(self, kernel: str, task: Task, trials: int, tolerance: Tolerance) -> Agreement:
        built = self.built(kernel, task)
        with self._judging, self._candidate(built, task) as candidate:
            return agreement(candidate, self.reference(task), task, trials, tolerance)

    def verify(self, kernel: str, task: Task, against: tuple[str, ...], processes: int) -> Verdict:
        """Measures once more, in fresh processes of both sides: what may be told to others.

        Every interval is the one in which a repetition of this whole measurement lies with 95 %.
        """
        return self._told(lambda: self._verified(kernel, task, against, processes))

    def _verified(self, kernel: str, task: Task, against: tuple[str, ...], processes: int) -> Verdict:
        found: dict[tuple[str, str], list[Measurement]] = {}
        tags = self._screened(kernel, task)
        built = self.built(kernel, task)
        notes: Notes | None = None
        for _ in range(processes):
            with self._judging:
                if notes is None or not self._slow_to_load(built):
                    notes = self._checked(built, task)
                for side in against:
                    with (
                        exclusive("cpu", charge=self._charge),
                        self._pair(built, task, side, fresh=True) as (candidate, baseline),
                    ):
                        trial = Trial(candidate, built, task, self.reference(task), self.settings.rules, notes)
                        for measurement in trial.time(baseline):
                            found.setdefault((side, measurement.workload), []).append(measurement)
        return Correct(tuple(pooled(group) for group in found.values()), built.remarks, tags)

    def _slow_to_load(self, built: Built) -> bool:
        return self._load_s.get(built.artifact, 0.0) > SLOW_LOAD_S

    def _told(self, found: Callable[[], T]) -> T | Verdict:
        """The verdict that was settled, or found. What was lost with a sandbox is done again in a fresh one, once; what
        else is lost right afterwards went with it.

        A candidate that loses two, while others stand, has ended them, and its verdict says so.
        """
        lost, theirs = list[float](), list[WorkerLost]()
        with housed():
            while True:
                try:
                    return found()
                except Settled as settled:
                    return settled.verdict
                except SandboxLost as error:
                    if isinstance(error, WorkerLost) and error.trust in (CANDIDATE, COMPILER):
                        theirs.append(error)
                    else:
                        lost.append(time.monotonic())
                        if lost[-1] - lost[0] > LOST_TOGETHER_S:
                            raise
                self._recover()
                if len(theirs) > 1:
                    self._workers.stand()
                    return ended_its_sandbox(theirs[-1])

    def _recover(self) -> None:
        """Forgets the sandboxes that are gone, and what lived in them."""
        with self._judging:
            self._workers.forget_the_lost()
            for reference in self._references.values():
                reference.drop_the_lost()

    def _screened(self, kernel: str, task: Task) -> tuple[str, ...]:
        """The tags of the verdict. Raises Settled in strict mode; otherwise what was found is among the tags."""
        screened = screen(kernel, task)
        rejected = screened.verdict()
        if rejected is not None and self.settings.strict:
            raise Settled(rejected)
        return screened.tags

    def built(self, kernel: str, task: Task) -> Built:
        """Raises Settled when it does not build. Kept by content for the life of the bench, and built by one thread
        while others that want the same wait for it.
        """
        key = hashlib.sha256(f"{task.form}\n{kernel}".encode()).hexdigest()[:24]
        with self._building:
            known = key in self._built
            pending = self._built.setdefault(key, Future())
        if not known:
            try:
                pending.set_result(self._build(kernel, task, self.folder / "built" / key))
            except BaseException as error:  # noqa: BLE001  whoever waits for it raises it too
                with self._building:
                    del self._built[key]  # the house's failure says nothing about the kernel
                pending.set_exception(error)
        found = pending.result()
        if not isinstance(found, Built):
            raise Settled(found)
        return found

    def _build(self, kernel: str, task: Task, folder: Path) -> Built | BuildFailed | TimedOut:
        shutil.rmtree(folder, ignore_errors=True)  # of a build whose sandbox was lost
        folder.mkdir(parents=True)
        return self.backend.build(kernel, task, sandbox=self._workers.commands, folder=folder)

    def complete(self, draft: Draft) -> Task:
        """The task of a draft, found out in the sandboxes that are there. Raises TaskError."""
        return completed(draft, self._workers, self.folder / "probes" / secrets.token_hex(4))

    def reference(self, task: Task) -> Reference:
        if task.fingerprint not in self._references:
            folder = self.folder / "reference" / task.fingerprint
            self._references[task.fingerprint] = Reference(self._workers, folder, task)
        return self._references[task.fingerprint]

    def forget(self, task: Task) -> None:
        """Ends the workers of a task that does not come again: of hundreds they would fill the memory."""
        with self._judging:
            reference = self._references.pop(task.fingerprint, None)
            if reference is not None:
                reference.close()

    @contextmanager
    def _candidate(
        self,
        built: Built,
        task: Task,
        trust: str = CANDIDATE,
        *,
        fresh: bool = False,
        files: Sequence[Path] = (),
        prelude: Mapping[str, Any] | None = None,
        ending: ExitStack | None = None,
    ) -> Iterator[Connection]:
        """A worker that holds the kernel, and has held nothing before.

        Without `ending` it is gone with the block; with it, told to go, and gone when that is closed.
        `prelude` is asked for before a Python kernel is imported; its "file" is one of `files`, which lie beside it.
        """
        python = task.form is Form.KERNELBENCH
        connection = self._workers.worker(trust, torch=python, files=[built.artifact, *files], fresh=fresh)
        artifact = str(connection.room / built.artifact.name)
        try:
            with blaming(connection, "load"):
                if python:
                    before = {**prelude, "file": str(connection.room / prelude["file"])} if prelude else None
                    self._load_s[built.artifact] = self._load_python(
                        connection, artifact, built.entry, task, prelude=before
                    )
                else:
                    limit_s = self.settings.load_limit_s
                    connection.ask(limit_s, do="load", form="native", library=artifact, entry=built.entry)
            yield connection
        finally:
            _end(connection, ending)

    def _load_python(
        self, connection: Connection, artifact: str, entry: str, task: Task, *, prelude: Mapping[str, Any] | None
    ) -> float:
        """The seconds that the kernel itself took, without a reference that had to be started for it."""
        reference = self.reference(task)
        told = reference.tell(reference.exact, LOAD_LIMIT_S, do="init")
        began = time.monotonic()
        connection.ask(
            self.settings.load_limit_s,
            do="load",
            form="python",
            source=artifact,
            module=entry,
            init=told["init"],
            mode=told["mode"],
            seed=WEIGHT_SEED,
            threads=self.settings.threads,
            prelude=prelude,
        )
        took_s = time.monotonic() - began
        share_weights(reference, connection)
        return took_s

    @contextmanager
    def _pair(
        self, built: Built, task: Task, against: str, *, fresh: bool = False, ending: ExitStack | None = None
    ) -> Iterator[tuple[Connection, Baseline]]:
        """Two workers of one age, alone: those that were there before them have ended."""
        with (
            self._candidate(built, task, fresh=fresh, ending=ending) as candidate,
            self._baseline(task, against, fresh=fresh, ending=ending) as baseline,
        ):
            if ending is not None:
                ending.close()
            yield candidate, baseline

    @contextmanager
    def _baseline(self, task: Task, against: str, *, fresh: bool, ending: ExitStack | None) -> Iterator[Baseline]:
        """The other side of a comparison."""
        if against != START:
            # As young as the candidate's worker: one that has measured before has another heap, and other times.
            connection = self.reference(task).worker(precision=None, fresh=fresh, compiled=against == COMPILED)
            try:
                yield Baseline(against, connection, None)
            finally:
                _end(connection, ending)
            return
        with ExitStack() as held:
            try:
                built = self.built(task.kernel, task)
                connection = held.enter_context(self._candidate(built, task, BASELINE, fresh=fresh, ending=ending))
            except Settled as settled:
                raise TaskError(
                    f"the start kernel of {task.id} is no baseline, it is {name(settled.verdict)}: "
                    f"{reason(settled.verdict)}; repair it, or measure against the eager reference"
                ) from None
            yield Baseline(START, connection, built)


def _end(connection: Connection, ending: ExitStack | None) -> None:
    if ending is None:
        connection.close()
    else:
        connection.end()
        ending.callback(connection.close)


def scratch_folder() -> Path:
    """A new private folder, in memory where the system has room for it: a disk behind the arenas would be noise."""
    memory = Path("/dev/shm")
    try:
        room = os.statvfs(memory)
        parent = memory if room.f_bavail * room.f_frsize >= SCRATCH_BYTES else None
    except OSError:
        parent = None
    try:
        return Path(tempfile.mkdtemp(prefix="kernel-gepa-", dir=parent))
    except OSError as error:
        raise SandboxError(f"no scratch folder can be made: {error}; free some disk space") from error
