"""The files that a finished run leaves in its folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

from kernel_gepa.recipes.wish import Header
from kernel_gepa.report import patch
from kernel_gepa.report.markdown import report
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.result import BEST, START, result


def write(outcome: Outcome, header: Header, out: Path | None = None) -> dict[str, Path]:
    """Label and path of what was written. A file is whole or not there."""
    folder, found = outcome.run, {}
    replace_text(folder / (START + outcome.suffix), header.task.kernel)
    replace_text(folder / "result.json", json.dumps(result(outcome), indent=2) + "\n")
    found["result"] = folder / "result.json"
    if outcome.winner is not None:
        best = folder / (BEST + outcome.suffix)
        replace_text(best, outcome.winner.kernel)
        found["kernel"] = best
        changed = patch.updated(
            Path(header.wish.source),
            Path(header.kernel_path) if header.kernel_path else None,
            header.task,
            outcome.winner.kernel,
        )
        if changed is not None:
            replace_text(folder / "kernel.patch", patch.unified(*changed))
            found["patch"] = folder / "kernel.patch"
        if out is not None:
            replace_text(out, outcome.winner.kernel)
            found["out"] = out
    replace_text(folder / "report.md", report(outcome))
    found["report"] = folder / "report.md"
    return found


def replace_text(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text)
    beside.replace(path)
