"""Prompts that travel: the texts of modules as one file, out of one run and into another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from kernel_gepa.errors import UsageError
from kernel_gepa.programs.generator import MODULES
from kernel_gepa.recipes.reading import Read
from kernel_gepa.recipes.wish import KERNELS

SCHEMA = 1


def best_prompts(run: Read) -> dict[str, object]:
    """The texts of the candidate with the best mean (GEPA, algorithm 1, line 21), and where they are from.

    Raises UsageError for a run that evolved none, or has judged nothing yet.
    """
    if run.header.wish.evolve == KERNELS:
        raise UsageError("this run evolved kernels and no prompts; make one with --evolve prompts or --evolve both")
    pool = run.pool
    if not pool.members:
        raise UsageError("this run has judged nothing yet, so no prompt is the best; resume it first")
    best = pool.members[pool.best()]
    return {
        "schema": SCHEMA,
        "prompts": {module: best.candidate.texts[module] for module in MODULES},
        "candidate": best.id,
        "origin": best.candidate.origin,
        "mean_score": best.mean,
        "start_mean_score": pool.mean(0),
        "model": run.header.wish.model,
        "tasks": [task.id for task in run.header.tasks],
    }


def read_prompts(path: Path) -> Mapping[str, str]:
    """What `best_prompts` wrote; modules that are left out start from the shipped text. Raises UsageError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"the prompts in {path} cannot be read: {error}") from error
    prompts = found.get("prompts") if isinstance(found, dict) and found.get("schema") == SCHEMA else None
    if not isinstance(prompts, dict) or not all(isinstance(text, str) and text.strip() for text in prompts.values()):
        raise UsageError(
            f'{path} holds no prompts: expected {{"schema": {SCHEMA}, "prompts": {{MODULE: TEXT}}}}, as '
            "`kernel-gepa export-prompt RUN` writes it"
        )
    if unknown := sorted(set(prompts) - set(MODULES)):
        raise UsageError(f"{path} has a prompt for {unknown[0]!r}, and the modules are {', '.join(MODULES)}")
    return prompts
