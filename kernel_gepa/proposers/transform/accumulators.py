"""A reduction in several independent accumulators: the additions no longer wait for one another."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.proposers.transform.loops import Loop, body_lines, innermost, leaves, loops, plain
from kernel_gepa.proposers.transform.precision import type_of
from kernel_gepa.proposers.transform.scalars import carried, reductions
from kernel_gepa.proposers.transform.source import Rewrite, Source, braced, substituted
from kernel_gepa.proposers.transform.strips import Size, Strip, sized

SIZES = (4, 8, 16, 32)


def accumulators(source: Source) -> Iterator[Rewrite]:
    for loop in loops(source):
        folded = reductions(loop.body)
        kinds = {name: type_of(name, loop.node) for name in folded}
        possible = folded and innermost(loop) and plain(loop) and not leaves(loop) and loop.step == "1"
        if possible and carried(loop.body) == set(folded) and all(k not in {None, "auto"} for k in kinds.values()):
            yield _rewritten(source, loop, {name: (str(kinds[name]), op) for name, op in folded.items()})


def _rewritten(source: Source, loop: Loop, folded: dict[str, tuple[str, str]]) -> Rewrite:
    strip = Strip.of(source, loop, "LANES")
    parts = {name: source.fresh(f"{name}_part") for name in folded}
    moved = substituted(source, loop.body, {name: part + strip.lane for name, part in parts.items()})
    each = f"for (int lane = 0; lane < {strip.size}; ++lane)"
    start, merge = [], []
    for name, (kind, op) in folded.items():
        part = f"{parts[name]}[lane]"
        zero = op == "+"
        start.append(f"{kind} {parts[name]}[{strip.size}]{' = {}' if zero else ''};")
        start += [] if zero else braced(each, [f"{part} = {name};"])
        merge.append(f"{name} += {part};" if zero else f"{name} = {part} > {name} ? {part} : {name};")
    whole = braced(strip.over, _under(strip.inside, moved))
    lines = [*start, strip.end, *whole, *braced(each, merge), *braced(strip.rest, body_lines(loop))]
    edits = [sized(source, Size(strip.size, 16, SIZES)), source.replaced(loop.node, lines)]
    return Rewrite(f"accumulators({', '.join(folded)})", source.edited(edits))


def _under(header: str, body: list[str]) -> list[str]:
    """A loop with the text of a statement, which brings its own braces or has none."""
    return [f"{header} {body[0]}", *body[1:]] if body[0].startswith("{") else braced(header, body)
