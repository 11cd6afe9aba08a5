"""`kernel-gepa compare RUN RUN`: runs side by side, and of verified ones, which is ahead."""

from __future__ import annotations

import json as json_module
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import typer

from kernel_gepa.cli.options import folders
from kernel_gepa.discreet import plain
from kernel_gepa.errors import UsageError

if TYPE_CHECKING:
    from kernel_gepa.report.sides import Fact

WIDTH = 100


def compare(
    runs: list[Path] = typer.Argument(help="Folders of two or more runs.", autocompletion=folders),
    md: bool = typer.Option(False, "--md", help="A Markdown table, for a comment or a report."),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
    out: Path | None = typer.Option(None, help="Also write there the page that shows them side by side."),
) -> None:
    """Say what each run found and spent, and whose verified kernel is faster, where that can be compared.

    Speedups are compared where both were verified, from the same start, on the same machine, against the same baseline.
    """
    if len(runs) < 2:
        raise UsageError("compare what with what? Name two runs or more; one is told by: kernel-gepa show RUN")
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out {out}: the folder {out.parent} does not exist; make it first")
    from kernel_gepa.recipes.reading import read
    from kernel_gepa.recipes.telling import story
    from kernel_gepa.report.sides import compared, distinct, facts

    stories = [story(read(run), run) for run in runs]
    names = distinct([run.resolve().name for run in runs])
    told = [facts(each) for each in stories]
    sentences = list(compared(list(zip(names, stories, strict=True))))
    if json:
        sides = [{"run": str(run), "name": name, **dict(f)} for run, name, f in zip(runs, names, told, strict=True)]
        print(json_module.dumps({"runs": sides, "compared": sentences}))
    elif md:
        print(plain("\n".join([*table(names, told), "", *(f"- {s}" for s in sentences)])))
    else:
        print(plain("\n".join([*blocks(names, told), *sentences])))
    if out is not None:
        from kernel_gepa.recipes.telling import write_sides

        links = [page_of(run, out) for run in runs]
        print(write_sides(dict(zip(names, stories, strict=True)), links, out))


def blocks(names: Sequence[str], told: Sequence[Sequence[Fact]]) -> Iterator[str]:
    """Fact by fact, the runs below each other: their sentences are too long for columns."""
    margin = max(map(len, names)) + 4
    for at, (label, _) in enumerate(told[0]):
        yield label
        for name, facts in zip(names, told, strict=True):
            first, *rest = wrap(facts[at][1], WIDTH - margin) or [""]
            yield f"  {name:<{margin - 2}}{first}"
            yield from (f"{'':{margin}}{line}" for line in rest)
        yield ""


def table(names: Sequence[str], told: Sequence[Sequence[Fact]]) -> Iterator[str]:
    from kernel_gepa.report.markdown import cell

    yield f"| | {' | '.join(map(cell, names))} |"
    yield "|---" * (len(names) + 1) + "|"
    for at, (label, _) in enumerate(told[0]):
        yield f"| {label} | {' | '.join(cell(facts[at][1]) for facts in told)} |"


def page_of(run: Path, out: Path) -> str:
    """Where the run's own page is, as seen from `out`; empty if it has none."""
    from kernel_gepa.recipes.telling import NAME

    return os.path.relpath(run / NAME, out.parent) if (run / NAME).is_file() else ""
