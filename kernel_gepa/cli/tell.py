"""`kernel-gepa tell RUN ID FILE`: hands in the answer to a question of `kernel-gepa ask`."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from kernel_gepa.cli.options import folders
from kernel_gepa.errors import UsageError


def tell(
    run: Path = typer.Argument(help="Folder of the run, or an inbox that was copied from one.", autocompletion=folders),
    question: str = typer.Argument(help="The id that ask printed."),
    file: str = typer.Argument("-", help="File with the whole answer; - reads it from stdin."),
) -> None:
    """Hand in an answer. The run goes on with it at once, or when it is resumed."""
    from kernel_gepa.recipes.questions import tell as hand_in

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the answer {file} cannot be read: {error}") from error
    left = hand_in(run, question, text)
    print(f"handed in; {left} more open" if left else "handed in; no other question is open")
