"""Every known cheat is one file in kernels/, with the verdict it must get in its first line; none may look faster.

`// strict: no` turns the screen off, to test the walls behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Correct, Rejected, name
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.measure import Rounds
from kernel_gepa.harness.probe import complete
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, local

FOLDER = Path(__file__).parent
KERNELS = sorted((FOLDER / "kernels").iterdir())
SETTINGS = Settings(rounds=Rounds(least=7, most=8, limit_s=2.0), launch_limit_s=5.0)

# A copy measured beside itself stays below this; whoever cheats wins more, or why cheat.
NOT_FASTER = 1.25

NATIVE = '''
import torch

tolerance = {"rtol": 1e-4, "atol": 1e-5}
kernel = """
#include <cmath>
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
"""


def workloads():
    return {"default": {"x": "float32[n=30011]"}}


def reference(x):
    return torch.tanh(x)
'''

MODULE = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return torch.tanh(self.second(self.first(x)))


def get_inputs():
    return [torch.randn(128, 384)]


def get_init_inputs():
    return [384]
"""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return local.create() if bubblewrap.unavailable() else bubblewrap.create()


@pytest.fixture(scope="module")
def strict(sandbox: Sandbox) -> Iterator[Bench]:
    with Bench(cpu.create(), sandbox, SETTINGS) as bench:
        yield bench


@pytest.fixture(scope="module")
def unscreened(sandbox: Sandbox) -> Iterator[Bench]:
    with Bench(cpu.create(), sandbox, replace(SETTINGS, strict=False)) as bench:
        yield bench


@pytest.fixture(scope="module")
def tasks(sandbox: Sandbox, strict: Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Task]:
    found = {}
    for suffix, source in ((".cpp", NATIVE), (".py", MODULE)):
        path = tmp_path_factory.mktemp("task") / "task.py"
        path.write_text(source)
        found[suffix] = complete(look(path), sandbox, strict.folder)
    return found


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.name)
def test_a_known_cheat_gets_its_verdict(path: Path, strict: Bench, unscreened: Bench, tasks: dict[str, Task]) -> None:
    kernel = path.read_text()
    stated = re.match(r"(?://|#) verdict: (?P<names>.+)", kernel)
    assert stated, f"{path.name} does not begin with the verdict it must get"
    screened = not re.search(r"^(//|#) strict: no$", kernel, re.MULTILINE)
    verdict = (strict if screened else unscreened).judge(kernel, tasks[path.suffix])
    assert name(verdict) in stated["names"].split(", "), verdict
    if isinstance(verdict, Correct):
        assert verdict.speedup.value < NOT_FASTER


@pytest.mark.parametrize(
    "path", [p for p in KERNELS if re.search(r"^(//|#) strict: no$", p.read_text(), re.MULTILINE)], ids=lambda p: p.name
)
def test_what_the_wall_is_tested_with_does_not_pass_the_screen(
    path: Path, strict: Bench, tasks: dict[str, Task]
) -> None:
    assert isinstance(strict.judge(path.read_text(), tasks[path.suffix]), Rejected)
