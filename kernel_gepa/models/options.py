"""What a user may ask of any language model; each kind of model uses what applies to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """None leaves the choice to the model. Nothing here is a secret: keys stay in the environment.

    `environment` names the variables that a command may see beside the harmless ones. `answered` counts the replies
    that a resumed run already holds: a script goes on after them.
    """

    api_base: str | None = None
    timeout_s: float = 600.0
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    environment: tuple[str, ...] = ()
    answered: int = 0


DEFAULTS = ModelOptions()
