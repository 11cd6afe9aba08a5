"""What reflection reads, as one prompt: what stays the same first (providers cache a common beginning), then the case.

Texts that models wrote are fenced values in fixed frames. Every part but the text to improve has a size cap: a text
that is to be written anew must be seen whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Batch, Evaluation, ModuleCall
from kernel_gepa.domain.events import Declined
from kernel_gepa.domain.task import Form, Task, TaskId
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.prompts.frame import clipped, fenced, filled
from kernel_gepa.prompts.task import described, statement

# Characters. All caps together keep a prompt of three examples below about 50 000 tokens.
KERNEL = 24_000
CALL = 8_000
FEEDBACK = 6_000
CHANGE = 4_000
LESSONS = 6_000


@dataclass(frozen=True, slots=True)
class Case:
    """One text of a parent, how it did on a minibatch, and what was tried in vain. `batch` follows `tasks`."""

    component: Component
    text: str
    tasks: tuple[Task, ...]
    batch: Batch
    attempts: tuple[Declined, ...]
    best_known: Mapping[TaskId, Evaluation]
    lessons: str = ""  # of other tasks, and true there


def brief(case: Case) -> str:
    """The prompt for `case`: about a kernel where the text is one, else about a module's text."""
    if [f"kernel@{task.id}" for task in case.tasks] == [case.component.name]:
        return _about_kernel(case, case.tasks[0], case.batch[0])
    return _about_text(case)


def was_asked(case: Case) -> bool:
    """Whether the text had a part in any of the rollouts. Without one there is nothing to learn about it."""
    return any(
        not e.rollout.trajectory or any(call.component == case.component.name for call in e.rollout.trajectory)
        for e in case.batch
    ) or any(case.component.name == f"kernel@{task.id}" for task in case.tasks)


def _about_kernel(case: Case, task: Task, evaluation: Evaluation) -> str:
    language, made = task.language.value, evaluation.rollout.kernel
    other = "" if made == case.text else filled("made_of_it", {"kernel": fenced(clipped(made, KERNEL), language)})
    sections = (
        _best_known(case, task, evaluation),
        filled("current", {"what": "kernel", "text": fenced(case.text, language)}),
        other,
        filled("feedback", {"feedback": _feedback(evaluation)}),
        _attempts(case, "kernel"),
        filled("lessons", {"lessons": fenced(clipped(case.lessons, LESSONS), "text")}) if case.lessons else "",
    )
    return filled("reflect_kernel", {"task": described(task), "sections": _joined(sections)}) + "\n"


def _about_text(case: Case) -> str:
    pairs = zip(case.tasks, case.batch, strict=True)
    examples = (_example(case, number, *pair) for number, pair in enumerate(pairs, 1))
    sections = (
        filled("current", {"what": "text", "text": fenced(case.text)}),
        *examples,
        _attempts(case, "text"),
    )
    frame = "reflect_answer" if all(t.form is Form.ANSWER for t in case.tasks) else "reflect_text"
    return filled(frame, {"component": case.component.name, "sections": _joined(sections)}) + "\n"


def _example(case: Case, number: int, task: Task, evaluation: Evaluation) -> str:
    """The module's own calls with what came of them; of a program that reports none, the task and what came out."""
    values = {
        "number": str(number),
        "task": task.id,
        "exchanges": _joined([*_exchanges(case, task, evaluation), *_aftermath(case, task, evaluation)]),
        "feedback": _feedback(evaluation),
    }
    frame = "example_answer" if task.form is Form.ANSWER else "example"
    return _joined([filled(frame, values), _best_known(case, task, evaluation)])


def _exchanges(case: Case, task: Task, evaluation: Evaluation) -> list[str]:
    calls = evaluation.rollout.trajectory
    if not calls:
        return [_exchange(statement(task), _shown(evaluation.rollout.kernel, task))]
    own = [call for call in calls if call.component == case.component.name]
    return [_call(case, call) for call in own] or [filled("not_asked", {"statement": statement(task)})]


def _call(case: Case, call: ModuleCall) -> str:
    """Without the module's text in front, which is shown once."""
    exchange = _exchange(call.prompt.removeprefix(case.text.strip()).lstrip(), fenced(clipped(call.reply, CALL)))
    if not call.outcome:
        return exchange
    outcome = fenced(clipped(call.outcome, FEEDBACK), "text")
    return filled("exchange_outcome", {"exchange": exchange, "outcome": outcome})


def _aftermath(case: Case, task: Task, evaluation: Evaluation) -> Iterator[str]:
    """What became of the module's answers: the steps of the others, and the result where another one wrote it."""
    calls = evaluation.rollout.trajectory
    if len({call.component for call in calls}) < 2:
        return
    told = (f"- {call.component}: {_first_line(call.outcome) or 'answered'}" for call in calls)
    yield filled("course", {"course": "\n".join(told)})
    if calls[-1].component != case.component.name and task.form is not Form.ANSWER:
        yield filled("came_out", {"kernel": _shown(evaluation.rollout.kernel, task)})


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _shown(kernel: str, task: Task) -> str:
    return fenced(clipped(kernel, CALL), task.language.value)


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
    kernel = fenced(clipped(best.rollout.kernel, KERNEL), task.language.value)
    return filled("best_known", {"speedup": _speedup(best.verdict), "kernel": kernel})


def _speedup(found: Correct) -> str:
    speedup, baseline = found.speedup, found.measurements[0].baseline
    if all(m.cycles is not None for m in found.measurements):
        return f"by an estimate it is {speedup.value:.2f}x as fast as {baseline}; nothing was measured"
    interval = f"95 % interval {speedup.low:.2f} to {speedup.high:.2f}"
    return f"it was measured at {speedup.value:.2f}x against {baseline} ({interval})"


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
