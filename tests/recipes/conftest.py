"""Runs as a program would make them: the composition root with a real compiler and the local sandbox, on tiny tasks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kernel_gepa.domain.budget import Budget
from kernel_gepa.domain.events import Event
from kernel_gepa.recipes.begin import create, resume
from kernel_gepa.recipes.reading import Read, read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.wish import Wish

TASKS = Path(__file__).parent.parent / "cli" / "tasks"

SCALE = (TASKS / "scale.cpp").read_text()
SHIFT = """\
#include <cstdint>

extern "C" void shift(const float* x, float* y, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] + 3.0f;
}
"""
SHIFT_TASK = '''\
"""Add three."""

kernel = "shift.cpp"
tolerance = {"rtol": 1e-5, "atol": 1e-6}


def workloads():
    return {"small": {"x": "float32[n=4096]"}}


def reference(x):
    return x + 3
'''


@dataclass(frozen=True)
class Bench:
    """A folder with two tasks in it."""

    folder: Path

    @property
    def sources(self) -> tuple[str, str]:
        return str(self.folder / "scale.py"), str(self.folder / "shift.py")

    def wish(self, *sources: str, replies: Sequence[str] = (), rollouts: int = 8, **more: object) -> Wish:
        model = None
        if replies:
            script = self.folder / f"{len(replies)}-replies.json"
            script.write_text(json.dumps(list(replies)))
            model = f"scripted:{script}"
        budget = Budget(rollouts=rollouts)
        return Wish(sources or self.sources, sandbox="local", model=model, budget=budget, processes=3, **more)  # type: ignore[arg-type]

    def searched(self, wish: Wish, name: str = "run") -> list[Event]:
        return searched(create(wish, self.folder / name))

    def resumed(self, name: str) -> list[Event]:
        return searched(resume(self.folder / name))

    def read(self, name: str = "run") -> Read:
        return read(self.folder / name)


def searched(run: Run) -> list[Event]:
    with run:
        list(run.search())
        return list(run.events)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("bench")
    for file in ("scale.py", "scale.cpp"):
        shutil.copy(TASKS / file, folder)
    (folder / "shift.py").write_text(SHIFT_TASK)
    (folder / "shift.cpp").write_text(SHIFT)
    return Bench(folder)
