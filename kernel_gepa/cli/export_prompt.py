"""`kernel-gepa export-prompt RUN`: the best evolved prompts, as a file that another run can start from."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from kernel_gepa.cli.options import folders


def export_prompt(
    run: Path = typer.Argument(help="Folder of a run with --evolve prompts or both.", autocompletion=folders),
    out: Path | None = typer.Option(None, help="Write there instead of on stdout."),
) -> None:
    """Write the prompts of the candidate with the best mean over all tasks; `optimize --prompts FILE` takes them."""
    from kernel_gepa.recipes.files import check_out, replace_text
    from kernel_gepa.recipes.prompts import best_prompts
    from kernel_gepa.recipes.reading import read

    check_out(out, 1)
    written = json.dumps(best_prompts(read(run)), indent=2) + "\n"
    if out is None:
        print(written, end="")
    else:
        replace_text(out, written)
        print(out)
