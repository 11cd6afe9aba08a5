"""A check in words: the same ones in the terminal, the comment, the test report and the page."""

from __future__ import annotations

from kernel_gepa.domain.comparison import Unit
from kernel_gepa.report.ci.record import Cell, Kernel, Result, State
from kernel_gepa.report.readable import readable
from kernel_gepa.report.words import duration, plural

COUNTED = {
    State.REGRESSION: "slower",
    State.INCORRECT: "incorrect",
    State.UNUSABLE: "unusable",
    State.FAILED: "not judged: the machine failed",
    State.UNJUDGED: "not judged: the budget ended",
    State.INCONCLUSIVE: "inconclusive",
    State.IMPROVED: "faster",
    State.SAME: "the same",
    State.UNCHANGED: "unchanged",
    State.NEW: "new",
    State.SKIPPED: "skipped",
}
ORDER = tuple(COUNTED)  # what a reader wants to see first


def headline(result: Result) -> str:
    """One sentence: how many kernels, and what came of them."""
    if not result.kernels:
        return "No kernel was touched."
    found = [f"{len(result.of(state))} {COUNTED[state]}" for state in ORDER if result.of(state)]
    return f"{plural(len(result.kernels), 'kernel')}: {', '.join(found)}."


def compared(result: Result) -> str:
    """What with what."""
    base, head = (
        f"{side.name} ({side.exact[:60]})" if side.exact else side.name for side in (result.base, result.head)
    )
    return readable(f"{head} against {base}")


def ordered(result: Result) -> list[Kernel]:
    return sorted(result.kernels, key=lambda kernel: (ORDER.index(kernel.state), kernel.source))


def amount(value: float, unit: Unit) -> str:
    """Per launch."""
    return duration(value) if unit is Unit.SECONDS else f"{value:,.0f} instructions"


def more(result: Result) -> str:
    """What `change` counts."""
    return "takes longer by" if result.rule.unit is Unit.SECONDS else "more instructions by"


def change(cell: Cell) -> str:
    """How much longer head takes, with its interval; negative is faster."""
    found = cell.speedup
    value, low, high = (f"{100 * (1 / x - 1):+.1f}" for x in (found.value, found.high, found.low))
    return f"{value} %" if low == high else f"{value} % ({low} to {high})"


def threshold(result: Result) -> str:
    rule = result.rule
    what = "time by the clock" if rule.unit is Unit.SECONDS else "instructions, counted, which are no time"
    times = {1: "one look", 2: "two looks"}.get(rule.confirmations, f"{rule.confirmations} looks")
    return (
        f"{what}; a difference is reported from {100 * rule.threshold:.3g} % on, when its 95 % interval excludes none "
        f"and {times} in fresh processes said so"
    )


def one_line(text: str, limit: int = 300) -> str:
    """Harmless to print: without controls, and without line ends, behind which a runner looks for commands."""
    words = " ".join(readable(text).split())
    return words if len(words) <= limit else f"{words[: limit - 1]}…"
