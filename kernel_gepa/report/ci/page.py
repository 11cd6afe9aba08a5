"""`report.html` of a check: one file without scripts and without a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from math import log

from kernel_gepa.domain.comparison import Look, Unit
from kernel_gepa.judging.gate import effective, speedup
from kernel_gepa.report.ci.record import Cell, Kernel, Result
from kernel_gepa.report.ci.words import amount, change, compared, headline, more, ordered, threshold
from kernel_gepa.report.readable import readable

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
.looks { width: 260px; height: auto; vertical-align: middle }
.looks line.one { stroke: currentColor; stroke-dasharray: 2 3; opacity: .6 }
.looks rect { fill: currentColor; opacity: .08 }
.looks line.interval { stroke: currentColor; stroke-width: 2 }
.looks circle { fill: currentColor }
td, th { text-align: left; padding: .2em .8em .2em 0; vertical-align: top }
.scroll { overflow-x: auto }
"""
WIDTH, ROW = 260, 14
REACH = 0.25  # of the axis to either side, on the logarithm; what lies beyond is drawn at its end


def page(result: Result) -> str:
    style = (files("kernel_gepa.report.html") / "assets" / "page.css").read_text(encoding="utf-8")
    body = "\n".join(_body(result))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>kernel-gepa ci {result.command}</title>\n<style>{style}{STYLE}</style>\n</head>\n<body>\n{body}\n"
        "</body>\n</html>\n"
    )


def _body(result: Result) -> Iterator[str]:
    yield f"<h1>kernel-gepa ci {result.command}</h1>"
    yield f'<p class="headline">{_html(headline(result))}</p><p>{_html(compared(result))}</p>'
    yield f"<p>{_html(threshold(result))}.</p>"
    yield from (f"<p>{_html(note)}</p>" for note in result.notes)
    for kernel in ordered(result):
        yield from _kernel(kernel, result)
    yield "<h2>The machine</h2><ul>"
    machine = result.fingerprint
    for told in (machine.device, machine.driver, machine.compiler, machine.clocks, machine.bench):
        yield f"<li>{_html(told)}</li>"
    yield "</ul>"


def _kernel(kernel: Kernel, result: Result) -> Iterator[str]:
    yield f"<h2>{_html(kernel.source)}: {kernel.state}</h2><p>{_html(kernel.why)}</p>"
    if kernel.notes:
        yield "<ul>" + "".join(f"<li>{_html(note)}</li>" for note in kernel.notes) + "</ul>"
    if not kernel.cells:
        return
    head = f"<th>workload<th>claim<th>{more(result)}<th>base<th>head<th>looks (left: slower, right: faster)"
    yield f'<div class="scroll"><table><tr>{head}'
    for cell in kernel.cells:
        figures = (change(cell), amount(cell.base, result.rule.unit), amount(cell.head, result.rule.unit))
        told = "".join(f"<td>{_html(text)}" for text in (cell.workload, cell.claim, *figures))
        yield f"<tr>{told}<td>{_picture(cell, result)}"
    yield "</table></div>"


def _picture(cell: Cell, result: Result) -> str:
    """The interval of every look, the threshold shaded, and the processes' own ratios as dots."""
    height = ROW * len(cell.looks) + 4
    near = effective(cell.looks[-1], result.rule)
    left, right = _x(1 / (1 + near)), _x(1 + near)
    drawn = [f'<rect x="{left:.1f}" y="0" width="{right - left:.1f}" height="{height}"/>']
    drawn.append(f'<line class="one" x1="{_x(1):.1f}" x2="{_x(1):.1f}" y1="0" y2="{height}"/>')
    for number, look in enumerate(cell.looks):
        y = ROW * number + ROW / 2 + 2
        found = speedup(look, result.rule)
        ends = f'x1="{_x(found.low):.1f}" x2="{_x(found.high):.1f}"'
        drawn.append(f'<line class="interval" {ends} y1="{y:.1f}" y2="{y:.1f}"/>')
        dots = (*_ratios(look, result.rule.unit), found.value)
        drawn += [f'<circle cx="{_x(r):.1f}" cy="{y:.1f}" r="{2.5 if r == found.value else 1.2}"/>' for r in dots]
    title = f"{readable(cell.why)}: {cell.speedup.value:.3f}x ({cell.speedup.low:.3f} to {cell.speedup.high:.3f})"
    inside = f"<title>{escape(title)}</title>{''.join(drawn)}"
    return f'<svg class="looks" viewBox="0 0 {WIDTH} {height}" role="img">{inside}</svg>'


def _ratios(look: Look, unit: Unit) -> Sequence[float]:
    if unit is Unit.INSTRUCTIONS or look.then:
        return ()
    return [sorted(p.base)[len(p.base) // 2] / sorted(p.head)[len(p.head) // 2] for p in look.pairs]


def _x(ratio: float) -> float:
    part = max(-REACH, min(REACH, log(ratio)))
    return WIDTH / 2 + part / REACH * (WIDTH / 2 - 4)


def _html(text: str) -> str:
    return escape(readable(text, 20_000))
