"""The files that a finished run leaves in its folder: of one task right there, of several in a folder for each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kernel_gepa.domain.task import TaskId
from kernel_gepa.errors import UsageError
from kernel_gepa.recipes.wish import Header
from kernel_gepa.report import patch
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.markdown import overview, report
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.result import BEST, START, result, results

ARCHIVE = "archive"


def write(
    outcomes: Sequence[Outcome],
    header: Header,
    folder: Path,
    *,
    archived: Mapping[TaskId, Sequence[Archived]],
    out: Path | None = None,
) -> list[tuple[str, Path]]:
    """Label and path of what was written. A file is whole or not there."""
    found = [pair for outcome in outcomes for pair in _of_task(outcome, header, archived[outcome.task.id])]
    if len(outcomes) > 1:
        replace_text(folder / "result.json", json.dumps(results(outcomes), indent=2) + "\n")
        replace_text(folder / "report.md", overview(outcomes))
        found += [("result", folder / "result.json"), ("report", folder / "report.md")]
    if out is not None:
        found += [("out", path) for path in _written_to(out, outcomes)]
    return found


def check_out(out: Path | None, tasks: int) -> None:
    """Before a run: nobody wants to learn afterwards that the winner cannot be written. Raises UsageError."""
    if out is None:
        return
    if tasks > 1 and not out.is_dir():
        raise UsageError(f"--out {out}: with several tasks this must be a folder that exists; make it first")
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: the folder {out.parent} does not exist; make it first")


def _of_task(outcome: Outcome, header: Header, archived: Sequence[Archived]) -> Iterator[tuple[str, Path]]:
    folder, entry = outcome.run, header.entry(outcome.task.id)
    folder.mkdir(parents=True, exist_ok=True)
    replace_text(folder / (START + outcome.suffix(outcome.task.kernel)), outcome.task.kernel)
    replace_text(folder / "result.json", json.dumps(result(outcome), indent=2) + "\n")
    yield "result", folder / "result.json"
    if outcome.winner is not None:
        best = folder / (BEST + outcome.suffix(outcome.winner.kernel))
        replace_text(best, outcome.winner.kernel)
        yield "kernel", best
        path = Path(entry.kernel_path) if entry.kernel_path else None
        changed = patch.updated(Path(entry.source), path, outcome.task, outcome.winner.kernel)
        if changed is not None:
            replace_text(folder / "kernel.patch", patch.unified(*changed))
            yield "patch", folder / "kernel.patch"
    replace_text(folder / "report.md", report(outcome))
    yield "report", folder / "report.md"
    if archived:
        (folder / ARCHIVE).mkdir(exist_ok=True)
        for rank, kernel in enumerate(archived, start=1):
            replace_text(folder / ARCHIVE / f"{rank:03}{outcome.suffix(kernel.kernel)}", kernel.kernel)
        yield "archive", folder / ARCHIVE


def _written_to(out: Path, outcomes: Sequence[Outcome]) -> Iterator[Path]:
    for outcome in outcomes:
        if outcome.winner is not None:
            kernel = outcome.winner.kernel
            path = out if len(outcomes) == 1 else out / (outcome.task.id + outcome.suffix(kernel))
            replace_text(path, kernel)
            yield path


def replace_text(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text)
    beside.replace(path)
