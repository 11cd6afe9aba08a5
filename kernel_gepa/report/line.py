"""One line per step, in fixed columns: what was tried, what came of it, and why."""

from __future__ import annotations

from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.verdict import Correct, Verdict, name
from kernel_gepa.report.words import times

COLUMNS = f"{'step':>5}  {'parent':>6}  {'decision':<9} {'verdict':<13} {'speedup':>9}  what was tried"


def line(step: int, event: Event) -> str:
    match event:
        case Passed(reason, parent):
            return _columns(step, () if parent is None else (parent,), "passed", "", "", _short(reason))
        case Admitted(child, evaluations) | Declined(child, evaluations):
            decision = "admitted" if isinstance(event, Admitted) else "declined"
            verdict = evaluations[0].verdict if evaluations else None
            what = child.origin if verdict is not None else f"{child.origin}: {_short(event.reason)}"
            return _columns(step, child.parents, decision, _verdict(verdict), _speedup(verdict), what)


def _columns(step: int, parents: tuple[int, ...], decision: str, verdict: str, speedup: str, what: str) -> str:
    of = "+".join(map(str, parents)) or "-"
    return f"{step:>5}  {of:>6}  {decision:<9} {verdict:<13} {speedup:>9}  {what}"


def _verdict(verdict: Verdict | None) -> str:
    return name(verdict) if verdict is not None else ""


def _speedup(verdict: Verdict | None) -> str:
    if not isinstance(verdict, Correct):
        return ""
    return times(verdict.speedup) + (" " if verdict.speedup.significant else "~")


def _short(text: str, limit: int = 90) -> str:
    first = text.splitlines()[0] if text else ""
    return first if len(first) <= limit else first[: limit - 1] + "…"
