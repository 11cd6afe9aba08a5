"""`ci check`: every chosen kernel judged at head, and held against its base."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import kernel_gepa
from kernel_gepa.backends.cpu import Cpu, Toolchain
from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.comparison import Rule, Unit
from kernel_gepa.errors import TaskError, ToolchainError, UsageError
from kernel_gepa.harness import counted
from kernel_gepa.harness.driver import Settings
from kernel_gepa.ports import Backend, Sandbox
from kernel_gepa.recipes.ci.chosen import Named, found, named, touched
from kernel_gepa.recipes.ci.fingerprint import differences, fingerprint_of
from kernel_gepa.recipes.ci.judge import Judging, Measure
from kernel_gepa.recipes.ci.match import (
    Baseline,
    Compiler,
    Eager,
    Nobody,
    Opponent,
    Revision,
    definition,
    match_of,
    threshold_checked,
)
from kernel_gepa.recipes.ci.measures import counts, timed
from kernel_gepa.recipes.ci.revisions import Repository, repository
from kernel_gepa.recipes.ci.toolchains import sides_of, toolchains
from kernel_gepa.recipes.files import replace_text
from kernel_gepa.recipes.plugins import backend_named, remembering, sandbox_named
from kernel_gepa.recipes.wish import LEAST_PROCESSES, is_strict
from kernel_gepa.report.ci import record, stored
from kernel_gepa.report.ci.record import Kernel, Result, Side, State

CONFIGURATION = "kernel-gepa.toml"
INTERRUPTED = "it was interrupted"
WHOSE = "A pull request's"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for, in its own words."""

    kernels: tuple[str, ...] = ()
    base: str | None = None
    head: str = "HEAD"
    changed_since: str | None = None
    toolchains: tuple[str, ...] = ()
    baseline: Path | None = None
    save_baseline: Path | None = None
    measure: str = Unit.SECONDS.value
    threshold: float = 0.05
    processes: int = 7
    threads: int = 1
    screen: str = "strict"
    sandbox: str = "auto"
    backend: str = "cpu"
    max_minutes: float | None = None
    measure_unchanged: bool = False
    inconclusive_passes: bool = False


def check(wanted: Wanted, say: Callable[[Kernel], None] = lambda _: None) -> Result:
    """Raises UsageError and InfrastructureError for what keeps every kernel from being judged."""
    began = time.monotonic()
    _sensible(wanted)
    here = repository(Path.cwd())
    head = here.commit(wanted.head)
    sandbox = sandbox_named(wanted.sandbox, model=WHOSE, whose=WHOSE)
    with ExitStack() as held:
        files = held.enter_context(here.files(head))
        settings = Settings(threads=wanted.threads, strict=is_strict(wanted.screen))
        backend = _backend(wanted)
        opponent = held.enter_context(_opponent(wanted, here, head, (backend, sandbox, settings)))
        chosen, notes = _chosen(wanted, here, head, files)
        judging = Judging(
            backend,
            sandbox,
            settings,
            rule_of(wanted),
            _measure(wanted),
            held,
            deadline=None if wanted.max_minutes is None else began + 60 * wanted.max_minutes,
        )
        kernels = list[Kernel]()
        try:
            for each in chosen:
                kernels.append(_judged(each, files, opponent, judging))
                say(kernels[-1])
        except KeyboardInterrupt:
            kernels += [_unjudged(each) for each in chosen[len(kernels) :]]
            notes.append(INTERRUPTED)
        result = Result(
            schema=record.SCHEMA,
            version=kernel_gepa.__version__,
            command="check",
            base=opponent.side,
            head=_head_side(wanted, head),
            rule=judging.rule,
            fingerprint=fingerprint_of(backend, sandbox, settings),
            kernels=tuple(kernels),
            spend=Spend(evaluations=judging.evaluations, wall_s=time.monotonic() - began, device_s=judging.device_s),
            exit_code=record.exit_code([k.state for k in kernels], inconclusive_passes=wanted.inconclusive_passes),
            inconclusive_passes=wanted.inconclusive_passes,
            notes=tuple(notes),
        )
        if wanted.save_baseline is not None:
            _save(wanted.save_baseline, result, judging, files, chosen)
        return result


def rule_of(wanted: Wanted) -> Rule:
    unit = Unit(wanted.measure)
    threshold = threshold_checked(wanted.threshold)
    return Rule(unit, threshold, confirmations=1, looks=1) if unit is Unit.INSTRUCTIONS else Rule(unit, threshold)


def _unjudged(each: Named) -> Kernel:
    return Kernel(Path(each.source).stem, each.source, each.source, State.UNJUDGED, INTERRUPTED)


def _judged(each: Named, files: Path, opponent: Opponent, judging: Judging) -> Kernel:
    try:
        match = match_of(files, each, opponent)
    except TaskError as error:
        told = str(error).replace(f"{files}/", "")
        return Kernel(Path(each.source).stem, each.source, each.source, State.UNUSABLE, told)
    found = judging.judge(match)
    return replace(found, why=found.why.replace(f"{files}/", ""))


def _sensible(wanted: Wanted) -> None:
    """Raises UsageError for what contradicts itself, before anything is done."""
    given = [
        name
        for name, value in (
            ("--toolchain", wanted.toolchains),
            ("--baseline", wanted.baseline),
            ("--save-baseline", wanted.save_baseline),
            ("--base", wanted.base),
        )
        if value
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} name different bases; use one of them")
    if not given and wanted.changed_since is None:
        raise UsageError(
            "nothing says what to compare with; add --base REF or --changed-since REF (a revision), --toolchain twice, "
            "or --baseline FILE"
        )
    if wanted.measure not in list(Unit):
        raise UsageError(f"there is no --measure {wanted.measure!r}; known are: {', '.join(Unit)}")
    if wanted.measure == Unit.INSTRUCTIONS and (wanted.baseline or wanted.save_baseline):
        raise UsageError("a stored baseline holds seconds; leave out --measure instructions")
    if wanted.measure == Unit.INSTRUCTIONS and (problem := counted.missing()):
        raise ToolchainError(problem)
    if wanted.processes < LEAST_PROCESSES:
        raise UsageError(f"--processes {wanted.processes} cannot tell a difference from luck; use {LEAST_PROCESSES}")
    if wanted.backend == "aie":
        raise UsageError("cycles of the AIE emulator are estimates, and a check measures; use --backend cpu")
    threshold_checked(wanted.threshold)


# ---------------------------------------------------------------- which kernels


def _chosen(wanted: Wanted, here: Repository, head: str, files: Path) -> tuple[Sequence[Named], list[str]]:
    """The kernels, and sentences that a reader should know."""
    prefix = Path.cwd().resolve().relative_to(here.root.resolve()).as_posix()
    chosen: Sequence[Named] = named(wanted.kernels, prefix)
    notes = []
    if not chosen and wanted.changed_since is None:
        raise UsageError(
            f"no kernel is named; name some here or in {CONFIGURATION} ([ci] kernels = []), or add --changed-since REF"
        )
    if wanted.changed_since is not None:
        since = here.fork_point(here.commit(wanted.changed_since), head)
        changed = here.changed(since, head)
        chosen = tuple(touched(chosen or found(here, head, files), files, changed))
        if any(Path(path).name == CONFIGURATION for path in changed):
            notes.append(f"{CONFIGURATION} was changed too, and it says which kernels are looked at and how")
    if wanted.head == "HEAD" and here.dirty:
        notes.append("files with changes that are not committed were looked at as they are committed")
    return chosen, notes


# ---------------------------------------------------------------- what they are held against


@contextmanager
def _opponent(
    wanted: Wanted, here: Repository, head: str, machine: tuple[Backend, Sandbox, Settings]
) -> Iterator[Opponent]:
    if wanted.toolchains:
        yield Compiler(toolchains(wanted.toolchains)[0].side)
    elif wanted.baseline is not None:
        kept = stored.read(wanted.baseline)
        yield Baseline(kept, tuple(differences(kept.fingerprint, fingerprint_of(*machine))))
    elif wanted.save_baseline is not None:
        yield Eager()
    else:
        named_base = wanted.base or wanted.changed_since
        if named_base is None:
            yield Nobody()
            return
        base = here.fork_point(here.commit(named_base), head)
        with here.files(base) as files:
            yield Revision(Side(named_base, base), files, wanted.measure_unchanged)


def _head_side(wanted: Wanted, head: str) -> Side:
    if wanted.toolchains:
        return toolchains(wanted.toolchains)[1].side
    return Side(wanted.head, head)


# ---------------------------------------------------------------- how it is measured


def _backend(wanted: Wanted) -> Backend:
    """Raises ToolchainError where there is no compiler."""
    counting = counted.FLAGS if wanted.measure == Unit.INSTRUCTIONS else ()
    if wanted.toolchains:
        made = sides_of(wanted.toolchains, counting)
    elif counting:
        made = remembering(Cpu(toolchain=Toolchain(flags=counting)))
    else:
        made = remembering(backend_named(wanted.backend))
    _ = made.fingerprint
    return made


def _measure(wanted: Wanted) -> Measure:
    if wanted.measure == Unit.INSTRUCTIONS:
        return counts
    against = "eager" if wanted.baseline or wanted.save_baseline else "start"
    return timed(against, wanted.processes)


# ---------------------------------------------------------------- a baseline to keep


def _save(path: Path, result: Result, judging: Judging, files: Path, chosen: Sequence[Named]) -> None:
    kernels = []
    for each in chosen:
        looks = judging.seen.get(each.source)
        if looks is None:
            continue
        draft = match_of(files, each, Nobody()).draft
        cells = tuple(stored.StoredCell(name, look.pairs) for name, look in looks.items())
        kernels.append(stored.StoredKernel(each.source, definition(draft), cells))
    kept = stored.Stored(stored.SCHEMA, result.version, result.head, result.fingerprint, tuple(kernels))
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, stored.written(kept))
