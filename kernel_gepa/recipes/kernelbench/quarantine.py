"""The self-tests of a sweep's problems, and the list of those that are put aside: derived here, never copied."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kernel_gepa.benchmarks.kernelbench.problems import Problem
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.recipes.files import replace_text
from kernel_gepa.recipes.kernelbench.places import Place
from kernel_gepa.recipes.kernelbench.selftest import SelfTest, self_test
from kernel_gepa.recipes.plugins import backend_named, remembering, sandbox_named
from kernel_gepa.recipes.sweeping import Order, Watch

NAME = "quarantine.json"


def tested(problems: Sequence[Problem], order: Order, watch: Watch) -> dict[str, SelfTest]:
    """By key; those that were not reached when the sweep was stopped are missing. Says what is put aside, and why."""
    place = Place(order.folder)
    settings = Settings(against="eager", strict=False)
    used = sandbox_named(order.sandbox, model=order.model)
    found: dict[str, SelfTest] = {}
    with Bench(remembering(backend_named("cpu")), used, settings) as bench:
        for problem in problems:
            if watch.stop.sentence is not None:
                break
            found[problem.key] = self_test(place.write_task(problem, order.batch), bench)
            for why in sentences(found[problem.key]):
                watch.say(f"{problem}: {why}")
    replace_text(order.folder / NAME, json.dumps(quarantine(problems, found), indent=2) + "\n")
    return found


def sentences(found: SelfTest) -> Iterator[str]:
    if found.unusable:
        yield f"put aside, {found.unusable}"
    yield from (f"put aside, {why}" for why in found.ours)
    yield from (f"by KernelBench's own check {why}" for why in found.theirs)


def quarantine(problems: Sequence[Problem], found: Mapping[str, SelfTest]) -> dict[str, Any]:
    """By problem: why it is put aside, and why KernelBench's own check should not be believed there."""
    told = {p.key: (p, found[p.key]) for p in problems if p.key in found}
    return {
        key: {"name": p.name, "unusable": t.unusable, "ours": list(t.ours), "theirs": list(t.theirs)}
        for key, (p, t) in told.items()
        if t.quarantined or t.theirs
    }


def read_quarantine(folder: Path) -> Mapping[str, Any]:
    path = folder / NAME
    return json.loads(path.read_text()) if path.exists() else {}
