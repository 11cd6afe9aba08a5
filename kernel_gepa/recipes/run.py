"""One run, from its header to the verified winners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from kernel_gepa import codec
from kernel_gepa.backends import hints as notes
from kernel_gepa.domain.budget import Ledger, Spend
from kernel_gepa.domain.events import Event
from kernel_gepa.errors import RunFolderError
from kernel_gepa.judging.checked import Checked, Checking
from kernel_gepa.judging.evaluator import Evaluator, Memory
from kernel_gepa.judging.hints import hinted, hints
from kernel_gepa.judging.replayed import Replayed, unrecorded
from kernel_gepa.ports import Check, Judge, Proposer
from kernel_gepa.recipes import kinds
from kernel_gepa.recipes.asking import Models, paid
from kernel_gepa.recipes.benches import Benches
from kernel_gepa.recipes.finals import contenders, verified, verified_elsewhere
from kernel_gepa.recipes.proposing import proposers, reserve
from kernel_gepa.recipes.reading import CHECK, LESSONS, VERIFICATION, Lessons, Verification, read
from kernel_gepa.recipes.uses import program_of
from kernel_gepa.recipes.wish import Entry, Header, described
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.outcome import Outcome, Winner
from kernel_gepa.search.enough import ENOUGH
from kernel_gepa.search.loop import ExitReason, Rules, Stopped, search
from kernel_gepa.search.rounds import round_of
from kernel_gepa.store import journal, records


@dataclass
class Stop:
    """Asked before every step; somebody sets `sentence` to end the run there."""

    sentence: str | None = None

    def __call__(self) -> str | None:
        return self.sentence


@dataclass
class Run:
    """One run that is being made. A context manager; `search` first, then `winners`."""

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
        self.stopped, self.at_the_bound = "", False
        self._benches = Benches(self.header, self._held, charge=self._charge_device)
        begun = round_of(len(self.events), self.header.wish.width).start
        self.ledger = Ledger(self.header.wish.budget, bought=self._recorded.bought(begun), paid=paid(self._recorded))
        self.models = Models(self.header, self.folder, self._recorded, self.ledger, self._write)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def search(self, hand: Proposer | None = None) -> Iterator[Event]:
        """The steps that are still to be made, each in the journal before it is seen here. `hand` proposes alone."""
        wish, tasks = self.header.wish, self.header.tasks
        told = hinted(kinds.of(wish.backend).feedback, hints(notes.text(wish.backend)))
        program = program_of(self.header, model=self.models.part, check=self._check(), feedback=told)
        write = partial(self._write, records.EVALUATION)
        memory = Memory(self._recorded.evaluations, on_fact=write)
        evaluate = Evaluator(program, self._judge(), told, ledger=self.ledger, memory=memory, together=wish.width)
        found = search(
            program.components,
            tasks,
            evaluate,
            (hand,) if hand else proposers(wish, tasks, evaluate, self.models.part("reflect"), self._lessons()),
            ledger=self.ledger,
            rules=Rules(
                seed=wish.seed,
                width=wish.width,
                false_admissions=wish.false_admissions,
                enough=ENOUGH if wish.stop_at_bound else None,
                stop=self.stop,
                reserve=reserve(wish, tasks),
            ),
            history=self._recorded.history,
        )
        for event in found:
            if isinstance(event, Stopped):
                self.stopped, self.at_the_bound = event.sentence, event.reason is ExitReason.BOUND
                return
            self._journal.append(records.decision(len(self.events), event))
            self.events.append(event)
            yield event

    def learn(self, text: str) -> None:
        """What reflection is told of other tasks, from the next step on: a fact, so that it can be told again."""
        known = self._recorded.facts(LESSONS, Lessons)
        if text != (known[-1].text if known else ""):
            self._write(LESSONS, Lessons(len(self.events), text))
            self._recorded = records.read_back(self._journal.records())

    def _lessons(self) -> Callable[[], str]:
        verdicts = self.header.wish.verdicts
        told = (self._recorded if verdicts is None else read(Path(verdicts)).recorded).facts(LESSONS, Lessons)
        return lambda: next((known.text for known in reversed(told) if known.step <= len(self.events)), "")

    def _judge(self) -> Judge:
        verdicts = self.header.wish.verdicts
        if verdicts is None:
            return self._benches
        recorded = read(Path(verdicts)).recorded.evaluations.values()
        return Replayed(recorded, self.header.bench, known=self._recorded.evaluations.values())

    def _check(self) -> Check:
        """What a program may ask in the middle of a rollout; each answer is a fact, so that it is given only once."""
        known, verdicts = self._recorded.facts(CHECK, Checking), self.header.wish.verdicts
        check: Check = self._benches.check
        if verdicts is not None:
            recorded = read(Path(verdicts)).recorded.facts(CHECK, Checking)
            check = Checked(unrecorded, self.header.bench, known=recorded)
        return Checked(check, self.header.bench, known=known, on_fact=partial(self._write, CHECK))

    def _charge_device(self, seconds: float) -> None:
        self.ledger.charge(Spend(device_s=seconds))

    def _write(self, kind: str, fact: object) -> None:
        self._journal.append(records.fact(kind, fact))

    def winners(self, say: Callable[[str], None] = lambda _: None) -> tuple[Winner | None, ...]:
        """By task the fastest correct kernel, measured once more in fresh processes; None where there is none.

        The finalists are chosen by one measurement and the winner's figure comes from another: whoever is chosen for
        a large number is expected to have been lucky.
        """
        return tuple(self._winner(entry, say) for entry in self.header.entries)

    def _winner(self, entry: Entry, say: Callable[[str], None]) -> Winner | None:
        run = read(self.folder)
        known = run.verification(entry.task.id)
        if known is None:
            known = self._verified(entry, contenders(run.archive[entry.task.id], entry.task), say)
            if known is None:
                return None
            self._journal.append(records.fact(VERIFICATION, known))
        return Winner(known.kernel, known.origin, known.verdict)

    def _verified(self, entry: Entry, finalists: Sequence[Archived], say: Callable[[str], None]) -> Verification | None:
        wish = self.header.wish
        if wish.verdicts is not None:
            return verified_elsewhere(entry.task, finalists, read(Path(wish.verdicts)))
        if not finalists:
            return None
        return verified(
            self._benches,
            entry.task,
            finalists,
            against=entry.against,
            also=wish.also,
            processes=wish.processes,
            say=say,
        )

    def outcomes(self, winners: Sequence[Winner | None]) -> tuple[Outcome, ...]:
        """One for each task; `winners` are theirs, and none of them is taken at its word."""
        return tuple(self._outcome(e, w) for e, w in zip(self.header.entries, winners, strict=True))

    def _outcome(self, entry: Entry, found: Winner | None) -> Outcome:
        wish, several = self.header.wish, len(self.header.entries) > 1
        winner, undecided = decided(found, entry.against)
        unverified = contenders(read(self.folder).archive[entry.task.id], entry.task) if found is None else []
        return Outcome(
            run=self.folder / entry.task.id if several else self.folder,
            source=entry.source,
            task=entry.task,
            machine=self.header.machine,
            main_baseline=entry.against,
            proposers=described(wish),
            processes=wish.processes,
            events=tuple(self.events),
            spend=self.ledger.paid,
            stopped=self.stopped,
            winner=winner,
            undecided=undecided,
            unverified=next(iter(unverified), None),
            unpriced_calls=self.models.unpriced_calls,
            beside=tuple(e.task.id for e in self.header.entries if e is not entry),
            way=wish.way,
        )


class Decided(NamedTuple):
    """At most one of the two: what was won, or what the verification could not decide."""

    winner: Winner | None
    undecided: Winner | None


def decided(found: Winner | None, against: str) -> Decided:
    """Nobody is a winner by being chosen: its second measurement has to say that it is faster."""
    speedup = found.geomean(against) if found else None
    if speedup is not None and speedup.low > 1.0:
        return Decided(found, None)
    return Decided(None, found if found is not None and found.inconclusive else None)
