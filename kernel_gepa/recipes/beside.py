"""The control run beside a run: the same tasks, budget and seed in a folder inside its folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kernel_gepa.errors import RunFolderError
from kernel_gepa.recipes.run import Run
from kernel_gepa.store import journal


def control_of(run: Run) -> Run | None:
    """Begun, or taken up where it was left; None when none is wanted."""
    wish = run.header.wish
    if wish.control is None:
        return None
    name = f"control-{wish.control}"
    verdicts = str(Path(wish.verdicts) / name) if wish.verdicts else None
    header = replace(run.header, wish=replace(wish, control=None, way=wish.control, verdicts=verdicts))
    return Run(run.folder / name, header, new=not _begun(run.folder / name), stop=run.stop)


def _begun(folder: Path) -> bool:
    try:
        return bool(journal.read(folder))
    except RunFolderError:
        return False
