"""`kernel-gepa eval CANDIDATE --against REFERENCE`: one verdict, no search."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path

import typer

from kernel_gepa.discreet import plain


def evaluate(
    candidate: Path = typer.Argument(help="The kernel: a C or C++ file, or a Python file with ModelNew."),
    against: Path | None = typer.Option(None, help="The file that defines what is right; default: the same file."),
    backend: str = typer.Option("cpu", help="Language and toolchain: cpu; aie, emulated; triton and cuda, static."),
    baseline: str = typer.Option(
        "eager", help="Denominator of the speedup: eager, compile (torch.compile), or start (the reference's kernel)."
    ),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    screen: str = typer.Option("strict", help="strict refuses what the screen finds in a text; report only tells."),
    threads: int = typer.Option(1, help="Threads a kernel may use. More than one is timed by the wall clock."),
    processes: int = typer.Option(1, help="Fresh processes to measure in; several give the interval of a repetition."),
    task: Path | None = typer.Option(None, help="For --backend aie: a row of NPUEval's data set as a JSON file."),
    device: str = typer.Option("npu1", help="For --backend aie: npu1 (XDNA) or npu2 (XDNA 2), emulated."),
    trace: Path | None = typer.Option(
        None, help="For --backend aie: a device's trace as JSON, told beside the estimate."
    ),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Judge one kernel. Exit code 0: correct (with --backend triton: by its interpreter); 3: any other verdict;
    4: nothing could be judged; 5: it compiles, and nothing here can run it (--backend cuda).
    """
    from kernel_gepa.domain.verdict import Correct, Static
    from kernel_gepa.recipes.single import How, judge_file

    if backend == "aie":
        raise typer.Exit(_evaluate_npu(candidate, task, trace, sandbox=sandbox, device=device, json=json))

    how = How(
        backend=backend,
        baseline=baseline,
        sandbox=sandbox,
        screen=screen,
        threads=threads,
        processes=processes,
    )
    found = judge_file(candidate, against, how)
    if not found.isolated:
        print("warning: nothing is isolated, the kernel ran with your rights", file=sys.stderr)
    for warning in found.task.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(json_module.dumps(found.as_json) if json else plain(found.feedback))
    if isinstance(found.verdict, Static):
        raise typer.Exit(0 if found.verdict.passed else 5)
    raise typer.Exit(0 if isinstance(found.verdict, Correct) else 3)


def _evaluate_npu(kernel: Path, task: Path | None, trace: Path | None, *, sandbox: str, device: str, json: bool) -> int:
    """An AIE kernel on the emulator, by NPUEval's rule and by the strict one. Cycles are estimates."""
    from kernel_gepa.recipes.npu import judge_kernel

    found = judge_kernel(kernel, task, sandbox=sandbox, device=device, trace=trace)
    if not found.isolated:
        print("warning: nothing is isolated, the kernel ran with your rights", file=sys.stderr)
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(json_module.dumps(found.as_json) if json else plain(found.feedback))
    return 0 if found.assessment.strict else 3
