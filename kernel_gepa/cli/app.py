"""The commands by name. Importing this loads nothing heavy, so that --help answers at once."""

from __future__ import annotations

from pathlib import Path

import typer
from typer.core import TyperGroup

import kernel_gepa
from kernel_gepa.cli.ask import ask
from kernel_gepa.cli.ci import ci
from kernel_gepa.cli.compare import compare
from kernel_gepa.cli.config import NAME, defaults
from kernel_gepa.cli.doctor import doctor
from kernel_gepa.cli.eval_dir import eval_dir
from kernel_gepa.cli.evaluate import evaluate
from kernel_gepa.cli.export_prompt import export_prompt
from kernel_gepa.cli.optimize import optimize
from kernel_gepa.cli.options import LOG_FORMAT
from kernel_gepa.cli.report import report
from kernel_gepa.cli.resume import resume
from kernel_gepa.cli.serve import serve
from kernel_gepa.cli.show import show
from kernel_gepa.cli.status import status
from kernel_gepa.cli.sweep import sweep
from kernel_gepa.cli.tell import tell
from kernel_gepa.cli.view import view

app = typer.Typer(
    name="kernel-gepa",
    help="Makes compute kernels faster, and proves it: evolution with a bench whose numbers hold.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kernel-gepa {kernel_gepa.__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    config: Path | None = typer.Option(None, help=f"Defaults for all commands. Without it: {NAME}, if it is here."),
    version_: bool = typer.Option(  # noqa: ARG001  its callback answers
        False, "--version", callback=version, is_eager=True, help="Print the version."
    ),
    log_format: str | None = LOG_FORMAT,  # noqa: ARG001  its callback has used it
) -> None:
    """Makes compute kernels faster, and proves it: evolution with a bench whose numbers hold."""
    if isinstance(context.command, TyperGroup):
        context.default_map = defaults(config, context.command)


app.command()(optimize)
app.command(name="eval")(evaluate)
app.command(name="eval-dir")(eval_dir)
app.command()(sweep)
app.command()(resume)
app.command()(status)
app.command()(show)
app.command()(report)
app.command()(view)
app.command()(compare)
app.command(name="export-prompt")(export_prompt)
app.command()(ask)
app.command()(tell)
app.command()(serve)
app.command()(doctor)
app.add_typer(ci)
