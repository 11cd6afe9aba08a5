"""`summary.md`: a check as a comment on a pull request, which the next check replaces.

It begins with a mark, by which a workflow finds the comment that it wrote before. What kernels and compilers say is
shown as code: names of people, images and links in it do nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.report.ci.record import Kernel, Result, State
from kernel_gepa.report.ci.words import amount, change, compared, headline, more, one_line, ordered, threshold

MARK = "<!-- kernel-gepa:ci {command} -->"

# GitHub takes 65,536 characters of a comment. Bytes are counted, so that it holds however characters are.
MOST_BYTES = 60_000
LONGEST = 400  # of one explanation
ROOM = 600  # for what stands behind the table

TELLING = (State.REGRESSION, State.INCORRECT, State.UNUSABLE, State.FAILED, State.UNJUDGED, State.INCONCLUSIVE)
SIGNS = {
    State.REGRESSION: "❌ regression",
    State.INCORRECT: "❌ incorrect",
    State.UNUSABLE: "⚠️ unusable",
    State.FAILED: "⚠️ failed",
    State.UNJUDGED: "⚠️ not judged",
    State.INCONCLUSIVE: "❔ inconclusive",
    State.IMPROVED: "✅ improved",
    State.SAME: "same",
    State.UNCHANGED: "unchanged",
    State.NEW: "new",
    State.SKIPPED: "skipped",
}


def summary(result: Result) -> str:
    """At most MOST_BYTES. What does not fit is counted, the least telling first."""
    head = "\n".join(_head(result))
    foot = "\n".join(_foot(result))
    rows, left = list[str](), MOST_BYTES - len(head.encode()) - len(foot.encode()) - ROOM
    kernels = ordered(result)
    told = 0
    for kernel in kernels:
        block = "\n".join(_rows(kernel, result))
        left -= len(block.encode()) + 1
        if left < 0:
            break
        rows.append(block)
        told += 1
    if told < len(kernels):
        rows.append(f"\nand {len(kernels) - told} more kernels, which did not fit here; result.json has them all.")
    return "\n".join([head, *rows, foot]) + "\n"


def _head(result: Result) -> Iterator[str]:
    yield MARK.format(command=result.command)
    yield f"## kernel-gepa ci {result.command}: {headline(result)}\n"
    yield f"{code(compared(result))}\n"
    for note in result.notes:
        yield f"> {code(note)}\n"
    if result.kernels:
        yield f"| kernel | verdict | workload | {more(result)} (95 % interval) | base | head |"
        yield "|---|---|---|---|---|---|"


def _rows(kernel: Kernel, result: Result) -> Iterator[str]:
    name, sign = code(kernel.source), SIGNS[kernel.state]
    if not kernel.cells:
        yield f"| {name} | {sign} | {code(kernel.why, LONGEST)} | | | |"
        return
    for number, cell in enumerate(kernel.cells):
        first = (name, sign) if number == 0 else ("", "")
        figures = (change(cell), amount(cell.base, result.rule.unit), amount(cell.head, result.rule.unit))
        yield f"| {' | '.join(first)} | {code(cell.workload)}: {cell.claim} | {' | '.join(figures)} |"


def _foot(result: Result) -> Iterator[str]:
    machine = result.fingerprint
    yield f"\n<details><summary>How it was measured</summary>\n\n{threshold(result)}.\n"
    for what, told in (
        ("device", machine.device),
        ("driver", machine.driver),
        ("compiler", machine.compiler),
        ("clocks", machine.clocks),
        ("bench", machine.bench),
    ):
        yield f"- {what}: {code(told)}"
    spent = f"{result.spend.wall_s:.0f} s, of which {result.spend.device_s:.0f} s with the device"
    yield f"- spent: {spent}; exit code {result.exit_code}"
    yield "\n`kernel-gepa ci verify result.json` makes the verdicts again from the raw samples.\n</details>"


def code(text: str, limit: int = 200) -> str:
    """Inert in Markdown, in a table too."""
    words = one_line(text, limit).replace("|", "¦").replace("`", "ˋ")
    return f"`{words}`" if words else ""
