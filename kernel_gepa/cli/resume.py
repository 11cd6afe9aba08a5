"""`kernel-gepa resume RUN`: goes on with a run that was interrupted or killed."""

from __future__ import annotations

from pathlib import Path

import typer

from kernel_gepa.cli.progress import follow


def resume(
    run: Path = typer.Argument(help="Folder of the run."),
    out: Path | None = typer.Option(None, help="Also write the winner there."),
    json: bool = typer.Option(False, "--json", help="Print result.json on stdout instead of the summary."),
) -> None:
    """Go on with a run. It becomes the run that it would have been without the interruption."""
    from kernel_gepa.recipes.run import resume as take_up

    raise typer.Exit(follow(take_up(run), out=out, json=json))
