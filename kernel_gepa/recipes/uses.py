"""The three uses of one search: they differ in the program that is wired in, and in nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from kernel_gepa.domain.candidate import Component
from kernel_gepa.errors import UsageError
from kernel_gepa.judging.evaluator import Feedback
from kernel_gepa.ports import Check, LanguageModel, Program
from kernel_gepa.programs.generator import MODULES, Generator, module_components
from kernel_gepa.programs.literal import Literal
from kernel_gepa.programs.warm import Warm
from kernel_gepa.recipes.wish import BOTH, KERNELS, Header


def program_of(
    header: Header, *, model: Callable[[str], LanguageModel | None], check: Check, feedback: Feedback
) -> Program:
    """`model` answers with that of a module. Raises UsageError where modules would have none to work with."""
    if header.wish.evolve == KERNELS:
        return Literal.over(header.tasks)
    models = {module: found for module in MODULES if (found := model(module)) is not None}
    if len(models) < len(MODULES):
        raise UsageError(f"--evolve {header.wish.evolve} needs the model that the modules work with; name it: --model")
    generator = Generator(models, check, feedback, components=modules(header.prompts))
    return Warm.over(header.tasks, generator) if header.wish.evolve == BOTH else generator


def components_of(header: Header) -> Sequence[Component]:
    """What the candidates of a run consist of: enough to read it, without anything that could run it."""
    kernels = Literal.over(header.tasks).components
    match header.wish.evolve:
        case "kernels":
            return kernels
        case "both":
            return (*modules(header.prompts), *kernels)
        case _:
            return modules(header.prompts)


def modules(prompts: Mapping[str, str]) -> tuple[Component, ...]:
    """The modules of the generator, each with the given text, or else the shipped one, to start from."""
    return tuple(replace(c, seed=prompts.get(c.name, c.seed)) for c in module_components())
