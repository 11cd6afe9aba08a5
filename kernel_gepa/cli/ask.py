"""`kernel-gepa ask RUN`: the questions of a run with `--model inbox:` that wait for an answer."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path

import typer

from kernel_gepa.cli.options import folders


def ask(
    run: Path = typer.Argument(help="Folder of the run, or an inbox that was copied from one.", autocompletion=folders),
    wait: float = typer.Option(0.0, min=0.0, help="Seconds to wait for a question, if none is open."),
    all_: bool = typer.Option(False, "--all", help="Every open question, not only the oldest."),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Print the next question of a run. Answer it with: kernel-gepa tell RUN ID FILE."""
    from kernel_gepa.discreet import plain
    from kernel_gepa.recipes.questions import waiting

    found = waiting(run, wait_s=wait)
    shown = found if all_ else found[:1]
    if json:
        print(json_module.dumps({"open": len(found), "questions": [{"id": q.id, "prompt": q.prompt} for q in shown]}))
        return
    if not found:
        print("no question is open; the run is busy, or it has ended: kernel-gepa status", file=sys.stderr)
        return
    for question in shown:
        print(f"<!-- question {question.id}; answer with: kernel-gepa tell {run} {question.id} FILE -->\n")
        print(plain(question.prompt))
    if len(found) > len(shown):
        print(f"{len(found) - len(shown)} more are open; add --all to see them", file=sys.stderr)
