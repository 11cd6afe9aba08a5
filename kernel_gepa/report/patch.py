"""The winner as a patch to the user's own files, in the form that `git apply` takes."""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

from kernel_gepa.domain.task import Task


def updated(source: Path, kernel_path: Path | None, task: Task, winner: str) -> tuple[Path, str, str] | None:
    """The file to change, its text now and with the winner in it; None when it has changed meanwhile."""
    path = kernel_path or source
    try:
        old = path.read_text()
    except OSError:
        return None
    if kernel_path is not None:
        return (path, old, winner) if old == task.kernel else None
    if old.count(task.kernel) == 1 and not task.start_is_reference and task.kernel != old:
        return path, old, old.replace(task.kernel, winner)
    if old != task.reference:
        return None
    if task.start_is_reference:
        return path, old, f"{old.rstrip()}\n\n\n{winner}"
    return path, old, f"{winner.rstrip()}\n\n\n{_judging_parts(old)}"


def _judging_parts(text: str) -> str:
    """Model and what draws its inputs with the plain assignments they read, as they stand in the file."""
    lines = text.splitlines()
    wanted = {"Model", "get_inputs", "get_init_inputs", "get_workloads"}
    kept = [n for n in ast.parse(text).body if getattr(n, "name", None) in wanted or isinstance(n, ast.Assign)]
    return "\n\n".join("\n".join(lines[n.lineno - 1 : n.end_lineno]) for n in kept) + "\n"


def unified(path: Path, old: str, new: str) -> str:
    """Paths are relative to the repository that holds the file, else to the working directory."""
    shown = _relative(path.resolve())
    marked = []
    for line in difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{shown}", f"b/{shown}"
    ):
        marked.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(marked)


def _relative(path: Path) -> str:
    root = next((p for p in path.parents if (p / ".git").exists()), Path.cwd())
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.name
