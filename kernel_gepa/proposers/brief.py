"""What reflection reads, as one prompt: what stays the same first (providers cache a common beginning), then the case.

Texts that models wrote are fenced values in fixed frames. Every part but the text to improve has a size cap: a text
that is to be written anew must be seen whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import unified_diff

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Batch, Evaluation
from kernel_gepa.domain.events import Declined
from kernel_gepa.domain.task import Task, TaskId
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.prompts.frame import clipped, fenced, filled

# Characters. All caps together keep a prompt of three examples below about 50 000 tokens.
STATEMENT = 16_000
KERNEL = 24_000
CALL = 8_000
FEEDBACK = 6_000
CHANGE = 4_000


@dataclass(frozen=True, slots=True)
class Case:
    """One text of a parent, how it did on a minibatch, and what was tried in vain. `batch` follows `tasks`."""

    component: Component
    text: str
    tasks: tuple[Task, ...]
    batch: Batch
    attempts: tuple[Declined, ...]
    best_known: Mapping[TaskId, Evaluation]


def brief(case: Case) -> str:
    """The prompt for `case`: about a kernel where the text is itself what was judged, else about a module's text."""
    if len(case.tasks) == 1 and case.batch[0].rollout.kernel == case.text:
        return _about_kernel(case, case.tasks[0], case.batch[0])
    return _about_text(case)


def _about_kernel(case: Case, task: Task, evaluation: Evaluation) -> str:
    language = task.language.value
    sections = (
        _best_known(case, task, evaluation),
        filled("current", {"what": "kernel", "text": fenced(case.text, language)}),
        filled("feedback", {"feedback": _feedback(evaluation)}),
        _attempts(case, "kernel"),
    )
    values = {
        "statement": _joined([clipped(task.statement.strip(), STATEMENT), _reference(task)]),
        "workloads": "\n".join(f"- {workload}" for workload in task.workloads),
        "atol": f"{task.tolerance.atol:g}",
        "rtol": f"{task.tolerance.rtol:g}",
        "sections": _joined(sections),
    }
    return filled("reflect_kernel", values) + "\n"


def _reference(task: Task) -> str:
    """Empty where the statement quotes it already."""
    if task.reference.strip() in task.statement:
        return ""
    return filled("reference", {"source": fenced(clipped(task.reference, STATEMENT), "python")})


def _about_text(case: Case) -> str:
    pairs = zip(case.tasks, case.batch, strict=True)
    examples = (_example(case, number, *pair) for number, pair in enumerate(pairs, 1))
    sections = (
        filled("current", {"what": "text", "text": fenced(case.text)}),
        *examples,
        _attempts(case, "text"),
    )
    return filled("reflect_text", {"component": case.component.name, "sections": _joined(sections)}) + "\n"


def _example(case: Case, number: int, task: Task, evaluation: Evaluation) -> str:
    """The module's own calls; of a program that reports none, the task and the kernel that came out."""
    kernel = fenced(clipped(evaluation.rollout.kernel, CALL), task.language.value)
    exchanges = [
        _exchange(call.prompt, fenced(clipped(call.reply, CALL)))
        for call in evaluation.rollout.trajectory
        if call.component == case.component.name
    ]
    values = {
        "number": str(number),
        "task": task.id,
        "exchanges": _joined(exchanges or [_exchange(task.statement.strip(), kernel)]),
        "feedback": _feedback(evaluation),
    }
    return _joined([filled("example", values), _best_known(case, task, evaluation)])


def _exchange(given: str, answered: str) -> str:
    return filled("exchange", {"given": fenced(clipped(given, CALL)), "answered": answered})


def _feedback(*evaluations: Evaluation) -> str:
    """Fenced: a compiler's log can quote a kernel, and a kernel can quote a frame."""
    return fenced(clipped("\n\n".join(e.feedback.strip() for e in evaluations), FEEDBACK), "text")


def _best_known(case: Case, task: Task, evaluation: Evaluation) -> str:
    """Empty where there is none, or where it is the kernel that is shown anyway."""
    best = case.best_known.get(task.id)
    if best is None or not isinstance(best.verdict, Correct) or best.rollout.kernel == evaluation.rollout.kernel:
        return ""
    speedup, baseline = best.verdict.speedup, best.verdict.measurements[0].baseline
    words = f"{speedup.value:.2f}x against {baseline} (95 % interval {speedup.low:.2f} to {speedup.high:.2f})"
    kernel = fenced(clipped(best.rollout.kernel, KERNEL), task.language.value)
    return filled("best_known", {"speedup": words, "kernel": kernel})


def _attempts(case: Case, what: str) -> str:
    told = [_attempt(case, number, attempt) for number, attempt in enumerate(case.attempts, 1)]
    return filled("attempts", {"what": what, "attempts": _joined(told)}) if told else ""


def _attempt(case: Case, number: int, attempt: Declined) -> str:
    """Shows the difference to the current text, or the attempt itself where that is shorter."""
    after = attempt.child.texts[case.component.name]
    lines = unified_diff(case.text.splitlines(), after.splitlines(), lineterm="", n=1)
    change = "\n".join(list(lines)[2:])  # without file names
    shorter = len(change) < len(after)
    values = {
        "number": str(number),
        "origin": attempt.child.origin,
        "reason": attempt.reason,
        "did": "changed" if shorter else "wrote",
        "text": fenced(clipped(change, CHANGE), "diff") if shorter else fenced(clipped(after, CHANGE)),
        "feedback": _feedback(*attempt.evaluations),
    }
    return filled("attempt", values)


def _joined(sections: Iterable[str]) -> str:
    return "\n\n".join(section for section in sections if section)
