"""`report.md`: what was measured, on what, against what, and how it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kernel_gepa.domain.events import Declined
from kernel_gepa.domain.provenance import flags, made_of
from kernel_gepa.domain.task import Form
from kernel_gepa.domain.timing import Measurement
from kernel_gepa.domain.verdict import Correct, Static
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.comparison import compared
from kernel_gepa.report.line import COLUMNS, lines
from kernel_gepa.report.outcome import Outcome, Winner
from kernel_gepa.report.words import BASELINES, claim, conditions, cost, interval, peak, plural, times


def report(outcome: Outcome) -> str:
    return "\n".join(_sections(outcome)) + "\n"


def overview(outcomes: Sequence[Outcome]) -> str:
    """`report.md` of a run over several tasks; each has a report of its own in a folder of its name."""
    told = [f"- [{o.task.id}]({o.task.id}/report.md): {headline(o)}" for o in outcomes]
    steps = ["```", COLUMNS, *lines(outcomes[0].events, tasks=len(outcomes)), "```"]
    how = f"Proposers: {outcomes[0].proposers}. The search ended because {outcomes[0].stopped}."
    return "\n".join([f"# {len(outcomes)} tasks\n", *told, f"\n{how}\n", *steps]) + "\n"


def _sections(outcome: Outcome) -> Iterator[str]:
    yield f"# {outcome.task.id}\n"
    yield headline(outcome) + "\n"
    if outcome.undecided is not None:
        yield "## Inconclusive verification\n"
        yield from measured(outcome.undecided)
        yield ""
    if outcome.winner is not None:
        yield f"## {'Estimated' if outcome.winner.estimated else 'Verified'} speedup\n"
        yield from measured(outcome.winner)
        yield f"\n{meant(outcome.winner, outcome)}\n"
        if isinstance(outcome.winner.verified, Correct) and outcome.winner.verified.tags:
            tags = outcome.winner.verified.tags
            yield f"Won by: {outcome.winner.made_by}. Made of: {', '.join(made_of(tags))}.\n"
            if flags(tags):
                yield "The screen, which only reported, would have refused it:\n"
                yield from (f"- {flag}" for flag in flags(tags))
    if outcome.looked_at:
        yield "## Static, not timed\n"
        yield from static(outcome.looked_at)
        yield ""
    if told := compared(outcome):
        yield f"## Control\n\n{told}\n"
    yield "## What was measured\n"
    if outcome.task.statement:
        yield outcome.task.statement.strip() + "\n"
    yield from (f"- {workload}" for workload in outcome.task.workloads)
    if outcome.task.start_is_generated:
        yield "\nThe start kernel is TorchInductor's code: torch.compile's work. What counts is the speedup against it."
    yield f"\nProcessor: {outcome.machine.processor}. Toolchain: {outcome.machine.toolchain}."
    isolation = "" if outcome.machine.isolates else ", which does not isolate"
    yield f"Sandbox: {outcome.machine.sandbox}{isolation}. Not measured on a GPU.\n"
    yield "## How it was found\n"
    yield f"Proposers: {outcome.proposers}. {tally(outcome)} The search ended because {outcome.stopped}.\n"
    yield used_up(outcome) + "\n"
    yield "```"
    yield COLUMNS
    yield from lines(outcome.events, tasks=1 + len(outcome.beside))
    yield "```"


def cell(text: str) -> str:
    """Text from anywhere, for one cell of a table: what would end the cell, or act on the page, does not."""
    flat = " ".join(text.split())
    for sign in "\\`|*_[]<>":
        flat = flat.replace(sign, f"\\{sign}")
    return flat


def used_up(outcome: Outcome) -> str:
    """What the run has used up. What has no price is said to have none."""
    spent = outcome.spend
    calls = plural(spent.model_calls, "model call")
    unpriced = f", of which {outcome.unpriced_calls} without a known price" if outcome.unpriced_calls else ""
    dollars = f", ${spent.usd:.4f}" if spent.usd or not outcome.unpriced_calls else ""
    models = f"; {calls}{unpriced}, {spent.tokens} tokens{dollars}" if spent.model_calls else ""
    return (
        f"Spent: {plural(spent.rollouts, 'rollout')}, {plural(spent.evaluations, 'evaluation')}, "
        f"{spent.wall_s:.0f} s for the search, {spent.device_s:.0f} s on the device{models}."
    )


MOST_LOOKED_AT = 12

HOW = (
    "The interval is the one in which a repetition of this measurement lies with 95 %: in {processes} fresh "
    "processes of both sides, interleaved batches on inputs that no launch has seen before, {threads} thread(s), "
    "{clock}, ratio of medians per process, median over the processes. Outputs of timed launches were checked."
)


ESTIMATED = (
    "Nothing was timed: the figures are ratios of cycles that the AIE emulator estimates. They tell vectorised from "
    "scalar and pipelined from serial code, not two good schedules apart. Outputs were checked on given and on fresh "
    "inputs."
)


def meant(winner: Winner, outcome: Outcome) -> str:
    """What its figures and their intervals mean."""
    return (ESTIMATED if winner.estimated else HOW).format(
        processes=outcome.processes, threads=outcome.machine.threads, clock=_clock(outcome)
    )


def _clock(outcome: Outcome) -> str:
    return "CPU time of the worker" if outcome.machine.threads == 1 else "wall time"


def headline(outcome: Outcome) -> str:
    """The one sentence that may be quoted."""
    winner = outcome.winner
    speedup = winner.geomean(outcome.main_baseline) if winner else None
    if outcome.undecided is not None and (seen := outcome.undecided.geomean(outcome.main_baseline)):
        return (
            f"Inconclusive: the fastest kernel, by {outcome.undecided.origin}, was measured at {claim(seen)} against "
            f"{BASELINES[outcome.main_baseline]}; the machine is too noisy to say more. Repeat it on a quiet one."
        )
    if winner is None and (looked_at := outcome.looked_at):
        right = sum(bool(verdict.passed) for _, verdict in looked_at)
        return (
            f"Static, not timed: {right} of {plural(len(looked_at), 'kernel')} that compile were found right by an "
            "interpreter. Nothing ran on a device, so none is said to be faster than another."
        )
    if outcome.unverified is not None:
        return not_verified(outcome.unverified, outcome)
    if winner is None or speedup is None:
        return f"No kernel was found that is measurably faster than {BASELINES[outcome.main_baseline]}."
    others = [b for b in BASELINES if b != outcome.main_baseline and winner.geomean(b)]
    beside = "".join(f", {claim(g)} against {BASELINES[b]}" for b in others if (g := winner.geomean(b)))
    if winner.estimated:
        return (
            f"Estimated, not measured: {times(speedup)} fewer cycles than {BASELINES[outcome.main_baseline]}, "
            f"by {winner.origin}. Won by: {winner.made_by}."
        )
    how = "Verified, but inconclusive (see the report)" if winner.inconclusive else "Verified"
    verified = f"{claim(speedup)} against {BASELINES[outcome.main_baseline]}{beside}"
    return f"{how}: {verified}, by {winner.origin}. Won by: {winner.made_by}."


def static(seen: Sequence[tuple[str, Static]]) -> Iterator[str]:
    """Facts of the machine code, by kernel and target. None of them is a time, and they stand in no order of merit."""
    yield "Facts of what the compilers made; occupancy is computed from them, and nothing is an order of merit.\n"
    yield "| kernel by | function | target | registers | spill bytes | shared bytes | occupancy at most | matrix |"
    yield "|---|---|---|---|---|---|---|---|"
    for origin, verdict in seen[:MOST_LOOKED_AT]:
        for c in verdict.code:
            facts = (c.registers, c.spill_bytes, c.shared_bytes)
            cells = " | ".join("not known" if fact is None else str(fact) for fact in facts)
            room = "not known" if c.occupancy is None else f"{c.occupancy:.0%}"
            function = f"{c.kernel} ({c.settings})" if c.settings else c.kernel
            yield f"| {origin} | {function} | {c.target} | {cells} | {room} | {c.matrix} of {sum(c.mix.values())} |"
    if len(seen) > MOST_LOOKED_AT:
        yield f"\n{len(seen) - MOST_LOOKED_AT} more kernels are in the journal."


def not_verified(best: Archived, outcome: Outcome) -> str:
    """What a figure of the search is worth."""
    against = BASELINES[outcome.main_baseline]
    if outcome.task.form is Form.AIE:  # an estimate is no luckier for being chosen
        return f"Not judged again: {claim(best.speedup, estimated=True)} against {against}, by {best.origin}."
    return (
        f"Not verified: {claim(best.speedup)} against {against}, by {best.origin}, in the "
        "measurement by which it was chosen. Whoever is chosen for a large number is expected to have been lucky."
    )


def tally(outcome: Outcome) -> str:
    tried, admitted = outcome.tried, outcome.admitted
    repeated = sum(isinstance(e, Declined) and not e.evaluations for e in outcome.events)
    parts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in tried.most_common())
    again = f", {plural(repeated, 'repetition')} refused unseen" if repeated else ""
    makers = ", ".join(f"{count} {maker}" for maker, count in outcome.made.most_common())
    made = f" Correct ones by maker: {makers}." if makers else ""
    return f"{plural(sum(tried.values()), 'proposal')} judged ({parts or 'none'}), {admitted} admitted{again}.{made}"


def measured(winner: Winner) -> Iterator[str]:
    """The figures, and what they were measured under."""
    measurements = tuple(m for baseline in BASELINES for m in winner.against(baseline))
    yield from _table(measurements)
    for bound in dict.fromkeys(f"{m.workload}: {m.bound.how}" for m in measurements if m.bound):
        yield f"\nBound (an estimate) at {bound}."
    for m in measurements:
        if m.conditions is not None:
            yield f"\n{m.workload} against {BASELINES[m.baseline]}: {conditions(m.conditions)}."
        yield from (f"\n{m.workload} against {BASELINES[m.baseline]}: {note}." for note in m.notes)


def _table(measurements: tuple[Measurement, ...]) -> Iterator[str]:
    yield "| workload | against | speedup | 95 % interval | kernel | baseline | bound (estimate), reached |"
    yield "|---|---|---|---|---|---|---|"
    for m in measurements:
        sure = "" if m.speedup.significant else " (not significant)"
        sure = " (inconclusive)" if m.inconclusive else sure
        yield (
            f"| {m.workload} | {BASELINES[m.baseline]} | {times(m.speedup)}{sure} | {interval(m.speedup)} "
            f"| {cost(m, m.candidate_s)} | {cost(m, m.baseline_s)} | {peak(m)} |"
        )
