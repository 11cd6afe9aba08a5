"""The commands by name. Importing this loads nothing heavy, so that --help answers at once."""

from __future__ import annotations

import typer

import kernel_gepa
from kernel_gepa.cli.doctor import doctor
from kernel_gepa.cli.evaluate import evaluate
from kernel_gepa.cli.optimize import optimize
from kernel_gepa.cli.resume import resume
from kernel_gepa.cli.show import show
from kernel_gepa.cli.status import status

app = typer.Typer(
    name="kernel-gepa",
    help="Makes compute kernels faster, and proves it: evolution with a bench whose numbers hold.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kernel-gepa {kernel_gepa.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version_: bool = typer.Option(False, "--version", callback=version, is_eager=True, help="Print the version."),
) -> None:
    """Makes compute kernels faster, and proves it: evolution with a bench whose numbers hold."""


app.command()(optimize)
app.command(name="eval")(evaluate)
app.command()(resume)
app.command()(status)
app.command()(show)
app.command()(doctor)
