"""What the scope of a component saves: a search over three kernels, with components that affect one task, or all.

Runs in the toy world, where a rollout is a count and no kernel is judged. Usage: scoped.py [--steps N] [--seeds N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from statistics import median

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.task import Task
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import Program
from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.search.loop import Rules, search
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import task
from kernel_gepa.testing.world import Scribbler, verdict

TASKS = tuple(task(name, kernel="?") for name in ("a", "b", "ab"))


@dataclass(frozen=True)
class Unscoped:
    """The same kernels, as texts of which nobody knows what they affect."""

    components: Sequence[Component]

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        return Rollout(texts[slot(task.id)])


SCOPED = Literal.over(TASKS)
UNSCOPED = Unscoped(tuple(replace(c, scope=None) for c in SCOPED.components))


def rollouts(program: Program, *, steps: int, seed: int) -> int:
    """What so many steps of a search cost."""
    ledger = Ledger(Budget())
    evaluate = Evaluator(program, ScriptedJudge(verdict), lambda *_: "", ledger=ledger)
    proposers = (Scribbler(evaluate, TASKS, ledger),)
    rules = Rules(seed=seed, patience=10 * steps, quiet_rounds=10 * steps, clock=lambda: 0.0)
    found = search(program.components, TASKS, evaluate, proposers, ledger=ledger, rules=rules)
    for _ in islice(found, 1 + steps):
        pass
    return ledger.spent.rollouts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    pairs = [
        (rollouts(SCOPED, steps=options.steps, seed=n), rollouts(UNSCOPED, steps=options.steps, seed=n))
        for n in range(options.seeds)
    ]
    shares = [scoped / unscoped for scoped, unscoped in pairs]
    print(f"{options.steps} steps over three tasks, {options.seeds} seeds, rollouts:")
    print(f"  components with a scope    median {median(s for s, _ in pairs):.0f}")
    print(f"  components without one     median {median(u for _, u in pairs):.0f}")
    print(f"  share                      median {median(shares):.2f}, from {min(shares):.2f} to {max(shares):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
