"""From the `--model` of the command line to a language model: every kind is an entry point, also the built-in ones."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol, cast

from kernel_gepa.errors import UsageError
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.ports import LanguageModel

GROUP = "kernel_gepa.models"
BARE = "litellm"  # the kind that a bare model string, such as openai/gpt-5, belongs to


def kind_of(model: str) -> tuple[str, str]:
    """The kind of a model string, and what follows its prefix. A bare one belongs to litellm."""
    kind, colon, rest = model.partition(":")
    if not colon or "/" in kind:  # openai/gpt-5, ollama/llama3:8b
        return BARE, model
    return kind, rest


class Create(Protocol):
    """What an entry point of a model is. `spec` is what follows the prefix. Raises UsageError for a wrong spec."""

    def __call__(self, spec: str, options: ModelOptions) -> LanguageModel: ...


def choose(model: str, options: ModelOptions = DEFAULTS) -> LanguageModel:
    """`cmd:PROGRAM ARGS`, `scripted:PATH`, `litellm:MODEL`, or a bare litellm model. Nothing is asked yet."""
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    kind, rest = kind_of(model)
    if not model.strip() or kind not in installed:
        kinds = ", ".join(f"{name}:" for name in sorted(installed))
        raise UsageError(f"no model is called {model!r}; write PROVIDER/MODEL such as openai/gpt-5, or one of {kinds}")
    create = cast("Create", installed[kind].load())
    return create(rest, options)
