"""`benchmark.json`: head's times in the form that github-action-benchmark reads as `customSmallerIsBetter`."""

from __future__ import annotations

import json
from typing import Any

from kernel_gepa.domain.comparison import Unit
from kernel_gepa.report.ci.record import Cell, Kernel, Result
from kernel_gepa.report.ci.words import change, one_line
from kernel_gepa.statistics import half_width


def benchmark(result: Result) -> str:
    return json.dumps([_entry(k, cell, result) for k in result.kernels for cell in k.cells], indent=1) + "\n"


def _entry(kernel: Kernel, cell: Cell, result: Result) -> dict[str, Any]:
    """The range is that of the comparison: of a time alone nobody knows one."""
    timed = result.rule.unit is Unit.SECONDS
    value = cell.head * 1e6 if timed else cell.head
    return {
        "name": one_line(f"{kernel.source}/{cell.workload}"),
        "unit": "us" if timed else "instructions",
        "value": float(f"{value:.6g}") if timed else value,
        "range": f"± {value * half_width(cell.speedup):.3g}",
        "extra": one_line(f"{cell.claim}: {change(cell)} against {result.base.name}"),
    }
