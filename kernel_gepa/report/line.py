"""One line per step, in fixed columns: what was tried, what came of it, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from kernel_gepa.discreet import plain
from kernel_gepa.domain.evaluation import Batch, Evaluation
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.timing import geometric_mean
from kernel_gepa.domain.verdict import Correct, Graded, Static, name
from kernel_gepa.report.outcome import News
from kernel_gepa.report.words import times

COLUMNS = f"{'step':>5}  {'parent':>6}  {'decision':<9} {'verdict':<13} {'speedup':>9}  what was tried"


def lines(events: Iterable[Event], *, tasks: int = 1) -> Iterator[str]:
    news = News()
    return (line(step, event, news, tasks=tasks) for step, event in enumerate(events))


def line(step: int, event: Event, news: News, *, tasks: int = 1) -> str:
    """`news` has been told all earlier events: only what this one ran anew is shown. Of `tasks` several, also where."""
    match event:
        case Passed(reason, parent):
            return _columns(step, () if parent is None else (parent,), "passed", "", "", _short(reason))
        case Admitted(child, evaluations) | Declined(child, evaluations):
            decision = "admitted" if isinstance(event, Admitted) else "declined"
            fresh = news.of(event)
            what = child.origin if evaluations else f"{child.origin}: {_short(event.reason)}"
            where = f"  [{', '.join(e.task for e in fresh)}]" if fresh and tasks > 1 else ""
            return _columns(step, child.parents, decision, _verdict(fresh), _speedup(fresh), what + where)


def facts(step: int, event: Event, news: News) -> dict[str, Any]:
    """The same for machines: JSON values. `evaluations` are those that the step ran anew."""
    told: dict[str, Any] = {"step": step, "decision": type(event).__name__.lower(), "reason": event.reason}
    told["spent"] = asdict(event.spend)
    if isinstance(event, Passed):
        return {**told, "parents": [] if event.parent is None else [event.parent], "evaluations": []}
    fresh = [_judged(e) for e in news.of(event)]
    return {**told, "parents": list(event.child.parents), "origin": event.child.origin, "evaluations": fresh}


def _judged(e: Evaluation) -> dict[str, Any]:
    v = e.verdict
    speedup = v.speedup if isinstance(v, Correct) and v.measurements else None
    return {
        "task": e.task,
        "verdict": name(v),
        "speedup": {"median": speedup.value, "low": speedup.low, "high": speedup.high} if speedup else None,
        "inconclusive": isinstance(v, Correct) and v.inconclusive,
        "estimated": isinstance(v, Correct) and any(m.cycles is not None for m in v.measurements),
    }


def _columns(step: int, parents: tuple[int, ...], decision: str, verdict: str, speedup: str, what: str) -> str:
    of = "+".join(map(str, parents)) or "-"
    return plain(f"{step:>5}  {of:>6}  {decision:<9} {verdict:<13} {speedup:>9}  {what}")


def _verdict(batch: Batch) -> str:
    """The verdict that all share, or how many of them are correct."""
    names = Counter(name(e.verdict) for e in batch)
    if len(names) > 1:
        return f"{names['correct']} of {len(batch)} right"
    return next(iter(names), "")


def _speedup(batch: Batch) -> str:
    """Of the correct ones among them, together."""
    found = [e.verdict for e in batch if isinstance(e.verdict, Correct)]
    if not found and any(isinstance(e.verdict, Static) for e in batch):
        return "untimed "
    if not found:
        points = [e.verdict.points for e in batch if isinstance(e.verdict, Graded)]
        return f"{sum(points) / len(points):.2f} " if points else ""
    speedup = geometric_mean(v.speedup for v in found)
    if any(v.inconclusive for v in found):
        return times(speedup) + "?"
    if any(m.cycles is not None for v in found for m in v.measurements):
        return times(speedup) + "≈"  # of estimated cycles
    return times(speedup) + (" " if speedup.significant else "~")


def _short(text: str, limit: int = 90) -> str:
    first = text.splitlines()[0] if text else ""
    return first if len(first) <= limit else first[: limit - 1] + "…"
