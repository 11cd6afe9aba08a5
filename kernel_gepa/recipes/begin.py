"""A run is begun, or taken up again: all that can be wrong with a wish is found before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kernel_gepa.backends.cpu import processor
from kernel_gepa.benchmarks.single_file import Draft, look
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Static, name, reason
from kernel_gepa.errors import InfrastructureError, StartError, UsageError
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.induced import induced
from kernel_gepa.harness.probe import complete
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.models.choose import kind_of
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.proposers.knobs import check_knobs
from kernel_gepa.recipes import kinds
from kernel_gepa.recipes.access import specs
from kernel_gepa.recipes.benches import present_print, print_of, settings_of
from kernel_gepa.recipes.plan import Size, sizes_of
from kernel_gepa.recipes.plugins import backend_named, sandbox_named
from kernel_gepa.recipes.preflight import preflight
from kernel_gepa.recipes.prompts import read_prompts
from kernel_gepa.recipes.reading import read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.wish import INDUCTOR, Entry, Header, Wish, check
from kernel_gepa.report.outcome import Machine


def create(wish: Wish, folder: Path) -> Run:
    """A new run in `folder`. Everything that can be wrong with the wish is found before the journal is begun."""
    check(wish)
    if wish.verdicts is not None:
        recorded = read(Path(wish.verdicts)).header
        return Run(folder, replace(recorded, wish=wish, tariffs=repeated(wish, recorded)), new=True)
    prompts = read_prompts(Path(wish.prompts)) if wish.prompts else {}
    own = kinds.of(wish.backend).own
    if own is not None:
        header = own.header(wish, prompts)
        return Run(folder, replace(header, tariffs=preflight(wish, sizes_of(header), folder)), new=True)
    backend = backend_named(wish.backend)
    toolchain = backend.fingerprint
    sandbox = sandbox_named(wish.sandbox, model=wish.model)
    drafts = drafted(wish)
    tariffs = preflight(wish, [size_of(draft) for draft in drafts], folder)
    machine = Machine(processor(), toolchain.split(";")[0], wish.threads, sandbox.name, sandbox.isolates)
    with kinds.bench_for(wish.backend)(backend, sandbox, settings_of(wish, "start")) as bench:
        entries = tuple(entered(source, draft, bench, wish) for source, draft in zip(wish.sources, drafts, strict=True))
    bench_print = print_of(wish, [entry.against for entry in entries], backend, sandbox)
    return Run(folder, Header(wish, entries, sandbox.name, machine, bench_print, prompts, tariffs), new=True)


def drafted(wish: Wish) -> Sequence[Draft]:
    """The tasks as far as they are known without running anything."""
    drafts = [look(Path(s), reference=Path(wish.reference) if wish.reference else None) for s in wish.sources]
    names = Counter(draft.id for draft in drafts)
    if twice := [name for name, count in names.items() if count > 1]:
        raise UsageError(f"several tasks are called {twice[0]}; give their files different names, or leave one out")
    for draft in drafts:
        check_knobs(draft.kernel, str(draft.kernel_path or draft.source))
    return drafts


def entered(source: str, draft: Draft, bench: Bench, wish: Wish) -> Entry:
    """One task, completed by running its reference, and with a start that was looked at."""
    folder = bench.folder / "tasks" / draft.id
    folder.mkdir(parents=True)
    task = complete(draft, bench.sandbox, folder)
    if wish.start == INDUCTOR:
        task = induced(task, bench.sandbox, folder, wish.threads)
    path = str(draft.kernel_path) if draft.kernel_path else None
    return Entry(task, source, path, baseline(bench, task, model=wish.model))


def size_of(draft: Draft) -> Size:
    return Size(len(draft.statement.encode()) + len(draft.reference.encode()), len(draft.kernel.encode()))


def repeated(wish: Wish, recorded: Header) -> Mapping[str, Tariff]:
    """A recording is reckoned with at the prices of its run, so that a budget ends it where it ended then."""
    before = next(iter(recorded.tariffs.values()), None)
    asked = specs(wish.model, wish.access)
    return {spec: before for spec in asked if before is not None and kind_of(spec)[0] == "replay"}


def baseline(bench: Bench, task: Task, *, model: str | None) -> str:
    """The start kernel where it is right, else the eager reference; without a model a broken start is the end."""
    if task.start_is_reference:
        return "eager"
    verdict = bench.sound(task.kernel, task)
    if verdict is None:
        return "start"
    if isinstance(verdict, Static):
        raise InfrastructureError(
            f"nothing can be searched here: the kernel of {task.id} is {reason(verdict)}. Look at single kernels with "
            "`kernel-gepa eval`"
        )
    if model is None:
        raise StartError(
            f"the kernel of {task.id} cannot be a start, it is {name(verdict)}:\n"
            f"{feedback(verdict, task, task.kernel)}\nRepair it, or add --model to have it repaired."
        )
    return "eager"


def resume(folder: Path) -> Run:
    """Takes a run up where it was left. The machine must be the one that measured so far, or nothing compares."""
    header = read(folder).header
    if header.wish.verdicts is None and present_print(header) != header.bench:
        raise InfrastructureError(
            f"the run in {folder} was measured with another compiler, processor or sandbox "
            f"({header.machine.toolchain} on {header.machine.processor}); resume it there, or start a new run"
        )
    return Run(folder, header)
