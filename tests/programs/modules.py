"""A model that plays all modules, and a check that needs no compiler: a kernel with "!" in it is broken."""

from __future__ import annotations

from collections.abc import Callable

from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, Verdict
from kernel_gepa.models.scripted import Scripted
from kernel_gepa.ports import Reply
from kernel_gepa.programs.generator import MODULES, Generator, start_text
from kernel_gepa.prompts.reply import block

FENCE = "```"


def source(kernel: str) -> str:
    return f"Here:\n{FENCE}cpp\n{kernel}\n{FENCE}\n"


def module_of(prompt: str) -> str:
    """Which module a prompt is for, by the shipped text in front."""
    return next((m for m in MODULES if prompt.startswith(start_text(m).strip()[:40])), "reflection")


class Cast(Scripted):
    """Answers each module by its own function of the prompt; `asked` says who was asked."""

    def __init__(self, **parts: Callable[[str], str | Reply]) -> None:
        super().__init__(lambda prompt: parts[module_of(prompt)](prompt))
        self._parts = parts

    @property
    def asked(self) -> list[str]:
        return [module_of(prompt) for prompt in self.prompts]


def check(kernel: str, task: Task) -> Verdict | None:
    return BuildFailed(f"unexpected ! in {task.id}") if "!" in kernel else None


def generator(model: Scripted, repairs: int = 2) -> Generator:
    return Generator(
        dict.fromkeys(MODULES, model),
        check,
        lambda verdict, task, kernel: f"DOES NOT BUILD: {verdict}",
        repairs=repairs,
    )


def texts(**changed: str) -> dict[str, str]:
    return {module: changed.get(module, start_text(module)) for module in MODULES}


def in_block(text: str) -> str:
    found = block(Reply(text))
    assert isinstance(found, str)
    return found
