"""Solutions in and results out, in NPUEval's own formats: either side can be exchanged for theirs."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel_gepa.benchmarks.npueval.rows import Row, text_of
from kernel_gepa.errors import TaskError

MAIN = re.compile(r"int\s+main\s*\([^)]*\)\s*{[^{}]*({[^{}]*}[^{}]*)*}", re.DOTALL)
TRAILER = '// extern "C"'
OURS = "kernel_gepa"


def read_solution(folder: Path, row: Row) -> str | None:
    """The kernel of `<folder>/<kernel>.json`, cleaned as NPUEval cleans it; None where a model gave no code."""
    path = folder / f"{row.kernel_name}.json"
    try:
        raw: Any = json.loads(text_of(path))
    except ValueError as error:
        raise TaskError(f"{path} is not JSON: {error}; a solution is {{'code': '...'}}") from None
    code = raw.get("code") if isinstance(raw, dict) else None
    if not code:
        return None
    return MAIN.sub("", str(code)).split(TRAILER)[0]


def write_solution(folder: Path, row: Row, code: str, stats: dict[str, Any] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{row.kernel_name}.json"
    path.write_text(json.dumps({"code": code, "stats": stats or {}}, indent=4))
    return path


@dataclass(frozen=True)
class Result:
    """What a result file says. Cycles are measured on a device, or None; estimates belong into `ours`."""

    passed: bool
    compile_error: str | None = None
    error: str | None = None
    stats: dict[str, Any] | None = None
    total_cycles: float | None = None
    vector_cycles: float | None = None
    xdna_info: dict[str, Any] | None = None
    ours: dict[str, Any] = field(default_factory=dict)

    @property
    def as_json(self) -> dict[str, Any]:
        """NPUEval's keys in its order, and ours under one of their own."""
        found: dict[str, Any] = {"result": "Pass" if self.passed else "Fail"}
        if self.compile_error is not None:
            return {**found, "Error": self.compile_error, OURS: self.ours}
        if self.error is not None:
            found |= {"Error": self.error, "Trace": ""}
        elif self.stats is not None:
            total, vector = self.total_cycles, self.vector_cycles
            score = vector / total if total and vector is not None else None
            found |= {"stats": self.stats, "total_cycles": total, "vector_cycles": vector, "vector_score": score}
        return {**found, "xdna_info": self.xdna_info or {}, OURS: self.ours}


def write_result(folder: Path, row: Row, result: Result) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{row.wrapper}.json"
    path.write_text(json.dumps(result.as_json, indent=4))
    return path


def read_result(path: Path) -> Result:
    """Theirs or ours. A trace without an end has infinite cycles in theirs; here that is no measurement."""
    try:
        raw: Any = json.loads(text_of(path))
        passed = raw["result"] == "Pass"
    except (ValueError, KeyError, TypeError) as error:
        raise TaskError(f"{path} is no result of NPUEval: {error!r}") from None
    failed_to_compile = "Error" in raw and "xdna_info" not in raw
    return Result(
        passed,
        compile_error=raw["Error"] if failed_to_compile else None,
        error=raw.get("Error") if not failed_to_compile else None,
        stats=raw.get("stats"),
        total_cycles=_finite(raw.get("total_cycles")),
        vector_cycles=_finite(raw.get("vector_cycles")),
        xdna_info=raw.get("xdna_info"),
        ours=raw.get(OURS, {}),
    )


def _finite(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None
