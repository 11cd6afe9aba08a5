"""Loops cut into strips of a fixed size: the names, the constant that `tune` turns, and the headers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel_gepa.domain.dialect import is_c
from kernel_gepa.proposers.transform.loops import Loop
from kernel_gepa.proposers.transform.source import Edit, Source, walk


@dataclass(frozen=True, slots=True)
class Strip:
    """A loop in strips of `size` iterations: `start` runs over the strips.

    `full` is where the last whole strip ends, `last` where the present one does when it may be cut short.
    """

    loop: Loop
    size: str
    start: str
    full: str
    last: str

    @classmethod
    def of(cls, source: Source, loop: Loop, word: str) -> Strip:
        return cls(
            loop,
            size=source.fresh(f"{word}_{loop.var.upper()}"),
            start=source.fresh(f"{loop.var}0"),
            full=source.fresh(f"{loop.var}_full"),
            last=source.fresh(f"{loop.var}_end"),
        )

    @property
    def end(self) -> str:
        """The line that says where the whole strips end."""
        return f"const {self.loop.type} {self.full} = {self.loop.whole(self.size)};"

    @property
    def over(self) -> str:
        """The loop over whole strips."""
        return self.loop.header(bound=self.full, var=self.start, step=self.size)

    @property
    def inside(self) -> str:
        """The loop over one whole strip."""
        return self.loop.header(self.start, f"{self.start} + {self.size}")

    @property
    def rest(self) -> str:
        """The loop over what no whole strip covers."""
        return self.loop.header(self.full)

    @property
    def over_all(self) -> str:
        """The loop over all strips, the last one cut short."""
        return self.loop.header(var=self.start, step=self.size)

    @property
    def clip(self) -> str:
        """The line that says where the present strip ends."""
        end = f"{self.start} + {self.size}"
        return f"const {self.loop.type} {self.last} = {end} < {self.loop.bound} ? {end} : {self.loop.bound};"

    @property
    def clipped(self) -> str:
        """The loop over the present strip, which may be cut short."""
        return self.loop.header(self.start, self.last)

    @property
    def lane(self) -> str:
        """The position inside a strip, as an index."""
        return f"[{self.loop.var} - {self.start}]"


@dataclass(frozen=True, slots=True)
class Size:
    """A strip's size: where it starts, and what `tune` may make of it."""

    name: str
    value: int
    choices: Sequence[int]

    def line(self, *, plain_c: bool) -> str:
        """C has no constant variables: an array of so many elements could not be given a value."""
        said = f"#define {self.name} {self.value}" if plain_c else f"constexpr int {self.name} = {self.value};"
        return f"{said}  // tune: {', '.join(map(str, self.choices))}\n"


def sized(source: Source, *sizes: Size) -> Edit:
    """The constants, before the first function or after the constants that stand there already."""
    lines = "".join(size.line(plain_c=is_c(source.text)) for size in sizes)
    first = next(n for n in source.root.named_children if any(f.type == "function_definition" for f in walk(n)))
    above = first.prev_named_sibling
    while above is not None and above.type == "comment" and above.end_point[0] + 1 >= first.start_point[0]:
        first, above = above, above.prev_named_sibling
    if above is not None and above.type == "comment":
        above = above.prev_named_sibling
    if above is None or above.type != "declaration" or above.end_point[0] == first.start_point[0]:
        return Edit(first.start_byte, first.start_byte, lines + "\n")
    after = source.code.index(b"\n", above.end_byte) + 1
    return Edit(after, after, lines)
