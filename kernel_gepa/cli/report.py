"""`kernel-gepa report RUN`: the page about a run, written again from its journal."""

from __future__ import annotations

from pathlib import Path

import typer

from kernel_gepa.cli.options import RUN


def report(
    run: Path = RUN,
    out: Path | None = typer.Option(None, help="Write there instead of to report.html in the run's folder."),
) -> None:
    """Write report.html, one file that needs no network: what was found, who is best where, who comes from whom."""
    from kernel_gepa.errors import UsageError
    from kernel_gepa.recipes.telling import write_page

    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out {out}: the folder {out.parent} does not exist; make it first")
    print(write_page(run, out))
