"""A run as the scripts of the page take it: an index that the pictures are drawn from, and texts that are looked up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from kernel_gepa.domain.candidate import Candidate, CandidateId
from kernel_gepa.domain.evaluation import UNSOLVED, Evaluation
from kernel_gepa.domain.events import Admitted, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate, Measurement
from kernel_gepa.domain.verdict import (
    BuildFailed,
    Correct,
    Crashed,
    Graded,
    Incorrect,
    Rejected,
    Static,
    Verdict,
    name,
    reason,
)
from kernel_gepa.report.html.problems import problems, row
from kernel_gepa.report.html.story import Answer, Story, answers
from kernel_gepa.report.outcome import News, judged
from kernel_gepa.report.readable import readable
from kernel_gepa.report.words import BASELINES, claim, conditions, cost, peak

MAKER = re.compile(r"[\w.-]*")  # the first word of an origin such as `tune:TILE=32`
DRAWN = 40  # samples per side in a picture; the journal keeps all
SHORT = 300  # characters of what stands in a list


class Looked:
    """The second part of the page: texts and samples by number, equal ones once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._numbers: dict[str, int] = {}
        self.samples: list[list[int]] = []

    def text(self, text: str) -> int:
        return self._numbers.setdefault(readable(text, self._limit), len(self._numbers))

    def sampled(self, seconds: Sequence[float]) -> int:
        """In order of size, evenly thinned, in nanoseconds."""
        ordered = sorted(seconds)
        step = max(1.0, len(ordered) / DRAWN)
        self.samples.append([round(ordered[int(i * step)] * 1e9) for i in range(min(DRAWN, len(ordered)))])
        return len(self.samples) - 1

    @property
    def texts(self) -> list[str]:
        return list(self._numbers)


class Packer:
    """Packs a run step by step. What was packed stays as it is, with its numbers, when more steps come."""

    def __init__(self, limit: int) -> None:
        self.looked = Looked(limit)
        self.steps: list[Any] = []
        self._news = News()
        self._members: list[Candidate] = []
        self._spent = [0, 0.0, 0.0]

    def take(self, story: Story) -> None:
        """The steps of this story that are new here; those before must be the ones that were taken."""
        origins = answers(story.replies)
        for event in story.events[len(self.steps) :]:
            self.steps.append(harmless(self._step(event, story, origins)))

    def _step(self, event: Event, story: Story, origins: Mapping[str, int]) -> dict[str, Any]:
        looked, members = self.looked, self._members
        for i, part in enumerate((event.spend.rollouts, event.spend.usd, event.spend.wall_s)):
            self._spent[i] += part
        told: dict[str, Any] = {"n": len(self.steps), "kind": type(event).__name__.lower(), "id": None}
        told |= {"spent": [round(part, 4) for part in self._spent], "reason": readable(event.reason, SHORT)}
        if isinstance(event, Passed):
            return {**told, "parents": [] if event.parent is None else [event.parent]}
        fresh = {e.key for e in self._news.of(event)}
        told |= _child(event.child, members, looked)
        told["evals"] = [{**_evaluated(e, looked), "fresh": e.key in fresh} for e in event.evaluations]
        told["why"] = looked.text(event.reason)
        replied = _replied(event, members, origins)
        told["asked"] = None if replied is None else _asked(story.replies[replied], looked)
        if isinstance(event, Admitted):
            told["id"] = len(members)
            members.append(event.child)
        return told


def packed(story: Story, limit: int) -> tuple[Any, Any]:
    """Index and what is looked up, as JSON values; no text of the latter is longer than about `limit`."""
    packer = Packer(limit)
    packer.take(story)
    looked = {"texts": packer.looked.texts, "samples": packer.looked.samples}
    return {**outline(story, story.pool()), "steps": packer.steps}, looked


def outline(story: Story, pool: Pool) -> dict[str, Any]:
    """The index but for the steps: what a new step may change."""
    told: dict[str, Any] = {
        "kind": "run",
        "tasks": [{"id": o.task.id, "verified": o.task.id in story.verified} for o in story.outcomes],
        "problems": [row(problem) for problem in problems(story)],
        "estimated": False,
        "components": [{"name": c.name, "prose": c.language is None} for c in story.components],
        "cells": [list(cell) for cell in cells_of(story)],
        "front": [[t, w, list(h.estimates)] for (t, w), h in pool.front.items()],
        "path": list(path(pool)),
        "means": [float(f"{m.mean:.5g}") for m in pool.members],
    }
    return {key: harmless(value) for key, value in told.items()}


def cells_of(story: Story) -> list[tuple[str, str]]:
    """The columns of the matrix: the workloads of a task, or one column where nobody solved it."""
    solved = {e.task for event in story.events for e in judged(event) if e.solved}
    seen = dict.fromkeys((e.task, w) for event in story.events for e in judged(event) for w in e.cells)
    return [(t, w) for t, w in seen if (w != UNSOLVED) == (t in solved)]


def path(pool: Pool) -> Sequence[CandidateId]:
    """From the start to the candidate that is best on average, along the parent that was better."""
    if not pool.members:
        return ()
    found = [pool.best()]
    while parents := pool.members[found[-1]].candidate.parents:
        found.append(max(parents, key=lambda p: (pool.mean(p), -p)))
    return found[::-1]


def _child(child: Candidate, members: Sequence[Candidate], looked: Looked) -> dict[str, Any]:
    before = [members[p].texts for p in child.parents]
    changed = [n for n, text in child.texts.items() if before and all(texts.get(n) != text for texts in before)]
    return {
        "parents": list(child.parents),
        "origin": readable(child.origin, SHORT),
        "maker": readable(maker(child.origin), SHORT),
        "texts": [[n, looked.text(text)] for n, text in child.texts.items()],
        "changed": changed,
    }


def _replied(event: Event, members: Sequence[Candidate], origins: Mapping[str, int]) -> int | None:
    if isinstance(event, Passed):
        return None
    known = {text for p in event.child.parents for text in members[p].texts.values()}
    found = (origins.get(text.strip()) for text in event.child.texts.values() if text not in known)
    return next((number for number in found if number is not None), None)


def _asked(answer: Answer, looked: Looked) -> list[int | None]:
    return [None if answer.prompt is None else looked.text(answer.prompt), looked.text(answer.reply)]


def _evaluated(e: Evaluation, looked: Looked) -> dict[str, Any]:
    v = e.verdict
    unsure = {m.workload for m in v.measurements if m.inconclusive} if isinstance(v, Correct) else set()
    speedup = v.speedup if isinstance(v, Correct) and v.measurements else None
    calls = e.rollout.trajectory
    return {
        "task": e.task,
        "verdict": name(v).replace("_", " "),
        "reason": readable(reason(v), SHORT),
        "score": _three(e.score),
        "speedup": _three(speedup) if speedup else None,
        "points": v.points if isinstance(v, Graded) else None,
        "cells": [[w, *_three(c), w in unsure] for w, c in e.cells.items()],
        "feedback": looked.text(e.feedback),
        "facts": looked.text("\n".join(_facts(v))),
        "kernel": looked.text(e.rollout.kernel),
        "calls": [[looked.text(text) for text in (c.component, c.prompt, c.reply, c.outcome)] for c in calls],
        "samples": [_sides(m, looked) for m in (v.measurements if isinstance(v, Correct) else ())],
    }


def _three(found: Estimate) -> list[float]:
    return [float(f"{part:.5g}") for part in (found.value, found.low, found.high)]


def _sides(m: Measurement, looked: Looked) -> dict[str, Any]:
    sides = [[s.side, s.clock, len(s.seconds), looked.sampled(s.seconds)] for s in m.samples if s.seconds]
    return {"workload": m.workload, "baseline": BASELINES[m.baseline], "sides": sides}


def _facts(verdict: Verdict) -> Sequence[str]:
    """What the bench recorded, beside the feedback that was made of it."""
    match verdict:
        case Rejected(evidence=lines):
            return lines
        case BuildFailed(log=log) | Crashed(log=log):
            return (log,)
        case Incorrect(mismatches, passed):
            told = (f"{m.workload}: {m.what}, {m.wrong_share:.2%} of the elements" for m in mismatches)
            return (*told, *chain(*(m.details for m in mismatches)), *(f"{w}: right" for w in passed))
        case Static(code=code, profile=profile, tags=tags):
            return ("static, not timed", *map(str, code), *profile, *tags)
        case Correct(measurements, profile, tags):
            return (*chain(*map(_measured, measurements)), *profile, *tags)
        case _:
            return ()


def _measured(m: Measurement) -> Sequence[str]:
    unsure = " (inconclusive)" if m.inconclusive else ""
    took = f"{cost(m, m.candidate_s)} against {cost(m, m.baseline_s)} of {BASELINES[m.baseline]}"
    faster = claim(m.speedup, estimated=m.cycles is not None)
    first = f"{m.workload}: {faster}{unsure}, {took}; bound (an estimate), reached: {peak(m)}"
    where = (f"  {conditions(m.conditions)}",) if m.conditions else ()
    return (first, *where, *(f"  {note}" for note in m.notes))


def harmless(value: Any) -> Any:
    """Every string in it, names and origins too, is harmless to look at."""
    match value:
        case str():
            return readable(value)
        case dict():
            return {key: harmless(part) for key, part in value.items()}
        case list():
            return [harmless(part) for part in value]
        case _:
            return value


def maker(origin: str) -> str:
    """Who proposed it, without what was proposed."""
    found = MAKER.match(origin)
    return found[0] if found and found[0] else "somebody"
