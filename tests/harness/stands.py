"""A bench with a task on it, and settings that make a judgement short."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.measure import Rounds
from kernel_gepa.harness.probe import complete
from kernel_gepa.ports import Sandbox

QUICK = Settings(rounds=Rounds(least=3, most=6, limit_s=0.3), load_limit_s=20.0, launch_limit_s=2.0)


@dataclass(frozen=True)
class Stand:
    """A bench with a task on it."""

    bench: Bench
    task: Task

    def judge(self, kernel: str) -> Verdict:
        return self.bench.judge(textwrap.dedent(kernel), self.task)


def stand(bench: Bench, sandbox: Sandbox, folder: Path, source: str) -> Stand:
    path = folder / "task.py"
    path.write_text(textwrap.dedent(source))
    return Stand(bench, complete(look(path), sandbox, bench.folder))
