"""One run in the toy world, begun or taken up again: toy_run.py FOLDER USE WIDTH. Made to be killed at any moment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from time import sleep

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.judging.evaluator import Evaluator, Memory
from kernel_gepa.ports import Program
from kernel_gepa.programs.literal import Literal
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.rounds import round_of
from kernel_gepa.store.journal import Journal
from kernel_gepa.store.records import EVALUATION, decision, fact, header, read_back
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import task
from kernel_gepa.testing.world import Both, Crosser, Scribbler, Shared, verdict

TASKS = tuple(task(name, kernel="?", workloads=("v", "w")) for name in ("a", "b", "ab"))
USES: Mapping[str, Program] = {"kernels": Literal.over(TASKS), "prompts": Shared(), "both": Both.over(TASKS)}
JUDGED_S = 0.01


def main(folder: Path, use: str, width: int) -> None:
    program = USES[use]
    with Journal(folder) as journal:
        if not journal.records():
            journal.append(header({"use": use}))
        recorded = read_back(journal.records())
        history = recorded.history
        ledger = Ledger(Budget(rollouts=40), bought=recorded.bought(round_of(len(history), width).start))

        def written(found: Evaluation) -> None:
            journal.append(fact(EVALUATION, found))

        def judged(kernel: str, task: Task) -> Verdict:
            sleep(JUDGED_S)
            return verdict(kernel, task)

        memory = Memory(recorded.evaluations, on_fact=written)
        evaluate = Evaluator(
            program, ScriptedJudge(judged), lambda *_: "", ledger=ledger, memory=memory, together=width
        )
        proposers = (Scribbler(evaluate, TASKS, ledger), Crosser(TASKS))
        rules = Rules(seed=3, width=width, patience=40)
        steps = search(program.components, TASKS, evaluate, proposers, ledger=ledger, rules=rules, history=history)
        for number, step in enumerate(steps, start=len(history)):
            if not isinstance(step, Stopped):
                journal.append(decision(number, step))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
