"""Cycles from a device's trace, as NPUEval takes them from the JSON that parse_trace.py writes.

A kernel is timed from the first INSTR_EVENT_0 to the first INSTR_EVENT_1; its vector cycles are the lengths of the
INSTR_VECTOR events between the first INSTR_EVENT_0 and the last INSTR_EVENT_1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_gepa.benchmarks.npueval.rows import text_of
from kernel_gepa.errors import TaskError

START, END, VECTOR = "INSTR_EVENT_0", "INSTR_EVENT_1", "INSTR_VECTOR"


@dataclass(frozen=True, slots=True)
class Traced:
    """Measured cycles. None where the trace lacks a marker: it was cut off, or the kernel never ended."""

    total_cycles: float | None
    vector_cycles: float


def traced(path: Path) -> Traced:
    try:
        events: Any = json.loads(text_of(path))
        return of_events(events)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TaskError(f"{path} is no trace: {error!r}; it should be the JSON that parse_trace.py writes") from None


def of_events(events: Sequence[Mapping[str, Any]]) -> Traced:
    starts = [e["ts"] for e in events if e["name"] == START and e["ph"] == "B"]
    ends = [e["ts"] for e in events if e["name"] == END and e["ph"] == "B"]
    if not starts or not ends:
        return Traced(None, 0)
    first, last = starts[0], ends[-1]
    open_since: list[float] = []
    vector = 0.0
    for event in events:
        if event["name"] != VECTOR or not first <= event["ts"] <= last:
            continue
        if event["ph"] == "B":
            open_since.append(event["ts"])
        elif event["ph"] == "E" and open_since:
            vector += event["ts"] - open_since.pop()
    return Traced(ends[0] - first, vector)
