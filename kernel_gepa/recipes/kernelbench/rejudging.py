"""Kernels that somebody else's agent wrote, judged again: by our check and by KernelBench's own, and timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from kernel_gepa import codec
from kernel_gepa.benchmarks.kernelbench.files import Generation, generations
from kernel_gepa.benchmarks.kernelbench.problems import Problem, read_problems
from kernel_gepa.benchmarks.kernelbench.rules import TRIALS, Rule
from kernel_gepa.benchmarks.single_file import look, read
from kernel_gepa.domain.provenance import provenance
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, Correct, Verdict, name, reason
from kernel_gepa.errors import TaskError, UsageError
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.probe import complete
from kernel_gepa.recipes.kernelbench.results import LEFT_OUT, Compatible, Result, compatible, times
from kernel_gepa.recipes.plugins import backend_named, remembering, sandbox_named
from kernel_gepa.recipes.sweeping import Say
from kernel_gepa.recipes.wish import is_strict
from kernel_gepa.report.outcome import Winner

OTHERS = "another agent"


@dataclass(frozen=True, slots=True)
class How:
    """What the command line says about a judgement. `version` is KernelBench's, whose tolerance `compatible` takes."""

    root: Path
    levels: tuple[int, ...] = ()
    sandbox: str = "auto"
    screen: str = "strict"
    processes: int = 1
    batch: int | None = None
    version: str = "0.2"


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One file and what came of it; of `result` the sample's number is not part."""

    path: Path
    sample_id: int
    result: Result

    @property
    def as_json(self) -> dict[str, Any]:
        packed = codec.pack(self.result) | {"kernel": None}
        return {"file": self.path.name, "sample_id": self.sample_id, **packed}


def rejudged(folder: Path, how: How, say: Say) -> Iterator[Rejudged]:
    """Each of them as it is judged. Raises UsageError for a folder with nothing in it that belongs to a problem."""
    strict, rule = is_strict(how.screen), Rule(how.version)
    found = placed(folder, how)
    used = sandbox_named(how.sandbox, model=OTHERS)  # nobody here has read them: they are isolated, or asked for
    settings = Settings(against="eager", strict=strict)
    with Bench(remembering(backend_named("cpu")), used, settings) as bench:
        for problem, group in groupby(found, lambda pair: pair[1]):
            task = _task(problem, bench, how.batch)
            for generation, _ in group:
                if isinstance(task, str):
                    result = Result(problem.level, problem.id, problem.name, LEFT_OUT, task)
                else:
                    result = _judged(problem, generation, task, bench, how.processes, rule)
                say(f"{generation.path.name}: {result.verdict}, {result.reason.splitlines()[0]}")
                yield Rejudged(generation.path, generation.sample_id, result)
            if isinstance(task, Task):
                bench.forget(task)


def placed(folder: Path, how: How) -> list[tuple[Generation, Problem]]:
    """Each kernel with its problem; where a name tells no level, the only level of the data set is meant."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder} with generated kernels")
    problems = read_problems(how.root, how.levels)
    levels = sorted({p.level for p in problems})
    known = {(p.level, p.id): p for p in problems}
    found = []
    for generation in generations(folder):
        level = generation.level if generation.level is not None else levels[0] if len(levels) == 1 else None
        if level is None:
            raise UsageError(f"{generation.path.name} does not say of which level it is; name it with --level")
        problem = known.get((level, generation.problem_id))
        if problem is not None:
            found.append((generation, problem))
    if not found:
        raise UsageError(
            f"{folder} holds no kernel of a problem of {how.root}; files are named by their problem, as in "
            "level_1_problem_19_sample_0_kernel.py or 19_ReLU.py"
        )
    return sorted(found, key=lambda pair: (pair[1].level, pair[1].id, pair[0].sample_id))


def _task(problem: Problem, bench: Bench, batch: int | None) -> Task | str:
    """Or why it cannot be judged."""
    folder = bench.folder / "tasks" / problem.key
    folder.mkdir(parents=True)
    path = folder / f"level{problem.level}_{problem.name}"
    path.write_text(problem.task_text(batch))
    try:
        return complete(look(path), bench.sandbox, folder)
    except TaskError as error:
        return str(error).splitlines()[0]


def _judged(problem: Problem, generation: Generation, task: Task, bench: Bench, processes: int, rule: Rule) -> Result:
    kernel = read(generation.path)
    wrong = _unreadable(generation, kernel)
    if wrong is not None:
        return _result(problem, kernel, wrong, Compatible(0, 0, None, reason(wrong)))
    verdict = bench.judge(kernel, task)
    if processes > 1 and isinstance(verdict, Correct):
        verdict = bench.verify(kernel, task, ("eager",), processes)
    return _result(problem, kernel, verdict, compatible(bench.agrees(kernel, task, TRIALS, rule)))


def _unreadable(generation: Generation, kernel: str) -> BuildFailed | None:
    """What is no Python needs no sandbox to be refused."""
    try:
        compile(kernel, generation.path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return BuildFailed(f"it is not Python: {error}")
    return None


def _result(problem: Problem, kernel: str, verdict: Verdict, agreed: Compatible) -> Result:
    won = Winner(kernel, OTHERS, verdict)
    eager = won.against("eager")
    right = isinstance(verdict, Correct)
    return replace(
        Result(problem.level, problem.id, problem.name, name(verdict), reason(verdict), kernel, OTHERS),
        made_by=provenance(verdict.tags) if isinstance(verdict, Correct) else "",
        won=right,
        speedup=won.geomean("eager"),
        eager=won.geomean("eager"),
        candidate=times(eager, "candidate"),
        baseline=times(eager, "baseline"),
        inconclusive=won.inconclusive,
        compatible=agreed,
    )


def code_of(found: Sequence[Rejudged]) -> int:
    """0 all right, 3 some are not, 5 all right but some without a conclusion, 4 nothing could be judged."""
    judged = [f.result for f in found if f.result.verdict != LEFT_OUT]
    if not judged:
        return 4
    if not all(r.correct for r in judged):
        return 3
    return 5 if any(r.inconclusive for r in judged) else 0
