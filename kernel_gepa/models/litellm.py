"""Models behind providers, through litellm, which is imported at the first call.

One call is one request: litellm's own retries, cache and telemetry are off, because they hide failures, repeat
requests and remember what was never asked for. Retrying, metering and remembering are wrappers of ours.
"""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from typing import Any

from kernel_gepa.errors import KernelGepaError, ModelError, UsageError
from kernel_gepa.models.failure import TryLater, printable, secrets
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.ports import Reply

PASSING = frozenset({408, 429})  # beside all of 5xx
NO_KEY = "no-key-needed"  # the client refuses to send a request without a key, also to a server that wants none


class LiteLLM:
    """Calls may run in parallel. Keys are read from the environment by litellm, and never appear in a message."""

    def __init__(self, model: str, options: ModelOptions = DEFAULTS) -> None:
        self.name = model
        self._options = options
        self._ready = False
        self._arguments: dict[str, object] = {
            "model": model,
            "timeout": options.timeout_s,
            "num_retries": 0,
            "max_retries": 0,  # the provider's client has retries of its own
            "caching": False,
        }
        asked = ("api_base", "temperature", "max_tokens", "reasoning_effort")
        self._arguments |= {name: getattr(options, name) for name in asked if getattr(options, name) is not None}

    def check(self) -> None:
        """Raises UsageError when the package, the provider or its key is missing. Sends nothing."""
        if self._ready:
            return
        litellm = _module()
        provider = self._provider(litellm)
        found = litellm.validate_environment(self.name, api_base=self._options.api_base)
        missing = found["missing_keys"]
        if missing and self._options.api_base and all(name.endswith("_API_KEY") for name in missing):
            self._arguments["api_key"] = NO_KEY
        elif missing:
            raise UsageError(f"{self.name} needs {' and '.join(missing)} in the environment (provider {provider})")
        self._ready = True

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:  # noqa: ARG002 - every request is its own sample
        self.check()
        answer = self._request(prompt)
        if isinstance(answer, KernelGepaError):
            # Raised here, outside of `except`: the provider's exception can quote the key, and would hang on ours.
            raise answer
        choice = answer.choices[0]
        reply = Reply(
            choice.message.content or "",
            truncated=choice.finish_reason == "length",
            tokens_in=answer.usage.prompt_tokens,
            tokens_out=answer.usage.completion_tokens,
            usd=answer._hidden_params.get("response_cost"),
        )
        if not reply.text.strip() and not reply.truncated:
            raise TryLater(f"{self.name} answered with an empty text (finish reason {choice.finish_reason})")
        return reply

    def _provider(self, litellm: Any) -> str:
        with suppress(import_module("openai").OpenAIError):
            return str(litellm.get_llm_provider(self.name)[1])
        raise UsageError(f"litellm knows no provider for {self.name!r}; write PROVIDER/MODEL, such as openai/gpt-5")

    def _request(self, prompt: str) -> Any:
        """litellm's answer, or the exception of ours that says what went wrong."""
        messages = [{"role": "user", "content": prompt}]
        try:
            return _module().completion(messages=messages, **self._arguments)
        except import_module("openai").OpenAIError as error:  # all of litellm's exceptions are children of it
            return self._failure(error)

    def _failure(self, error: Any) -> KernelGepaError:
        status = getattr(error, "status_code", None)
        said = printable(str(error), secrets(os.environ))
        kind = type(error).__name__
        if kind == "UnsupportedParamsError":
            return UsageError(f"{self.name} does not take one of the options that were given; leave it out: {said}")
        if status == 404:
            return UsageError(f"{self.name} is not a model of its provider: {said}")
        if (
            "insufficient_quota" in f"{error} {error.__context__}"
        ):  # a 429 that no waiting cures; litellm drops the code
            return ModelError(f"{self.name}: the account's quota is spent: {said}")
        if status in PASSING or (status is not None and status >= 500) or kind == "APIConnectionError":
            return TryLater(f"{self.name} is not available now: {said}", after_s=_retry_after_s(error))
        return ModelError(f"{self.name} refuses (status {status}): {said}")


def create(spec: str, options: ModelOptions = DEFAULTS) -> LiteLLM:
    """The model of `litellm:SPEC`, or of a bare model string."""
    if not spec.strip():
        raise UsageError("litellm: names no model; write PROVIDER/MODEL, such as openai/gpt-5")
    return LiteLLM(spec, options)


def _module() -> Any:
    """litellm itself; its import takes about two seconds. `Any`: checking its sources would take minutes."""
    # Both before the import: it would read .env of the current folder, and fetch a list of prices.
    os.environ["LITELLM_MODE"] = "PRODUCTION"
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    try:
        litellm: Any = import_module("litellm")
    except ModuleNotFoundError as error:
        raise UsageError("litellm is not installed; pip install 'kernel-gepa[litellm]'") from error
    litellm.telemetry = False
    litellm.cache = None
    litellm.suppress_debug_info = True  # it would print advice to stdout, where our results go
    return litellm


def _retry_after_s(error: Any) -> float | None:
    """The header in seconds. Its other form, a date, is left to our own waiting times."""
    headers = getattr(error, "litellm_response_headers", None) or {}
    try:
        return max(0.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return None
