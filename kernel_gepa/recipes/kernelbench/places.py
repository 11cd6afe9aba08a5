"""The folder of a sweep.

sweep.json                      what was asked for, and which problems it has
tasks/level1_3_softmax.py       the problems, as tasks
problems/level_1_problem_3/     the run of each, with its journal, its report and its control
results/level_1_problem_3.json  what came of each, once it is verified
inbox/                          the questions of all of them, where --model inbox: answers
runs/ timing/                   KernelBench's own files
results.jsonl report.md         the same, and more, for us
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.benchmarks.kernelbench.problems import Problem
from kernel_gepa.models import inbox

INBOX = "inbox:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the things of a sweep are."""

    folder: Path

    def settings(self, shard: str) -> Path:
        return self.folder / ("sweep.json" if shard == "1/1" else f"sweep-{shard.replace('/', '-of-')}.json")

    def task(self, problem: Problem) -> Path:
        return self.folder / "tasks" / f"level{problem.level}_{problem.name}"

    def run(self, key: str) -> Path:
        return self.folder / "problems" / key

    def result(self, problem: Problem) -> Path:
        return self.folder / "results" / f"{problem.key}.json"

    def model(self, spec: str | None) -> str | None:
        """One inbox for all runs of the sweep: `kernel-gepa ask` and `tell` serve the sweep's folder."""
        return f"{INBOX}{self.folder / inbox.FOLDER}" if spec == INBOX else spec

    def write_task(self, problem: Problem, batch: int | None = None) -> Path:
        path, text = self.task(problem), problem.task_text(batch)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        return path
