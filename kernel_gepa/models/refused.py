"""Options that a model refuses: they are left out, and the user is told."""

from __future__ import annotations

from kernel_gepa.errors import KernelGepaError, ModelError

# What a request may hold beside the prompt, under the names of the chat completions protocol.
OPTIONS = ("temperature", "max_tokens", "reasoning_effort")

_REFUSALS = ("unsupported", "not support", "unknown", "unrecognized", "not permitted", "not allowed", "extra inputs")


def refused_option(error: KernelGepaError) -> str | None:
    """The option that a refused request is about, or None. Such a request was never worked on."""
    said = str(error).lower()
    if type(error) is not ModelError or error.retryable or not any(word in said for word in _REFUSALS):
        return None
    return next((option for option in OPTIONS if option in said), None)
