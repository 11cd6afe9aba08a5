"""`kernel-gepa optimize kernel.py`: searches for a faster kernel and verifies what it found."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from kernel_gepa.cli.options import LOG_FORMAT, seeds
from kernel_gepa.cli.progress import follow
from kernel_gepa.domain.budget import Budget
from kernel_gepa.domain.timing import FALSE_ADMISSIONS


def optimize(
    kernels: list[Path] = typer.Argument(
        help="KernelBench form, our own form, or a C or C++ file with --reference. Several are searched as one. "
        "With --backend aie: a kernel with --task, or rows of NPUEval's data set as JSON files."
    ),
    reference: Path | None = typer.Option(None, help="For a kernel in C or C++: the file that defines what is right."),
    backend: str = typer.Option("cpu", help="Language and toolchain: cpu; aie, emulated; triton and cuda, static."),
    model: list[str] = typer.Option(
        [], help="openai/gpt-5, openai:NAME, cmd:PROGRAM ARGS, inbox:, replay:RUN, …; several share by weight: 3*NAME."
    ),
    reflect_model: str | None = typer.Option(None, help="The model that reflects, if it is not the one for all."),
    planner_model: str | None = typer.Option(None, help="The model of the planner, if it is not the one for all."),
    coder_model: str | None = typer.Option(None, help="The model of the coder, if it is not the one for all."),
    repairer_model: str | None = typer.Option(None, help="The model of the repairer, if it is not the one for all."),
    api_base: str | None = typer.Option(None, help="Address of an OpenAI-compatible server for the model."),
    evolve: str = typer.Option(
        "kernels", help="kernels, the prompts of a system of modules that writes them, or both together."
    ),
    prompts: Path | None = typer.Option(None, help="Start from the prompts that `export-prompt` wrote there."),
    price: list[str] = typer.Option(
        [], help="IN,OUT in dollars per million tokens, or MODEL=IN,OUT: for what no list knows."
    ),
    reply_tokens: int | None = typer.Option(
        None, min=1, help="Most tokens of a reply; default: bounded under a cap only."
    ),
    temperature: float | None = typer.Option(None, help="As the model understands it."),
    reasoning_effort: str | None = typer.Option(None, help="As the model understands it: low, medium, high."),
    model_timeout: float = typer.Option(600.0, min=1.0, help="Seconds for one reply."),
    model_env: list[str] = typer.Option([], help="Variables that a cmd: model may see beside the harmless ones."),
    key_variable: str = typer.Option("OPENAI_API_KEY", help="The variable with the key of an openai: model."),
    in_flight: int = typer.Option(8, min=1, help="Requests to one model at a time."),
    requests_per_minute: int | None = typer.Option(None, min=1, help="To one model."),
    tokens_per_minute: int | None = typer.Option(None, min=1, help="To and from one model."),
    cache_replies: bool = typer.Option(False, help="Take replies of earlier runs to the same question, for nothing."),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    screen: str = typer.Option("strict", help="strict refuses what the screen finds in a text; report only tells."),
    max_rollouts: int = typer.Option(40, help="Kernels to judge, the starts included."),
    max_evaluations: int | None = typer.Option(None, help="Verdicts of the bench, second measurements included."),
    max_usd: float | None = typer.Option(None, help="Dollars for the model."),
    max_calls: int | None = typer.Option(None, help="Requests to the model."),
    max_tokens: int | None = typer.Option(None, help="Tokens to and from the model, in all."),
    max_minutes: float | None = typer.Option(
        None, help="Minutes after which no step of the search begins; the verification comes after."
    ),
    max_device_minutes: float | None = typer.Option(None, help="Minutes on the device after which no step begins."),
    force: bool = typer.Option(False, help="Start even if the budget buys fewer than three proposals."),
    threads: int = typer.Option(1, help="Threads a kernel may use. More than one is timed by the wall clock."),
    processes: int = typer.Option(7, help="Fresh processes of both sides that the verified speedup comes from."),
    also_against: list[str] = typer.Option(
        [], help="A baseline to verify the winner against beside the start and eager PyTorch: compile (torch.compile)."
    ),
    seed: list[str] = typer.Option(
        ["0"],
        help="A number that decides every random choice of the search; and inductor, to start from what TorchInductor "
        "generates for a reference of KernelBench form. Give the option twice for both.",
    ),
    prune: str = typer.Option("cover", help="Rule that thins out the Pareto front: cover or dominance."),
    width: int = typer.Option(1, help="Proposals that are made and judged side by side; what is timed is timed alone."),
    false_admissions: float = typer.Option(
        FALSE_ADMISSIONS, help="Of proposals that are no better than what is known, at most this share is admitted."
    ),
    stop_at_bound: bool = typer.Option(
        True, help="End when the best kernel reaches 95 % of the estimated bound on every workload."
    ),
    control: str | None = typer.Option(
        None, help="Also search this way with the same budget, and compare: best-of-n, sequential-5, greedy, random."
    ),
    run: Path | None = typer.Option(None, help="Folder of the run. Default: runs/NAMES-DATE."),
    out: Path | None = typer.Option(None, help="Also write the winner there; of several tasks, into that folder."),
    task: Path | None = typer.Option(None, help="For an AIE kernel: the row of NPUEval's data set it is judged by."),
    device: str = typer.Option("npu1", help="For --backend aie: npu1 (XDNA) or npu2 (XDNA 2), emulated."),
    verdicts: Path | None = typer.Option(None, help="Decide again from the recorded verdicts of this run; no bench."),
    json: bool = typer.Option(False, "--json", help="Print result.json on stdout instead of the summary."),
    log_format: str | None = LOG_FORMAT,  # noqa: ARG001  its callback has used it
) -> None:
    """Make kernels faster. Nothing is claimed that was not measured twice.

    Writes kernel.opt.*, kernel.patch, result.json, report.md, every correct kernel (archive/) and the journal into the
    run's folder; of several tasks, each into a folder of its name.
    """
    from kernel_gepa.recipes.access import AND, Access
    from kernel_gepa.recipes.begin import create
    from kernel_gepa.recipes.files import check_out
    from kernel_gepa.recipes.wish import Wish

    check_out(out, len(kernels))
    parts = {"reflect": reflect_model, "planner": planner_model, "coder": coder_model, "repairer": repairer_model}
    number, start = seeds(seed)
    wish = Wish(
        sources=tuple(map(str, kernels)),
        reference=str(reference) if reference else None,
        backend=backend,
        sandbox=sandbox,
        screen=screen,
        model=AND.join(model) or next((words for words in parts.values() if words), None),
        api_base=api_base,
        budget=Budget(
            rollouts=max_rollouts,
            evaluations=max_evaluations,
            model_calls=max_calls,
            tokens=max_tokens,
            usd=max_usd,
            wall_s=None if max_minutes is None else 60 * max_minutes,
            device_s=None if max_device_minutes is None else 60 * max_device_minutes,
        ),
        seed=number,
        start=start,
        threads=threads,
        prune=prune,
        width=width,
        false_admissions=false_admissions,
        control=control,
        processes=processes,
        also=tuple(also_against),
        verdicts=str(verdicts) if verdicts else None,
        evolve=evolve,
        prompts=str(prompts) if prompts else None,
        task=str(task) if task else None,
        device=device,
        access=Access(
            parts={part: words for part, words in parts.items() if words is not None},
            prices=tuple(price),
            reply_tokens=reply_tokens,
            temperature=temperature,
            reasoning_effort=reasoning_effort,
            timeout_s=model_timeout,
            environment=tuple(model_env),
            key_variable=key_variable,
            in_flight=in_flight,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            cache=cache_replies,
        ),
        stop_at_bound=stop_at_bound,
        force=force,
    )
    names = "-".join(kernel.stem for kernel in kernels[:3]) + ("-and-more" if len(kernels) > 3 else "")
    folder = run or Path("runs") / f"{names}-{time.strftime('%Y%m%d-%H%M%S')}"
    raise typer.Exit(follow(create(wish, folder), out=out, json=json))
