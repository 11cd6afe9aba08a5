"""A run that an agent drives: it proposes kernels and asks what became of them; budget, bench and claims are ours.

What is answered is what a model would be told, and the verdicts. Seeds, drawn inputs and expected outputs never come
here: they stay with the bench.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from kernel_gepa.domain.budget import WORDS
from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.events import Admitted, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.verdict import Correct, name
from kernel_gepa.errors import BudgetSpent, InfrastructureError, UsageError
from kernel_gepa.ports import Reply
from kernel_gepa.prompts.reply import Unusable, block
from kernel_gepa.proposers.brief import Case, brief
from kernel_gepa.proposers.handed import Handed, Work
from kernel_gepa.proposers.reflect import attempts_on
from kernel_gepa.recipes.files import write
from kernel_gepa.recipes.reading import read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.telling import write_page
from kernel_gepa.recipes.uses import components_of
from kernel_gepa.report.markdown import headline
from kernel_gepa.report.result import estimate, result

Told = dict[str, Any]

SUBMITTED = "the agent submitted"


class Served:
    """One run, entered by whoever serves it. Every method answers with JSON values. Raises what the run raises."""

    def __init__(self, run: Run) -> None:
        self._run = run
        (self._task,) = run.header.tasks
        self._hand = Handed()
        self._steps: Iterator[Event] | None = None
        self._done: Told | None = None
        self._broken: str | None = None

    def status(self) -> Told:
        """What was spent of which cap, and the best so far."""
        paid, budget = self._run.ledger.paid, self._run.header.wish.budget
        pool = self._pool()
        best = pool.members[pool.best()] if pool.members else None
        return {
            "task": self._task.id,
            "proposals": max(0, len(self._run.events) - 1),
            "admitted": max(0, len(pool.members) - 1),
            "spent": {f.name: getattr(paid, f.name) for f in fields(paid)},
            "caps": {
                WORDS[f.name]: getattr(budget, f.name) for f in fields(budget) if getattr(budget, f.name) is not None
            },
            "rollouts_left": self._run.ledger.left,
            "best": {"candidate": best.id, "evaluations": [_judged(e) for e in best.evaluations.values()]}
            if best
            else None,
            "ended": self._run.stopped or None,
        }

    def task(self, candidate: int | None = None) -> Told:
        """The assignment, about a candidate of the pool: its text, what the bench said, what was tried in vain."""
        pool = self._started()
        who = self._member(pool, candidate)
        component, task = self._slot(pool), self._task
        member = pool.members[who]
        case = Case(
            component=component,
            text=member.candidate.texts[component.name],
            tasks=(task,),
            batch=(member.evaluations[task.id],),
            attempts=attempts_on(pool, who, component),
            best_known=pool.best_known,
        )
        return {
            "task": task.id,
            "candidate": who,
            "language": task.language.value,
            "kernel": case.text,
            "prompt": brief(case),
            "workloads": [str(workload) for workload in task.workloads],
            "how": "pass the complete source to evaluate; a reply with one fenced block is taken as well",
        }

    def frontier(self) -> Told:
        """Who holds which workload, with the kernels."""
        pool = self._started()
        component = self._slot(pool)
        members = {who for holders in pool.front.values() for who in holders.estimates}
        return {
            "cells": [
                {
                    "task": task,
                    "workload": workload,
                    "held_by": {str(w): estimate(e) for w, e in holders.estimates.items()},
                }
                for (task, workload), holders in pool.front.items()
            ],
            "candidates": [
                {
                    "candidate": who,
                    "parents": list(pool.members[who].candidate.parents),
                    "origin": pool.members[who].candidate.origin,
                    "kernel": pool.members[who].candidate.texts[component.name],
                }
                for who in sorted(members)
            ],
        }

    def evaluate(self, source: str, parent: int | None = None) -> Told:
        """Judges one kernel: a step of the search. Raises BudgetSpent when the budget ended."""
        pool = self._started()
        text = _source(source)
        self._hand.hand_in(Work(self._slot(pool), text, self._member(pool, parent), (self._task,)))
        event = self._next()
        left = {"rollouts_left": self._run.ledger.left}
        if isinstance(event, Passed):
            return {"admitted": False, "reason": event.reason, **left}
        seen = event.evaluations
        return {
            "admitted": isinstance(event, Admitted),
            "candidate": len(self._pool().members) - 1 if isinstance(event, Admitted) else None,
            "reason": event.reason,
            "evaluations": [_judged(e) for e in seen],
            "feedback": "\n\n".join(e.feedback for e in seen),
            **left,
        }

    def submit(self) -> Told:
        """Ends the run: the best kernel is measured once more in fresh processes, and everything is written."""
        if self._done is None:
            self._started()
            winners = self._run.winners()
            self._run.stopped = self._run.stopped or SUBMITTED
            (outcome,) = outcomes = self._run.outcomes(winners)
            folder = self._run.folder
            written = write(outcomes, self._run.header, folder, archived=read(folder).archive)
            written.append(("page", write_page(folder)))
            self._done = {
                "headline": headline(outcome),
                "verified": outcome.winner is not None,
                "winner": result(outcome)["winner"],
                "files": {label: str(path) for label, path in written},
            }
        return self._done

    def _started(self) -> Pool:
        """The pool, with the start judged."""
        if not self._run.events:
            self._next()
        return self._pool()

    def _next(self) -> Event:
        if self._done is not None:
            raise UsageError("the run was submitted; start a new one to go on")
        if self._broken is not None:
            raise InfrastructureError(
                f"the search broke ({self._broken}), and what was judged before is saved; end this server and go on "
                f"with: kernel-gepa serve {self._run.folder}"
            )
        if self._steps is None:
            self._steps = self._run.search(self._hand)
        try:
            event = next(self._steps, None)
        except Exception as error:  # a generator that raised has ended, which is not the end of the run
            self._broken = type(error).__name__
            raise
        if event is None:
            raise BudgetSpent(f"the run has ended, {self._run.stopped}; call submit to have the best kernel verified")
        return event

    def _pool(self) -> Pool:
        pool = Pool(components_of(self._run.header))
        for event in self._run.events:
            pool = pool.apply(event)
        return pool

    def _slot(self, pool: Pool) -> Component:
        return pool.components[0]

    def _member(self, pool: Pool, wanted: int | None) -> int:
        if wanted is None:
            return pool.best()
        if not 0 <= wanted < len(pool.members):
            raise UsageError(f"there is no candidate {wanted}; they go from 0 to {len(pool.members) - 1}")
        return wanted


def _source(text: str) -> str:
    if not text.strip():
        raise UsageError("the source is empty")
    if any(0xD800 <= ord(character) < 0xE000 for character in text):
        raise UsageError("the source holds halves of characters (surrogates), which no file can; pass plain text")
    if "```" not in text and "~~~" not in text:
        return text if text.endswith("\n") else text + "\n"
    found = block(Reply(text))
    if isinstance(found, Unusable):
        raise UsageError(f"{found.reason}; pass the complete source and nothing else")
    return found


def _judged(evaluation: Evaluation) -> Mapping[str, Any]:
    verdict = evaluation.verdict
    measured = verdict.measurements if isinstance(verdict, Correct) else ()
    return {
        "verdict": name(verdict),
        "speedup": estimate(verdict.speedup) if isinstance(verdict, Correct) else None,
        "inconclusive": isinstance(verdict, Correct) and verdict.inconclusive,
        "workloads": {m.workload: estimate(m.speedup) for m in measured},
    }
