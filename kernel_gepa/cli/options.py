"""What several commands ask for in the same words, and how a shell completes it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import typer

from kernel_gepa.cli.log import FORMATS, use

JOURNAL = "journal.jsonl"  # what makes a folder a run; the store is not loaded to complete a word


def folders(incomplete: str) -> list[str]:
    """Folders of runs that begin with what was typed, and those in which some may be."""
    start = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    return sorted(_below(start, incomplete))


def _below(start: Path, typed: str) -> Iterator[str]:
    try:
        found = [Path(entry.path) for entry in os.scandir(start) if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return
    for folder in found:
        if not str(folder).startswith(typed.removeprefix("./")):
            continue
        if (folder / JOURNAL).is_file():
            yield str(folder)
        elif any((inner / JOURNAL).is_file() for inner in folder.glob("*")):
            yield from (str(inner) for inner in folder.glob("*") if (inner / JOURNAL).is_file())
        else:
            yield f"{folder}/"


def forms(incomplete: str) -> list[str]:
    return [form for form in FORMATS if form.startswith(incomplete)]


RUN = typer.Argument(help="Folder of the run.", autocompletion=folders)
LOG_FORMAT = typer.Option(
    None,
    callback=use,
    autocompletion=forms,
    help="Of what is said on stderr: text (default), or json: one object on each line.",
)


def seeds(words: list[str]) -> tuple[int, str | None]:
    """What --seed says, which may be given twice: a number, and what kernels start from."""
    numbers = [word for word in words if re.fullmatch(r"-?[0-9]+", word)]
    return int(numbers[-1]) if numbers else 0, next((word for word in words if word not in numbers), None)
