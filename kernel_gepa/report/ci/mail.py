"""`improve.patch`: what was won, as a mail that `git am` takes with its message, and `git apply` without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from kernel_gepa.report.ci.record import Kernel, Result
from kernel_gepa.report.ci.words import amount, one_line
from kernel_gepa.report.words import plural

SENDER = "kernel-gepa <kernel-gepa@localhost>"
ZERO = "0" * 40  # git asks for a commit on the first line, and there is none yet


@dataclass(frozen=True, slots=True)
class Won:
    """A verified winner: its record, who wrote it, and the unified diff against the repository."""

    kernel: Kernel
    origin: str
    diff: str


def mail(won: Sequence[Won], result: Result, at: datetime) -> str:
    """`at` is when; a time zone is part of it."""
    headers = (
        f"From {ZERO} Mon Sep 17 00:00:00 2001",
        f"From: {SENDER}",
        f"Date: {format_datetime(at)}",
        f"Subject: [PATCH] {subject(won)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
    )
    return "\n".join([*headers, "", message(won, result), "---", *(w.diff.rstrip("\n") for w in won), "-- ", ""])


def subject(won: Sequence[Won]) -> str:
    """ASCII, so that it needs no encoding in a header."""
    if len(won) > 1:
        return f"Make {plural(len(won), 'kernel')} faster"
    kernel = won[0].kernel
    slowest = min(cell.speedup.value for cell in kernel.cells)
    name = one_line(kernel.name, 60).encode("ascii", "replace").decode()
    return f"Make {name} {slowest:.2f} times as fast"


def message(won: Sequence[Won], result: Result) -> str:
    """The evidence, for whoever reads the history: figures with intervals, how they were measured, and on what."""
    return "\n".join(_message(won, result))


def _message(won: Sequence[Won], result: Result) -> Iterator[str]:
    for each in won:
        yield f"{one_line(each.kernel.source)}, by {one_line(each.origin, 120)}:"
        for cell in each.kernel.cells:
            s, unit = cell.speedup, result.rule.unit
            yield f"  {one_line(cell.workload, 60)}: {s.value:.2f}x (95 % interval {s.low:.2f} to {s.high:.2f}),"
            yield f"    {amount(cell.base, unit)} before, {amount(cell.head, unit)} after"
        yield ""
    machine, processes = result.fingerprint, max(len(cell.looks[-1].pairs) for w in won for cell in w.kernel.cells)
    yield f"Verified in {processes} fresh processes of both sides, interleaved on one device, after"
    yield "it had been chosen by another measurement. Right on all workloads, on inputs unknown to it."
    yield f"Device: {one_line(machine.device)}"
    yield f"Compiler: {one_line(machine.compiler)}"
    spent = result.spend
    paid = f", {spent.model_calls} model calls, {spent.tokens} tokens, ${spent.usd:.2f}" if spent.model_calls else ""
    yield f"Search: {plural(spent.rollouts, 'rollout')}, {spent.wall_s:.0f} s{paid}"
