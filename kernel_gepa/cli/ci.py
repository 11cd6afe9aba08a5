"""`kernel-gepa ci`: kernels are kept fast in continuous integration.

check     correctness, and base against head in one job; no model, safe on pull requests from forks
improve   a budgeted search; the verified winner as a patch, never pushed
verify    the verdicts of a result again, from its raw samples
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kernel_gepa.errors import KernelGepaError, UsageError

if TYPE_CHECKING:
    from kernel_gepa.recipes.run import Run
    from kernel_gepa.report.ci.record import Kernel, Result
    from kernel_gepa.report.outcome import Outcome

OUT = Path(".kernel-gepa/ci")
KERNELS = "Files of tasks, or KERNEL.cpp=REFERENCE.py. Default: those of [ci] kernels in kernel-gepa.toml."
SANDBOX = "auto, docker, bubblewrap; local, which does not isolate, must be named here and not in a file."

ci = typer.Typer(
    name="ci", help="Keep kernels fast in continuous integration.", no_args_is_help=True, rich_markup_mode=None
)


@ci.command()
def check(
    context: typer.Context,
    kernels: list[str] = typer.Argument(None, help=KERNELS),
    changed_since: str | None = typer.Option(None, help="Only kernels that the diff since this revision touches."),
    base: str | None = typer.Option(None, help="Compare with this revision; default: that of --changed-since."),
    head: str = typer.Option("HEAD", help="The revision that is checked."),
    toolchain: list[str] = typer.Option(
        [], help="NAME=COMPILER or 'NAME=CXX FLAGS', twice: the same kernels built by two compilers, base first."
    ),
    baseline: Path | None = typer.Option(None, help="Compare with a stored baseline, if this is its machine."),
    save_baseline: Path | None = typer.Option(None, help="Measure, and store a baseline there."),
    measure: str = typer.Option("seconds", help="seconds, or instructions: counted by valgrind, exact, and no time."),
    threshold: float = typer.Option(0.05, help="The smallest relative difference worth reporting."),
    processes: int = typer.Option(7, help="Fresh processes of both sides in one look."),
    threads: int = typer.Option(1, help="Threads a kernel may use. More than one is timed by the wall clock."),
    screen: str = typer.Option("strict", help="strict refuses what the screen finds in a text; report only tells."),
    sandbox: str = typer.Option("auto", help=SANDBOX),
    backend: str = typer.Option("cpu", help="Language and toolchain of the kernels."),
    max_minutes: float | None = typer.Option(None, help="Begin no look after so many minutes."),
    measure_unchanged: bool = typer.Option(False, help="Time kernels with an unchanged text too: how noisy is it?"),
    inconclusive: str = typer.Option("fail", help="fail: exit code 5 when noise decides nothing; pass: exit code 0."),
    out: Path = typer.Option(OUT, help="Folder for result.json, junit.xml, summary.md, benchmark.json, report.html."),
    json: bool = typer.Option(False, "--json", help="Print result.json on stdout instead of the summary."),
) -> None:
    """Check kernels: right on all workloads, and head against base, interleaved on one device in one job.

    Exit code, the first that fits: 2 usage or an unusable task, 3 an incorrect kernel, 1 a regression, 4 the machine
    failed, 6 the budget ended before a verdict, 5 inconclusive, 0 fine.
    """
    from kernel_gepa.recipes.ci.check import INTERRUPTED, Wanted
    from kernel_gepa.recipes.ci.check import check as checked
    from kernel_gepa.recipes.ci.outputs import prepared

    _named_here(context, "toolchain", "out", "baseline", "save_baseline")
    if inconclusive not in ("fail", "pass"):
        raise UsageError(f"--inconclusive {inconclusive!r} is not known; it may be: fail, pass")
    with _told_to_github():
        prepared(out)
        wanted = Wanted(
            kernels=tuple(kernels or ()),
            base=base,
            head=head,
            changed_since=changed_since,
            toolchains=tuple(toolchain),
            baseline=baseline,
            save_baseline=save_baseline,
            measure=measure,
            threshold=threshold,
            processes=processes,
            threads=threads,
            screen=screen,
            sandbox=sandbox,
            backend=backend,
            max_minutes=max_minutes,
            measure_unchanged=measure_unchanged,
            inconclusive_passes=inconclusive == "pass",
        )
        result = checked(wanted, _progress)
    code = _closing(result, out, json=json)
    raise typer.Exit(130 if INTERRUPTED in result.notes else code)


@ci.command()
def improve(
    context: typer.Context,
    kernels: list[str] = typer.Argument(None, help=KERNELS),
    model: list[str] = typer.Option([], help="As for optimize; without one, the machine rewrites and tunes."),
    api_base: str | None = typer.Option(None, help="Address of an OpenAI-compatible server for the model."),
    price: list[str] = typer.Option([], help="IN,OUT in dollars per million tokens, or MODEL=IN,OUT."),
    reply_tokens: int | None = typer.Option(None, min=1, help="Most tokens of a reply."),
    key_variable: str = typer.Option("OPENAI_API_KEY", help="The variable with the key of an openai: model."),
    max_rollouts: int = typer.Option(40, help="Kernels to judge, the starts included."),
    max_usd: float | None = typer.Option(None, help="Dollars for the model."),
    max_calls: int | None = typer.Option(None, help="Requests to the model."),
    max_tokens: int | None = typer.Option(None, help="Tokens to and from the model, in all."),
    max_minutes: float | None = typer.Option(None, help="Minutes for the search; the verification comes after."),
    max_device_minutes: float | None = typer.Option(None, help="Minutes that the search may hold the device."),
    least_speedup: float = typer.Option(1.05, help="What a winner must at least be on some workload to be offered."),
    replay: Path | None = typer.Option(None, help="Decide a recorded run again, offline, with its own settings."),
    processes: int = typer.Option(7, help="Fresh processes of both sides that the verified speedup comes from."),
    threads: int = typer.Option(1, help="Threads a kernel may use. More than one is timed by the wall clock."),
    seed: int = typer.Option(0, help="Decides every random choice of the search."),
    screen: str = typer.Option("strict", help="strict refuses what the screen finds in a text; report only tells."),
    sandbox: str = typer.Option("auto", help=SANDBOX),
    force: bool = typer.Option(False, help="Start even if the budget buys fewer than three proposals."),
    out: Path = typer.Option(OUT, help="Folder for improve.patch, result.json, junit.xml, summary.md, report.html."),
    json: bool = typer.Option(False, "--json", help="Print result.json on stdout instead of the summary."),
) -> None:
    """Search for faster kernels within a budget, and write the verified winners as a patch. Nothing is pushed.

    Exit code 0 also when nothing was found; 2 usage, 3 a start kernel is incorrect, 4 the machine or the model failed,
    6 the budget ended before a verdict, 130 interrupted.
    """
    from kernel_gepa.domain.budget import Budget
    from kernel_gepa.recipes.access import AND, Access
    from kernel_gepa.recipes.ci.improve import Search, begun, finished
    from kernel_gepa.recipes.ci.outputs import prepared

    _named_here(context)
    search = Search(
        kernels=tuple(kernels or ()),
        out=out,
        budget=Budget(
            rollouts=max_rollouts,
            model_calls=max_calls,
            tokens=max_tokens,
            usd=max_usd,
            wall_s=None if max_minutes is None else 60 * max_minutes,
            device_s=None if max_device_minutes is None else 60 * max_device_minutes,
        ),
        model=AND.join(model) or None,
        api_base=api_base,
        access=Access(prices=tuple(price), reply_tokens=reply_tokens, key_variable=key_variable),
        seed=seed,
        threads=threads,
        processes=processes,
        screen=screen,
        sandbox=sandbox,
        least_speedup=least_speedup,
        replay=replay,
        force=force,
    )
    with _told_to_github():
        prepared(out)
        run = begun(search)
        outcomes = _searched(run)
        if outcomes is None:
            print(f"interrupted; the state is saved: kernel-gepa resume {run.folder}", file=sys.stderr)
            raise typer.Exit(130)
        found = finished(run, outcomes, search)
    extra = {"improve.patch": found.patch} if found.patch else {}
    raise typer.Exit(_closing(found.result, out, json=json, report=found.page, extra=extra))


def _searched(run: Run) -> tuple[Outcome, ...] | None:
    """The run to its end, a line for each step; None when it was interrupted."""
    from kernel_gepa.cli.log import log
    from kernel_gepa.cli.progress import interruptible, opening
    from kernel_gepa.report.line import COLUMNS
    from kernel_gepa.report.outcome import News

    told = log()
    with run, interruptible(run, told):
        for text in (*opening(run), COLUMNS):
            told.text(text)
        news, tasks = News(), len(run.header.entries)
        for event in run.search():
            told.step(len(run.events) - 1, event, news, tasks=tasks)
        if run.stop.sentence is not None:
            return None
        return run.outcomes(run.winners(told.text))


@ci.command()
def verify(result: Path = typer.Argument(help="The result.json of a check or of an improvement.")) -> None:
    """Make every verdict again from the raw samples. Exit code 1: one does not follow; 2: the file is none."""
    from kernel_gepa.report.ci.again import contradictions
    from kernel_gepa.report.ci.record import read
    from kernel_gepa.report.ci.words import headline, one_line

    found = read(result)
    wrong = [one_line(said) for said in contradictions(found)]
    for said in wrong:
        print(f"does not follow: {said}", file=sys.stderr)
    if wrong:
        print(f"error: {result} is not what its samples say; measure again", file=sys.stderr)
        raise typer.Exit(1)
    print(f"every verdict follows from the samples. {headline(found)}")


def _named_here(context: typer.Context, *only: str) -> None:
    """A pull request can change the configuration: there isolation is not given up, and neither a program that runs
    outside of a sandbox is named nor a place to write to.
    """
    for name, parameter in ((p.name, p) for p in context.command.params):
        source = context.get_parameter_source(name or "")
        configured = source is not None and source.name == "DEFAULT_MAP"
        if configured and (name in only or (name == "sandbox" and context.params["sandbox"] == "local")):
            what = parameter.opts[0].removeprefix("--")
            raise UsageError(
                f"the configuration sets {what}, and a pull request can change it; name it on the command line"
            )


@contextmanager
def _told_to_github() -> Iterator[None]:
    """What keeps a check from being made is an annotation too."""
    from kernel_gepa.report.ci.github import failure

    try:
        yield
    except KernelGepaError as error:
        if os.environ.get("GITHUB_ACTIONS") == "true":
            print(failure(str(error)))
        raise


def _progress(kernel: Kernel) -> None:
    from kernel_gepa.report.ci.words import one_line

    print(f"{one_line(kernel.source, 40):<40} {kernel.state:<13} {one_line(kernel.why, 200)}", file=sys.stderr)


def _closing(
    result: Result,
    out: Path,
    *,
    json: bool,
    report: str | None = None,
    extra: Mapping[str, Path] | None = None,
) -> int:
    from kernel_gepa.recipes.ci.outputs import tell_github, write
    from kernel_gepa.report.ci.record import written
    from kernel_gepa.report.ci.words import compared, headline, one_line, ordered

    files = {**write(result, out, report=report), **(extra or {})}
    for line in tell_github(result, files):
        print(line, file=sys.stderr if json else sys.stdout)
    if json:
        print(written(result), end="")
        return result.exit_code
    print(f"{headline(result)} {compared(result)}")
    for note in result.notes:
        print(f"note: {one_line(note)}")
    for kernel in ordered(result):
        print(f"  {kernel.state:<13} {one_line(kernel.source, 60)}: {one_line(kernel.why)}")
    for name, path in files.items():
        print(f"{name:<15} {path}")
    return result.exit_code
