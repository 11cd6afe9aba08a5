"""Where the search of one problem stands, as its journal has it: for the next share, for a line, and for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log, log2
from pathlib import Path

from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.events import Admitted, Event, Passed
from kernel_gepa.domain.timing import Estimate, Measurement
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.models.recorded import Replied
from kernel_gepa.prompts.reply import block
from kernel_gepa.recipes.reading import Read, begun, read
from kernel_gepa.report.outcome import news
from kernel_gepa.report.words import times
from kernel_gepa.search.allocation import Standing
from kernel_gepa.store.records import REPLY

WORDS = 500  # characters of what an author wrote about a kernel


@dataclass(frozen=True, slots=True)
class Best:
    """The fastest correct kernel so far, by the measurement it was judged with."""

    kernel: str
    origin: str
    speedup: Estimate
    baseline: str
    admitted: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one problem. `why` is what its author wrote about the best kernel, empty where nobody wrote anything."""

    standing: Standing
    best: Best | None = None
    why: str = ""

    @property
    def at_rest(self) -> Progress:
        """Verified before: it gets nothing more."""
        return replace(self, standing=replace(self.standing, ended=True))

    @property
    def line(self) -> str:
        best, share = self.best, self.standing.peak_fraction
        told = f"{times(best.speedup)} against {best.baseline}, by {best.origin}" if best else "nothing correct yet"
        bound = f", {share:.0%} of the estimated bound" if share else ""
        ended = "; has nothing left to try" if self.standing.ended else ""
        return f"{self.standing.rollouts:4} rollouts  {told}{bound}{ended}"


def progress_in(folder: Path, key: str, *, ended: bool = False) -> Progress:
    """Of a run that may not have begun."""
    return progress(read(folder), key, ended=ended) if begun(folder) else Progress(Standing(key))


def progress(found: Read, key: str, *, ended: bool = False) -> Progress:
    history = found.recorded.history
    tries = [e for each in news(history[1:]) for e in each] if history else []
    start = history[0].evaluations[0] if history and not isinstance(history[0], Passed) else None
    best, gains = _speedup(start), []
    for evaluation in tries:
        speedup = _speedup(evaluation)
        gains.append(log2(speedup / best) if best and speedup and speedup > best else 0.0)
        best = max(best or 0.0, speedup or 0.0) or None
    fastest = max((e for e in (*tries, *([start] if start else ())) if _speedup(e)), key=_value, default=None)
    return Progress(
        Standing(key, found.spend.rollouts, tuple(gains), peak_fraction(_measured(fastest)), ended),
        _best(fastest, history),
        _words_about(found, fastest),
    )


def peak_fraction(measurements: Sequence[Measurement]) -> float | None:
    """The geometric mean over the workloads, None unless every one has a bound. An estimate."""
    known = [m.peak_fraction for m in measurements if m.peak_fraction]
    return exp(sum(map(log, known)) / len(known)) if known and len(known) == len(measurements) else None


def _measured(evaluation: Evaluation | None) -> Sequence[Measurement]:
    verdict = evaluation.verdict if evaluation else None
    return verdict.measurements if isinstance(verdict, Correct) else ()


def _speedup(evaluation: Evaluation | None) -> float | None:
    """None for what is wrong, or was measured without a conclusion."""
    verdict = evaluation.verdict if evaluation else None
    return verdict.speedup.value if isinstance(verdict, Correct) and not verdict.inconclusive else None


def _value(evaluation: Evaluation) -> float:
    return _speedup(evaluation) or 0.0


def _best(fastest: Evaluation | None, history: Sequence[Event]) -> Best | None:
    if fastest is None or not isinstance(fastest.verdict, Correct):
        return None
    for number, event in enumerate(history):
        if not isinstance(event, Passed) and fastest.key in {e.key for e in event.evaluations}:
            origin = event.child.origin if number else "the start"
            baseline = fastest.verdict.measurements[0].baseline
            admitted = isinstance(event, Admitted) and number > 0
            return Best(fastest.rollout.kernel, origin, fastest.verdict.speedup, baseline, admitted)
    return None


def _words_about(found: Read, fastest: Evaluation | None) -> str:
    """What stands before the kernel in the reply that wrote it."""
    if fastest is None:
        return ""
    for replied in found.recorded.facts(REPLY, Replied):
        if block(replied.reply) == fastest.rollout.kernel:
            before = replied.reply.text.partition("```")[0].split("</think>")[-1]
            words = " ".join(before.split())
            return words if len(words) <= WORDS else words[:WORDS].rsplit(" ", 1)[0] + " …"
    return ""
