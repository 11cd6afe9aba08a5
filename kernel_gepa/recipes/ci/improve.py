"""`ci improve`: a budgeted search on named kernels, and what was won as a patch. Nothing is pushed."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import kernel_gepa
from kernel_gepa.domain.budget import Budget
from kernel_gepa.domain.comparison import Rule
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.errors import UsageError
from kernel_gepa.harness.measure import LEAST_INTERVAL, MEMORY_SPREAD
from kernel_gepa.recipes import files
from kernel_gepa.recipes.access import Access
from kernel_gepa.recipes.begin import create, drafted
from kernel_gepa.recipes.ci.check import CONFIGURATION, WHOSE
from kernel_gepa.recipes.ci.chosen import named
from kernel_gepa.recipes.ci.fingerprint import clocks
from kernel_gepa.recipes.ci.judge import cells_of, claimed
from kernel_gepa.recipes.ci.match import hashed
from kernel_gepa.recipes.ci.measures import looked
from kernel_gepa.recipes.ci.revisions import Repository, repository
from kernel_gepa.recipes.plugins import sandbox_named
from kernel_gepa.recipes.reading import read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.telling import write_page
from kernel_gepa.recipes.wish import Entry, Wish
from kernel_gepa.report import patch
from kernel_gepa.report.ci import record
from kernel_gepa.report.ci.mail import Won, mail
from kernel_gepa.report.ci.record import Fingerprint, Kernel, Result, Side, State
from kernel_gepa.report.outcome import Outcome

PATCH = "improve.patch"


@dataclass(frozen=True, slots=True)
class Search:
    """What the command line asks for, in its own words."""

    kernels: tuple[str, ...]
    out: Path
    budget: Budget
    model: str | None = None
    api_base: str | None = None
    access: Access = Access()  # noqa: RUF009  frozen
    seed: int = 0
    threads: int = 1
    processes: int = 7
    screen: str = "strict"
    sandbox: str = "auto"
    least_speedup: float = 1.05
    replay: Path | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Improved:
    result: Result
    page: str  # the report of the run
    patch: Path | None


def begun(search: Search) -> Run:
    """The run, in a folder of its own under `out`. Raises UsageError for kernels that are not as HEAD has them."""
    if search.least_speedup <= 1.0:
        raise UsageError(f"--least-speedup {search.least_speedup:g} is no speedup; use 1.05 for 5 %")
    here = repository(Path.cwd())
    folder = next(f for n in count(1) if not (f := search.out / f"run-{n}").exists())
    if search.replay is not None:
        return create(_repeated(search.replay), folder)
    sandbox = sandbox_named(search.sandbox, model=WHOSE, whose=WHOSE)
    wish = _wish(search, here, sandbox.name)
    _committed(wish, here)
    return create(wish, folder)


def _repeated(folder: Path) -> Wish:
    """A recorded run as it was asked for. One that was ended by hand ends where its record does."""
    recorded = read(folder)
    wish, spent = recorded.header.wish, recorded.spend
    budget = wish.budget if wish.budget.exhausted(spent) else replace(wish.budget, rollouts=spent.rollouts)
    asked = f"replay:{folder}" if wish.model else None
    return replace(wish, model=asked, verdicts=str(folder), control=None, budget=budget)


def _wish(search: Search, here: Repository, sandbox: str) -> Wish:
    prefix = Path.cwd().resolve().relative_to(here.root.resolve()).as_posix()
    wanted = named(search.kernels, prefix)
    if not wanted:
        raise UsageError(f"no kernel is named; name some here or in {CONFIGURATION} ([ci] kernels = [])")
    references = [each.reference for each in wanted if each.reference]
    return Wish(
        sources=tuple(os.path.relpath(here.root / each.source) for each in wanted),
        reference=os.path.relpath(here.root / references[0]) if references else None,
        sandbox=sandbox,
        screen=search.screen,
        model=search.model,
        api_base=search.api_base,
        budget=search.budget,
        seed=search.seed,
        threads=search.threads,
        processes=search.processes,
        access=search.access,
        force=search.force,
    )


def _committed(wish: Wish, here: Repository) -> None:
    """A patch against what nobody else has would not apply."""
    dirty = here.dirty
    for draft in drafted(wish):
        for path in (draft.source, draft.kernel_path):
            if path is not None and path.resolve().relative_to(here.root.resolve()).as_posix() in dirty:
                raise UsageError(f"{path} has changes that are not committed; commit or stash them, then search")


def finished(run: Run, outcomes: tuple[Outcome, ...], search: Search) -> Improved:
    """Writes the run's own files, and the patch of what was won."""
    here = repository(Path.cwd())
    files.write(outcomes, run.header, run.folder, archived=read(run.folder).archive)
    page = write_page(run.folder).read_text(encoding="utf-8")
    rule = Rule(
        threshold=search.least_speedup - 1, confirmations=1, looks=1, least=LEAST_INTERVAL, streaming=MEMORY_SPREAD
    )
    pairs = list(zip(run.header.entries, outcomes, strict=True))
    kernels = [_kernel(entry, outcome, rule, here) for entry, outcome in pairs]
    result = Result(
        schema=record.SCHEMA,
        version=kernel_gepa.__version__,
        command="improve",
        base=Side("HEAD", here.commit("HEAD")),
        head=Side("the best kernels of the search", ""),
        rule=rule,
        fingerprint=_fingerprint(run),
        kernels=tuple(kernels),
        spend=outcomes[0].spend,
        exit_code=record.exit_code([k.state for k in kernels], command="improve"),
        notes=tuple(_notes(run, search)),
    )
    won = [w for pair, kernel in zip(pairs, kernels, strict=True) if (w := _won(*pair, kernel)) is not None]
    path = search.out / PATCH
    path.unlink(missing_ok=True)  # of a search before
    if won:
        files.replace_text(path, mail(won, result, datetime.now(UTC)))
    return Improved(result, page, path if won else None)


def _kernel(entry: Entry, outcome: Outcome, rule: Rule, here: Repository) -> Kernel:
    source = _shown(entry.source, here)
    file = _shown(entry.kernel_path or entry.source, here)
    found = Kernel(entry.task.id, source, file, State.UNCHANGED, "no kernel was verified to be faster")
    found = replace(found, base_sha256=hashed(entry.task.kernel), notes=entry.task.warnings)
    if not outcome.events:
        return replace(found, state=State.UNJUDGED, why=f"the budget ended before the first verdict: {outcome.stopped}")
    if not outcome.tries:
        return replace(found, state=State.FAILED, why=f"no proposal was ever evaluated: {outcome.stopped}")
    best = outcome.winner or outcome.undecided
    if best is None or not isinstance(best.verified, Correct):
        return found
    clock = "cpu" if outcome.machine.threads == 1 else "wall"
    taken = {m.workload: [looked(m, clock)] for m in best.against(entry.against)}
    return claimed(replace(found, head_sha256=hashed(best.kernel)), cells_of(taken, rule))


def _won(entry: Entry, outcome: Outcome, kernel: Kernel) -> Won | None:
    """None where nothing was, and where the file is not as it was when the search began."""
    if kernel.state is not State.IMPROVED or outcome.winner is None:
        return None
    path = Path(entry.kernel_path) if entry.kernel_path else None
    changed = patch.updated(Path(entry.source), path, outcome.task, outcome.winner.kernel)
    return None if changed is None else Won(kernel, outcome.winner.origin, patch.unified(*changed))


def _notes(run: Run, search: Search) -> list[str]:
    notes = [f"the run is in {run.folder}; it ended because {run.stopped or run.stop.sentence}"]
    if search.replay is not None:
        notes.append(f"decided again from the recorded run {search.replay}: nothing was asked or measured now")
    return notes


def _fingerprint(run: Run) -> Fingerprint:
    machine, recorded = run.header.machine, run.header.wish.verdicts is not None
    return Fingerprint(
        device=machine.processor,
        driver="not recorded" if recorded else f"{platform.system()} {platform.release()}",
        compiler=machine.toolchain,
        clocks="not recorded" if recorded else clocks(),
        bench=f"{machine.sandbox}, {machine.threads} thread(s), {run.header.bench}",
    )


def _shown(path: str, here: Repository) -> str:
    resolved = Path(path).resolve()
    root = here.root.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else path
