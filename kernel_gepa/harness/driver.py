"""The trusted side: takes a kernel through screen, build, run, check and time, and stops at the first failure.

It never loads a kernel. A bad kernel is a verdict; whatever else goes wrong is an exception about the house.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.timing import Measurement
from kernel_gepa.domain.verdict import BuildFailed, Correct, TimedOut, Verdict, name, reason
from kernel_gepa.errors import InfrastructureError, SandboxError, TaskError
from kernel_gepa.harness.blame import Settled, blaming
from kernel_gepa.harness.connection import Connection, Launch
from kernel_gepa.harness.lease import exclusive
from kernel_gepa.harness.measure import Rounds
from kernel_gepa.harness.reference import WEIGHT_SEED, Reference, share_weights
from kernel_gepa.harness.screen import screen
from kernel_gepa.harness.station import LAUNCH_LIMIT_S
from kernel_gepa.harness.trial import Baseline, Rules, Trial
from kernel_gepa.ports import Backend, Built, Mount, Sandbox
from kernel_gepa.statistics import repeatable

PROTOCOL = "4"  # raise it when a change makes old verdicts incomparable

LOAD_LIMIT_S = 240.0  # load_inline compiles torch's headers while the module is imported: 25 to 90 s

# The least half-width of a verified interval. Two ways of measuring that keep the same rules lie up to 5 % apart, which
# the spread between the processes of one of them does not show: docs/decisions/0004-noise.md.
LEAST_INTERVAL = 0.05

SCRATCH_BYTES = 2 << 30  # arenas live in memory where the system offers that much of it as files


@dataclass(frozen=True, slots=True)
class Settings:
    """How carefully to judge. `against` names the baseline: "start" (the task's kernel) or "eager" (its reference)."""

    against: str = "start"
    threads: int = 1
    strict: bool = True
    rounds: Rounds = Rounds()  # noqa: RUF009  frozen
    load_limit_s: float = LOAD_LIMIT_S
    launch_limit_s: float = LAUNCH_LIMIT_S

    @property
    def clock(self) -> str:
        """One thread is timed by the CPU time it got, which a busy machine cannot stretch; more by the wall."""
        return "cpu" if self.threads == 1 else "wall"

    @property
    def rules(self) -> Rules:
        return Rules(self.rounds, self.clock, self.launch_limit_s)


def fingerprint(backend: Backend, sandbox: Sandbox, settings: Settings) -> str:
    """What decides a verdict beside the kernel and its task."""
    how = (settings.against, str(settings.threads), str(settings.strict))
    return hashlib.sha256("\n".join((PROTOCOL, backend.fingerprint, sandbox.name, *how)).encode()).hexdigest()[:16]


class Bench:
    """`Judge` for any number of tasks. A context manager: it holds the references' workers and a scratch folder."""

    def __init__(self, backend: Backend, sandbox: Sandbox, settings: Settings | None = None) -> None:
        self.backend, self.sandbox = backend, sandbox
        self.settings = settings or Settings()
        self.folder = scratch_folder()
        self._launch = Launch(sandbox, self.settings.threads)
        self._built: dict[str, Built | BuildFailed | TimedOut] = {}
        self._references: dict[str, Reference] = {}
        self._eager: dict[str, Connection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._eager.values():
            connection.close()
        for reference in self._references.values():
            reference.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.backend, self.sandbox, self.settings)

    def judge(self, kernel: str, task: Task) -> Verdict:
        screened = screen(kernel, task)
        rejected = screened.verdict()
        if rejected is not None and self.settings.strict:
            return rejected
        try:
            built = self.built(kernel, task)
            with self._candidate(built, task) as candidate:
                trial = Trial(candidate, built, task, self.reference(task), self.settings.rules)
                launches = trial.check()
                with exclusive("cpu"), self._baseline(task, self.settings.against, fresh=False) as baseline:
                    measurements = trial.time(launches, baseline)
        except Settled as settled:
            return settled.verdict
        return Correct(measurements, profile=built.remarks, tags=tuple(screened.tags))

    def sound(self, kernel: str, task: Task) -> Verdict | None:
        """None when the kernel passes the screen, builds and is right; the verdict otherwise. Measures nothing."""
        rejected = screen(kernel, task).verdict()
        if rejected is not None and self.settings.strict:
            return rejected
        try:
            built = self.built(kernel, task)
            with self._candidate(built, task) as candidate:
                Trial(candidate, built, task, self.reference(task), self.settings.rules).check()
        except Settled as settled:
            return settled.verdict
        return None

    def verify(self, kernel: str, task: Task, against: tuple[str, ...], processes: int) -> Verdict:
        """Measures once more, in fresh processes of both sides: what may be told to others.

        Every interval is the one in which a repetition of this whole measurement lies with 95 %.
        """
        found: dict[tuple[str, str], list[Measurement]] = {}
        try:
            built = self.built(kernel, task)
            for _ in range(processes):
                with self._candidate(built, task) as candidate, exclusive("cpu"):
                    trial = Trial(candidate, built, task, self.reference(task), self.settings.rules)
                    launches = trial.check()
                    for side in against:
                        with self._baseline(task, side, fresh=True) as baseline:
                            for measurement in trial.time(launches, baseline):
                                found.setdefault((side, measurement.workload), []).append(measurement)
        except Settled as settled:
            return settled.verdict
        return Correct(
            tuple(pooled(group) for group in found.values()), built.remarks, tuple(screen(kernel, task).tags)
        )

    def built(self, kernel: str, task: Task) -> Built:
        """Raises Settled when it does not build. Kept by content for the life of the bench."""
        key = hashlib.sha256(f"{task.form}\n{kernel}".encode()).hexdigest()[:24]
        if key not in self._built:
            folder = self.folder / "built" / key
            folder.mkdir(parents=True)
            self._built[key] = self.backend.build(kernel, task, sandbox=self.sandbox, folder=folder)
        found = self._built[key]
        if not isinstance(found, Built):
            raise Settled(found)
        return found

    def reference(self, task: Task) -> Reference:
        if task.fingerprint not in self._references:
            folder = self.folder / "reference" / task.fingerprint
            self._references[task.fingerprint] = Reference(self._launch, folder, task)
        return self._references[task.fingerprint]

    @contextmanager
    def _candidate(self, built: Built, task: Task) -> Iterator[Connection]:
        """A fresh worker that holds the kernel."""
        folder = Path(tempfile.mkdtemp(prefix="worker-", dir=self.folder))
        python = task.form is Form.KERNELBENCH
        connection = Connection(self._launch, folder, torch=python, mounts=(Mount(built.artifact.parent),))
        try:
            with blaming(connection, "load"):
                if python:
                    self._load_python(connection, built, task, folder)
                else:
                    library = str(built.artifact)
                    connection.ask(
                        self.settings.load_limit_s, do="load", form="native", library=library, entry=built.entry
                    )
            yield connection
        finally:
            connection.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _load_python(self, connection: Connection, built: Built, task: Task, folder: Path) -> None:
        reference = self.reference(task)
        init = reference.tell(reference.exact, LOAD_LIMIT_S, do="init")["init"]
        connection.ask(
            self.settings.load_limit_s,
            do="load",
            form="python",
            source=str(built.artifact),
            module=built.entry,
            init=init,
            seed=WEIGHT_SEED,
            threads=self.settings.threads,
        )
        share_weights(reference, connection, folder)

    @contextmanager
    def _baseline(self, task: Task, against: str, *, fresh: bool) -> Iterator[Baseline]:
        """The other side of a comparison. The eager worker holds no candidate's code and may be kept warm."""
        if against == "eager":
            yield from self._eager_baseline(task, fresh=fresh)
            return
        with ExitStack() as held:
            try:
                built = self.built(task.kernel, task)
                connection = held.enter_context(self._candidate(built, task))
            except Settled as settled:
                raise TaskError(
                    f"the start kernel of {task.id} is no baseline, it is {name(settled.verdict)}: "
                    f"{reason(settled.verdict)}; repair it, or measure against the eager reference"
                ) from None
            yield Baseline("start", connection, built)

    def _eager_baseline(self, task: Task, *, fresh: bool) -> Iterator[Baseline]:
        if fresh:
            connection = self.reference(task).worker(f"eager-{os.urandom(4).hex()}", precision=None)
            try:
                yield Baseline("eager", connection, None)
            finally:
                connection.close()
            return
        if task.fingerprint not in self._eager:
            self._eager[task.fingerprint] = self.reference(task).worker("eager", precision=None)
        try:
            yield Baseline("eager", self._eager[task.fingerprint], None)
        except InfrastructureError:
            self._eager.pop(task.fingerprint).close()  # the next judgement starts another
            raise


def pooled(group: list[Measurement]) -> Measurement:
    """One measurement per process, seen together. The samples of all processes are kept, in order."""
    return Measurement(
        workload=group[0].workload,
        baseline=group[0].baseline,
        speedup=repeatable([m.speedup.value for m in group], floor=LEAST_INTERVAL),
        candidate_s=sorted(m.candidate_s for m in group)[len(group) // 2],
        baseline_s=sorted(m.baseline_s for m in group)[len(group) // 2],
        samples=tuple(s for m in group for s in m.samples),
        notes=(f"{len(group)} fresh processes of both sides",),
    )


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
