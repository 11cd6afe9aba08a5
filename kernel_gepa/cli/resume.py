"""`kernel-gepa resume RUN`: goes on with a run that was interrupted or killed."""

from __future__ import annotations

from pathlib import Path

import typer

from kernel_gepa.cli.options import LOG_FORMAT, RUN
from kernel_gepa.cli.progress import follow
from kernel_gepa.errors import UsageError


def resume(
    run: Path = RUN,
    out: Path | None = typer.Option(None, help="Also write the winner there."),
    json: bool = typer.Option(False, "--json", help="Print result.json on stdout instead of the summary."),
    log_format: str | None = LOG_FORMAT,  # noqa: ARG001  its callback has used it
) -> None:
    """Go on with a run. It becomes the run that it would have been without the interruption."""
    from kernel_gepa.recipes.begin import resume as take_up
    from kernel_gepa.recipes.wish import SERVED

    made = take_up(run)
    if made.header.wish.model == SERVED:
        raise UsageError(f"the run in {run} is driven by an agent; go on with it: kernel-gepa serve {run}")
    raise typer.Exit(follow(made, out=out, json=json))
