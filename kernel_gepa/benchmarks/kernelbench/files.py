"""KernelBench's own files, as its scripts write and read them: generations, eval results, baseline times.

Times in them are milliseconds. One run and one level have one `eval_results.json`, whose keys are problem numbers and
name no level; a sample that is correct always has a positive runtime, because their means divide by it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel_gepa.benchmarks.kernelbench.problems import normal

EVAL_RESULTS = "eval_results.json"
BASELINE = "baseline_time_torch"  # eager PyTorch, as KernelBench calls it
COMPILED_BASELINE = "baseline_time_torch_compile_inductor_default"
OURS = "kernel_gepa"
_SAMPLE = re.compile(r"level_(\d+)_problem_(\d+)_sample_(\d+)_kernel\.py")
_DIGITS = 6  # they write three, which would round a few per cent away


@dataclass(frozen=True, slots=True)
class Stats:
    """Seconds per launch."""

    mean: float
    std: float
    least: float
    most: float
    trials: int

    def as_json(self, hardware: str, device: str) -> dict[str, Any]:
        return {
            "mean": _ms(self.mean),
            "std": _ms(self.std),
            "min": _ms(self.least),
            "max": _ms(self.most),
            "num_trials": self.trials,
            "hardware": hardware,
            "device": device,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """One judged generation. `stats` None where nothing correct was timed; `ours` goes under a key that they ignore."""

    level: int
    problem_id: int
    sample_id: int
    compiled: bool
    correct: bool
    stats: Stats | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    ours: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self, hardware: str, device: str) -> dict[str, Any]:
        right = self.correct and self.stats is not None and self.stats.mean > 0
        stats = self.stats.as_json(hardware, device) if right and self.stats is not None else {}
        return {
            "sample_id": self.sample_id,
            "compiled": self.compiled,
            "correctness": right,
            "metadata": {"hardware": hardware, "device": device, **self.metadata},
            "runtime": stats.get("mean", -1.0),
            "runtime_stats": stats,
            OURS: dict(self.ours),
        }


@dataclass(frozen=True, slots=True)
class Generation:
    """The file of one generated kernel. `level` is None where its name does not tell."""

    path: Path
    level: int | None
    problem_id: int
    sample_id: int = 0


def sample_name(level: int, problem_id: int, sample_id: int = 0) -> str:
    return f"level_{level}_problem_{problem_id}_sample_{sample_id}_kernel.py"


def generations(folder: Path) -> tuple[Generation, ...]:
    """Kernels of either layout: KernelBench's run folder, or plain files that are named by their problem
    (`19_ReLU.py`, `19.py`, or those in folders `level1`, `level2`, …).
    """
    found = []
    for path in sorted(folder.rglob("*.py")):
        level = next((int(m[1]) for part in path.parts[::-1] if (m := re.fullmatch(r".*level_?(\d+)", part))), None)
        if named := _SAMPLE.fullmatch(path.name):
            found.append(Generation(path, int(named[1]), int(named[2]), int(named[3])))
        elif numbered := re.match(r"(?:level_?(?P<level>\d+)_)?(?:problem_)?(?P<id>\d+)(?=[_.])", path.name):
            own = int(numbered["level"]) if numbered["level"] else level
            found.append(Generation(path, own, int(numbered["id"])))
    return tuple(found)


def eval_results(samples: Iterable[Sample], hardware: str, device: str) -> dict[str, list[dict[str, Any]]]:
    """Of one level: keys in the order of the numbers, as they write them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for sample in sorted(samples, key=lambda s: (s.problem_id, s.sample_id)):
        found.setdefault(str(sample.problem_id), []).append(sample.as_json(hardware, device))
    return found


def baseline(
    timed: Iterable[tuple[int, str, Stats]], hardware: str, device: str
) -> dict[str, dict[str, dict[str, Any]]]:
    """By level and by file name. What could not be timed is left out: a null would break their analysis."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for level, name, stats in timed:
        found.setdefault(f"level{level}", {})[normal(name)] = stats.as_json(hardware, device)
    return found


def dumped(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=4) + "\n"


def _ms(seconds: float) -> float:
    return float(f"{seconds * 1e3:.{_DIGITS}g}")
