"""One run, from the wish to the verified winner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from kernel_gepa import codec
from kernel_gepa.backends.cpu import processor
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.budget import Ledger
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.events import Event
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Correct, name
from kernel_gepa.errors import InfrastructureError, RunFolderError, StartError
from kernel_gepa.harness.driver import Bench, Settings, fingerprint
from kernel_gepa.harness.probe import complete
from kernel_gepa.judging.evaluator import Evaluator, Memory
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.judging.replayed import Replayed
from kernel_gepa.models.choose import choose
from kernel_gepa.models.litellm import LiteLLM
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.options import ModelOptions
from kernel_gepa.models.recorded import Recorded as RecordedModel
from kernel_gepa.models.recorded import Replied
from kernel_gepa.models.retrying import Retrying
from kernel_gepa.ports import Evaluate, Judge, LanguageModel, Proposer
from kernel_gepa.programs.literal import Literal
from kernel_gepa.proposers.knobs import check_knobs
from kernel_gepa.proposers.reflect import Reflect
from kernel_gepa.proposers.transform.proposer import Transform
from kernel_gepa.proposers.tune import Tune
from kernel_gepa.recipes.finals import Contender, contenders
from kernel_gepa.recipes.plugins import backend_named, sandbox_named
from kernel_gepa.recipes.reading import VERIFICATION, Verification, read
from kernel_gepa.recipes.wish import PRUNES, Header, Wish, check, described
from kernel_gepa.report.outcome import Machine, Outcome, Winner
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.minibatch import minibatch
from kernel_gepa.search.select import next_component, pick_parent
from kernel_gepa.store import journal, records

FINALIST_PROCESSES = 3


def create(wish: Wish, folder: Path) -> Run:
    """A new run in `folder`. Everything that can be wrong with the wish is found before the journal is begun."""
    check(wish)
    if wish.verdicts is not None:
        recorded = read(Path(wish.verdicts)).header
        return Run(folder, replace(recorded, wish=wish), new=True)
    backend = backend_named(wish.backend)
    toolchain = backend.fingerprint
    sandbox = sandbox_named(wish.sandbox, model=wish.model)
    draft = look(Path(wish.source), reference=Path(wish.reference) if wish.reference else None)
    check_knobs(draft.kernel, str(draft.kernel_path or draft.source))
    if wish.model is not None:
        ready(choose(wish.model, ModelOptions(api_base=wish.api_base)))
    machine = Machine(processor(), toolchain.split(";")[0], wish.threads, sandbox.name, sandbox.isolates)
    with Bench(backend, sandbox, Settings(threads=wish.threads)) as bench:
        task = complete(draft, sandbox, bench.folder)
        against = baseline(bench, task, model=wish.model)
    path = str(draft.kernel_path) if draft.kernel_path else None
    bench_print = fingerprint(backend, sandbox, Settings(threads=wish.threads, against=against))
    return Run(folder, Header(wish, task, path, against, sandbox.name, machine, bench_print), new=True)


def ready(model: LanguageModel) -> None:
    """An unknown model or a missing key is found now, not after the first measurement. Sends nothing."""
    if isinstance(model, LiteLLM):
        model.check()


def baseline(bench: Bench, task: Task, *, model: str | None) -> str:
    """The start kernel where it is right, else the eager reference; without a model a broken start is the end."""
    if task.start_is_reference:
        return "eager"
    verdict = bench.sound(task.kernel, task)
    if verdict is None:
        return "start"
    if model is None:
        raise StartError(
            f"the kernel of {task.id} cannot be a start, it is {name(verdict)}:\n"
            f"{feedback(verdict, task, task.kernel)}\nRepair it, or add --model to have it repaired."
        )
    return "eager"


@dataclass
class Stop:
    """Asked before every step; somebody sets `sentence` to end the run there."""

    sentence: str | None = None

    def __call__(self) -> str | None:
        return self.sentence


@dataclass
class Run:
    """One run that is being made. A context manager; `events` first, then `winner`."""

    folder: Path
    header: Header
    new: bool = False
    stop: Stop = field(default_factory=Stop)

    def __enter__(self) -> Self:
        self._held = ExitStack()
        self._journal = self._held.enter_context(journal.Journal(self.folder))
        if self.new:
            if self._journal.records():
                raise RunFolderError(
                    f"{self.folder} holds a run already; `kernel-gepa resume` it or choose another --run"
                )
            self._journal.append(records.header(codec.pack(self.header)))
        self._recorded = records.read_back(self._journal.records())
        self.events: list[Event] = list(self._recorded.history)
        self.stopped = ""
        self._bench: Bench | None = None
        self._metered: Metered | None = None
        self.ledger = Ledger(self.header.wish.budget)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @property
    def task(self) -> Task:
        return self.header.task

    @property
    def bench(self) -> Bench:
        """Made at the first use: a finished run that is only read again needs none."""
        if self._bench is None:
            h = self.header
            sandbox = sandbox_named(h.sandbox, model=h.wish.model)
            settings = Settings(threads=h.wish.threads, against=h.against)
            self._bench = self._held.enter_context(Bench(backend_named(h.wish.backend), sandbox, settings))
        return self._bench

    def search(self) -> Iterator[Event]:
        """The steps that are still to be made, each in the journal before it is seen here."""
        program = Literal.over((self.task,))
        memory = Memory(self._recorded.evaluations, unsettled=self._recorded.unsettled, on_fact=self._write_evaluation)
        evaluate = Evaluator(program, self._judge(), feedback, ledger=self.ledger, memory=memory)
        wish = self.header.wish
        found = search(
            program.components,
            (self.task,),
            evaluate,
            self._proposers(evaluate),
            ledger=self.ledger,
            rules=Rules(seed=wish.seed, stop=self.stop),
            history=self._recorded.history,
        )
        for event in found:
            if isinstance(event, Stopped):
                self.stopped = event.sentence
                return
            self._journal.append(records.decision(len(self.events), event))
            self.events.append(event)
            yield event

    def _judge(self) -> Judge:
        verdicts = self.header.wish.verdicts
        if verdicts is None:
            return self.bench
        recorded = read(Path(verdicts)).recorded.evaluations.values()
        return Replayed(recorded, self.header.bench, known=self._recorded.evaluations.values())

    def _proposers(self, evaluate: Evaluate) -> tuple[Proposer, ...]:
        wish = self.header.wish
        prune = PRUNES[wish.prune]()

        def parent(pool: Pool, rng: Random) -> int:
            return pick_parent(pool, rng, prune)

        tune = Tune(parent, (self.task,))
        if wish.model is None:
            return Transform(parent, (self.task,)), tune
        reflect = Reflect(
            self._model(wish.model),
            evaluate,
            pick_parent=parent,
            pick_component=next_component,
            minibatch=lambda pool, component: minibatch((self.task,), component, seed=wish.seed, turn=pool.turns),
        )
        return reflect, tune

    def _model(self, wanted: str) -> LanguageModel:
        replies = self._recorded.facts(records.REPLY, Replied)
        options = ModelOptions(api_base=self.header.wish.api_base, answered=len(replies))
        known = {r.question: r.reply for r in replies}
        asked = RecordedModel(Retrying(choose(wanted, options)), replies=known, on_fact=self._write_reply)
        self._metered = Metered(asked, self.ledger)
        return self._metered

    def _write_evaluation(self, evaluation: Evaluation) -> None:
        self._journal.append(records.fact(records.EVALUATION, evaluation))

    def _write_reply(self, replied: Replied) -> None:
        self._journal.append(records.fact(records.REPLY, replied))

    def winner(self, say: Callable[[str], None] = lambda _: None) -> Winner | None:
        """The fastest correct kernel, measured once more in fresh processes; None when nothing beat the start.

        The finalists are chosen by one measurement and the winner's figure comes from another: whoever is chosen for
        a large number is expected to have been lucky.
        """
        known = read(self.folder).verification
        if known is None:
            finalists = contenders(self.events, self.task)
            known = self._verified_elsewhere(finalists) if self.header.wish.verdicts else self._verified(finalists, say)
            if known is None:
                return None
            self._journal.append(records.fact(VERIFICATION, known))
        winner = Winner(known.kernel, known.origin, known.verdict)
        speedup = winner.geomean(self.header.against)
        return winner if speedup is not None and speedup.low > 1.0 else None

    def _verified(self, finalists: Sequence[Contender], say: Callable[[str], None]) -> Verification | None:
        if not finalists:
            return None
        main = (self.header.against,)
        best, most = finalists[0], 0.0
        for contender in finalists if len(finalists) > 1 else ():
            say(f"finalist {contender.origin}: measured in {FINALIST_PROCESSES} fresh processes")
            verdict = self.bench.verify(contender.kernel, self.task, main, FINALIST_PROCESSES)
            if isinstance(verdict, Correct) and verdict.speedup.value > most:
                best, most = contender, verdict.speedup.value
        against = tuple(dict.fromkeys((*main, "eager")))
        say(f"winner {best.origin}: verified in fresh processes against {' and '.join(against)}")
        return Verification(
            best.kernel, best.origin, self.bench.verify(best.kernel, self.task, against, self.header.wish.processes)
        )

    def _verified_elsewhere(self, finalists: Sequence[Contender]) -> Verification | None:
        """The recorded run's own verification, when it is of one of these finalists."""
        found = read(Path(self.header.wish.verdicts or "")).verification
        return found if found is not None and found.kernel in {c.kernel for c in finalists} else None

    def outcome(self, winner: Winner | None) -> Outcome:
        wish = self.header.wish
        return Outcome(
            run=self.folder,
            source=wish.source,
            task=self.task,
            machine=self.header.machine,
            main_baseline=self.header.against,
            proposers=described(wish),
            processes=wish.processes,
            events=tuple(self.events),
            spend=self.ledger.spent,
            stopped=self.stopped,
            winner=winner,
            unpriced_calls=self._metered.unpriced_calls if self._metered else 0,
        )


def resume(folder: Path) -> Run:
    """Takes a run up where it was left. The machine must be the one that measured so far, or nothing compares."""
    known = read(folder)
    header = known.header
    if header.wish.verdicts is None:
        sandbox = sandbox_named(header.sandbox, model=header.wish.model)
        settings = Settings(threads=header.wish.threads, against=header.against)
        if fingerprint(backend_named(header.wish.backend), sandbox, settings) != header.bench:
            raise InfrastructureError(
                f"the run in {folder} was measured with another compiler, processor or sandbox "
                f"({header.machine.toolchain} on {header.machine.processor}); resume it there, or start a new run"
            )
    return Run(folder, header)
