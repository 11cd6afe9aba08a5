"""Can a problem tell right from wrong? Asked of each before any search, with kernels that have no right to pass.

An identity copy has to pass, at an interval around 1. What returns unwritten memory, zeros, a constant, or its first
input has to fail, by our check and by KernelBench's own. What does not hold is a reason to put the problem aside.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kernel_gepa import codec
from kernel_gepa.backends.cache import users_folder
from kernel_gepa.benchmarks.kernelbench.rules import Rule
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task, TensorSpec, Workload
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Correct, name, reason
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.agreement import alike, drawn
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.inputs import decode
from kernel_gepa.harness.probe import complete
from kernel_gepa.recipes.files import replace_text

VERSION = "1"  # raise it when a change makes old self-tests say something else
MARGIN = 0.1  # an identity copy may be so far from 1 beyond its interval: one pair of processes is off by that much
FOLDER = "self-tests"  # in the user's cache

HEAD = """\
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, *args):
        super().__init__()

    def forward(self, *inputs):
"""
IDENTITY = "\n\n\nclass ModelNew(Model):\n    pass\n"
EMPTY, ZEROS, CONSTANT, FIRST = "unwritten memory", "zeros", "a constant", "its first input"
OTHER = "the answer to other inputs"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`ours` and `theirs` are the reasons to put the problem aside, by our check and by KernelBench's own; `identity`
    is what an identity copy was measured at. `unusable` says why it cannot be judged here at all.
    """

    unusable: str = ""
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    identity: Estimate | None = None
    seconds: float = 0.0

    @property
    def quarantined(self) -> bool:
        return bool(self.unusable or self.ours)


def self_test(path: Path, bench: Bench, *, timed: bool = True) -> SelfTest:
    """Of one task file. Looked up by content where it was made before on this bench."""
    text = path.read_text()
    key = hashlib.sha256("\n".join((VERSION, bench.fingerprint, str(timed), text)).encode()).hexdigest()[:24]
    known = users_folder() / FOLDER / f"{key}.json"
    if known.exists():
        return codec.unpack(codec.parsed(known.read_text()), SelfTest)
    began = time.monotonic()
    folder = bench.folder / "tested" / key
    folder.mkdir(parents=True)
    try:
        task = complete(look(path), bench.sandbox, folder)
        try:
            found = _tested(task, text + IDENTITY, bench, timed=timed)
        finally:
            bench.forget(task)
    except TaskError as error:
        found = SelfTest(unusable=str(error).splitlines()[0])
    found = replace(found, seconds=round(time.monotonic() - began, 2))
    known.parent.mkdir(parents=True, exist_ok=True)
    replace_text(known, json.dumps(codec.pack(found)) + "\n")
    return found


def _tested(task: Task, identity: str, bench: Bench, *, timed: bool) -> SelfTest:
    ours = []
    for what, kernel in probes(task).items():
        if bench.sound(kernel, task) is None:
            ours.append(f"{what} would pass")
    copy = _timed(identity, task, bench) if timed else _checked(identity, task, bench)
    if copy.wrong:
        ours.append(f"an identity copy {copy.wrong}")
    theirs = tuple(f"{what} would pass" for what in passing(task, bench))
    return SelfTest(ours=tuple(ours), theirs=theirs, identity=copy.measured)


def passing(task: Task, bench: Bench, rule: Rule = Rule()) -> list[str]:
    """What KernelBench's own check would let pass on some workload. No kernel is run for it: the answers tell."""
    found: dict[str, None] = {}
    for workload in task.workloads:
        reference = bench.reference(task)
        with drawn(reference, workload, (1, 2)) as draws:
            inputs = list(draws)
        answers = reference.own_answers(workload, inputs)
        guesses = {
            ZEROS: [[np.zeros_like(a) for a in answer] for answer in answers],
            CONSTANT: [[np.full_like(a, a.mean()) for a in answers[0]]] * 2,
            OTHER: answers[::-1],
        }
        first = next((n for n, i in enumerate(_tensors(workload)) if _shaped([i]) == _shaped(workload.outputs)), None)
        if first is not None:
            dtype = _tensors(workload)[first].dtype
            guesses[f"its input {first}" if first else FIRST] = [[decode(i[first], dtype)] for i in inputs]
        for what, guess in guesses.items():
            pairs = zip(guess, answers, strict=True)
            each = (part for g, a in pairs for part in zip(workload.outputs, g, a, strict=True))
            if all(alike(spec, guessed, right, rule) for spec, guessed, right in each):
                found[what] = None
    return list(found)


def _tensors(workload: Workload) -> list[TensorSpec]:
    return [i for i in workload.inputs if isinstance(i, TensorSpec)]


def _shaped(specs: Sequence[TensorSpec]) -> list[tuple[tuple[int, ...], str]]:
    return [(s.shape, s.dtype) for s in specs]


class Copy(NamedTuple):
    """What an identity copy was measured at, and what is wrong with that."""

    measured: Estimate | None
    wrong: str = ""


def _checked(identity: str, task: Task, bench: Bench) -> Copy:
    verdict = bench.sound(identity, task)
    return Copy(None, f"is {name(verdict)}: {reason(verdict)}" if verdict else "")


def _timed(identity: str, task: Task, bench: Bench) -> Copy:
    """Measured twice before anything is said against it."""
    wrong = ""
    measured: Estimate | None = None
    for _ in range(2):
        verdict = bench.judge(identity, task)
        if not isinstance(verdict, Correct):
            return Copy(None, f"is {name(verdict)}: {reason(verdict)}")
        measured = verdict.speedup
        if verdict.inconclusive or measured.low * (1 - MARGIN) <= 1.0 <= measured.high * (1 + MARGIN):
            return Copy(measured)
        wrong = f"is measured at {measured.value:.2f}x ({measured.low:.2f} to {measured.high:.2f})"
    return Copy(measured, wrong)


def probes(task: Task) -> dict[str, str]:
    """Kernels that have no right to pass, by what they return. The first input only where it has the answer's shape."""
    workload = task.workloads[0]
    found = {EMPTY: _returning(task, "empty"), ZEROS: _returning(task, "zeros"), CONSTANT: _returning(task, "full")}
    if _tensors(workload) and _shaped(workload.outputs) == _shaped(_tensors(workload)[:1]):
        found[FIRST] = HEAD + "        return next(i for i in inputs if isinstance(i, torch.Tensor)).clone()\n"
    return found


def _returning(task: Task, maker: str) -> str:
    """Tensors of the outputs' shapes, told apart by the shapes of the inputs where there are several workloads."""
    cases = {}
    for workload in task.workloads:
        cases[tuple(i.shape for i in _tensors(workload))] = _shaped(workload.outputs)
    fill = ", 0.5" if maker == "full" else ""
    body = (
        "        shapes = tuple(tuple(i.shape) for i in inputs if isinstance(i, torch.Tensor))\n"
        f"        made = [torch.{maker}(s{fill}, dtype=getattr(torch, d)) for s, d in CASES[shapes]]\n"
        "        return made[0] if len(made) == 1 else tuple(made)\n"
    )
    return HEAD.replace("\n\n\nclass", f"\n\nCASES = {cases!r}\n\n\nclass", 1) + body
