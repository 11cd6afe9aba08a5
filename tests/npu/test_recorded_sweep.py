"""The recorded sweep over NPU tasks: the search is made again from its facts, decision by decision, and its winners are
judged again on the emulator.

Rollouts are taken from the record; reflection is asked through an inbox, as it was. Its answers are found by the text
that a question quotes, not by the question's words, so that a better wording of a prompt does not void the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from kernel_gepa import codec
from kernel_gepa.domain.events import Admitted, Declined, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.models import inbox
from kernel_gepa.ports import Sandbox
from kernel_gepa.recipes.begin import resume
from kernel_gepa.recipes.reading import VERIFICATION, Read, Verification, read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.uses import components_of
from kernel_gepa.search.rounds import round_of
from kernel_gepa.store import records
from tests.loaded import ROOT
from tests.paths import absolute_paths
from tests.test_recorded_run import decisions

RECORDED = ROOT / "examples" / "recorded" / "npu"
LOOK_S = 0.05
NEWLINE = "\n"


@pytest.fixture(scope="module")
def run() -> Read:
    return read(RECORDED)


@dataclass(frozen=True)
class Reflected:
    """What a reflection was shown as the text to improve, and what it made of it."""

    step: int
    shown: str
    made: str
    about_kernel: bool
    statement: str

    @property
    def is_start(self) -> bool:
        return self.shown.strip() in self.statement

    def in_(self, prompt: str) -> bool:
        """Beside the statement, which quotes the scalar kernel that a text may be."""
        return prompt.count(self.shown.strip()) > self.statement.count(self.shown.strip())

    @property
    def answer(self) -> str:
        fence = "`" * 6
        return f"As it was recorded.\n\n{fence}\n{self.made.removesuffix(NEWLINE)}\n{fence}\n"


def reflections(run: Read) -> Iterator[Reflected]:
    pool = Pool(components_of(run.header))
    for step, event in enumerate(run.recorded.history):
        if isinstance(event, Admitted | Declined) and event.child.origin.startswith("reflect"):
            parent = pool.members[event.child.parents[0]].candidate
            (changed,) = [name for name, text in event.child.texts.items() if parent.texts[name] != text]
            statement = next((t.statement for t in run.header.tasks if changed == f"kernel@{t.id}"), "")
            yield Reflected(
                step, parent.texts[changed], event.child.texts[changed], changed.startswith("kernel@"), statement
            )
        pool = pool.apply(event)


class Answering(Thread):
    """Whoever answers in the place of the model: with a reflection of the round that is being made."""

    def __init__(self, again: Run, known: Sequence[Reflected], prose: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._again, self._left, self._prose = again, list(known), prose
        self.over, self.unknown = Flag(), list[str]()

    def run(self) -> None:
        folder = self._again.folder / inbox.FOLDER
        while not self.over.wait(LOOK_S):
            for asked in inbox.waiting(folder):
                inbox.tell(folder, asked.id, self._answer(asked.prompt))

    def _answer(self, prompt: str) -> str:
        steps = round_of(len(self._again.events), self._again.header.wish.width)
        about_kernel = not any(text.strip() in prompt for text in self._prose)
        fitting = [r for r in self._left if r.step in steps and r.about_kernel == about_kernel and r.in_(prompt)]
        if not fitting:  # the comparison of the decisions will fail
            self.unknown.append(prompt)
            return "There is no answer to this in the record."
        one = max(fitting, key=lambda r: (r.is_start, len(r.shown)))  # a start is quoted again only where it is meant
        self._left.remove(one)
        return one.answer


def facts_alone(folder: Path, run: Read) -> None:
    """A run in `folder` that knows what was found out, and has decided nothing yet."""
    folder.mkdir()
    wish = replace(run.header.wish, verdicts=str(RECORDED))
    lines = [json.dumps(records.header(codec.pack(replace(run.header, wish=wish))))]
    for line in (RECORDED / "journal.jsonl").read_text().splitlines():
        if json.loads(line)["kind"] in (records.EVALUATION, "check"):
            lines.append(line)
    (folder / "journal.jsonl").write_text("\n".join(lines) + "\n")


def test_the_search_decides_again_as_it_did(run: Read, tmp_path: Path) -> None:
    facts_alone(tmp_path / "again", run)
    whole = round_of(len(run.recorded.history), run.header.wish.width).start
    assert whole > 50
    prose = [t for m in run.pool.members for name, t in m.candidate.texts.items() if not name.startswith("kernel@")]
    with resume(tmp_path / "again") as again:
        answering = Answering(again, list(reflections(run)), prose)
        answering.start()
        try:
            for _ in again.search():
                if len(again.events) == whole:
                    again.stop.sentence = "the budget ended the record in the middle of the next round"
        finally:
            answering.over.set()
            answering.join()
    assert answering.unknown == []
    assert decisions(tmp_path / "again") == decisions(RECORDED)[:whole]


def judged(run: Read) -> list[Any]:
    return [e for e in run.recorded.history[1:] if not isinstance(e, Passed) and e.evaluations]


def test_it_shows_what_it_is_said_to_show(run: Read) -> None:
    assert len(run.header.tasks) == 12
    assert run.header.wish.evolve == "both"
    assert len(judged(run)) >= 24
    admitted = [e.child.origin for e in run.recorded.history if isinstance(e, Admitted)]
    assert {"reflect(planner)", "reflect(coder)"} <= set(admitted)
    assert all(isinstance(v.verdict, Correct) for v in run.recorded.facts(VERIFICATION, Verification))


def test_no_machine_path_is_in_the_record() -> None:
    text = (RECORDED / "journal.jsonl").read_text()
    assert absolute_paths(text) == []


@pytest.mark.slow
def test_the_winners_are_right_and_as_fast_as_they_were_said_to_be(run: Read, sandbox: Sandbox) -> None:
    """Estimates come from the kernel's text alone; another compiler may count a few scalar instructions more."""
    with NpuBench(sandbox, device=run.header.wish.device) as bench:
        for task in run.header.tasks:
            known = run.verification(task.id)
            assert known is not None
            found = bench.assess(known.kernel, task)
            assert isinstance(found.verdict, Correct), task.id
            assert isinstance(known.verdict, Correct)
            assert found.verdict.speedup.value == pytest.approx(known.verdict.speedup.value, rel=0.1), task.id
