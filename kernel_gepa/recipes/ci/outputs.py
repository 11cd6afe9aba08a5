"""The files of a check, and what a GitHub runner is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kernel_gepa.errors import UsageError
from kernel_gepa.recipes.files import replace_text
from kernel_gepa.report.ci import record
from kernel_gepa.report.ci.benchmark import benchmark
from kernel_gepa.report.ci.github import annotated, outputs
from kernel_gepa.report.ci.junit import junit
from kernel_gepa.report.ci.page import page
from kernel_gepa.report.ci.record import Result
from kernel_gepa.report.ci.summary import summary

RESULT = "result.json"
FILES = {"junit.xml": junit, "summary.md": summary, "benchmark.json": benchmark}
PAGE = "report.html"


def prepared(out: Path) -> Path:
    """The folder, made if need be; before anything is measured. Raises UsageError."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out} cannot be a folder: {error.strerror}; name another one") from None
    return out


def write(result: Result, out: Path, *, report: str | None = None) -> dict[str, Path]:
    """Every file whole or not there, by its name. `report` is the page of a run; a check has one of its own."""
    made = {RESULT: record.written(result), **{name: form(result) for name, form in FILES.items()}}
    made[PAGE] = report if report is not None else page(result)
    for name, text in made.items():
        replace_text(out / name, text)
    return {name: out / name for name in made}


def tell_github(result: Result, files: Mapping[str, Path], environment: Mapping[str, str] = os.environ) -> list[str]:
    """Appends to the files that the runner names, where it names some; the lines to print for it."""
    if step := environment.get("GITHUB_STEP_SUMMARY"):
        _append(Path(step), summary(result))
    if told := environment.get("GITHUB_OUTPUT"):
        names = {Path(name).stem.replace("_", "-"): str(path) for name, path in files.items()}
        _append(Path(told), outputs(result, names))
    return list(annotated(result)) if environment.get("GITHUB_ACTIONS") == "true" else []


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path}, which GitHub names, cannot be written: {error.strerror}") from None
