"""What a user may ask of any language model; each kind of model uses what applies to it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def tell(text: str) -> None:
    sys.stderr.write(f"note: {text}\n")


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """None leaves the choice to the model. Nothing here is a secret: keys stay in the environment.

    `environment` names the variables that a command may see beside the harmless ones, `key_variable` the one that holds
    the key. `answered` counts the replies that a resumed run already holds: a script goes on after them. `run` is the
    folder of the run. `say` hears what a user should know and nothing breaks on.
    """

    api_base: str | None = None
    timeout_s: float = 600.0
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    environment: tuple[str, ...] = ()
    key_variable: str = "OPENAI_API_KEY"
    answered: int = 0
    run: Path | None = None
    say: Callable[[str], None] = tell


DEFAULTS = ModelOptions()
