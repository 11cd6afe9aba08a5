"""Models behind providers, through litellm, which is imported at the first call.

One call is one request: litellm's own retries, cache, fallbacks and telemetry are off, because they hide failures,
repeat requests and remember what was never asked for. Retrying, metering and remembering are wrappers of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from threading import Lock
from typing import Any

from kernel_gepa.discreet import printable, secrets
from kernel_gepa.errors import KernelGepaError, UsageError
from kernel_gepa.models.failure import TryLater, refusal, retry_after_s
from kernel_gepa.models.openai_http import OPENAI, bearer, check_key, key_in
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.models.refused import OPTIONS, refused_option
from kernel_gepa.ports import Reply

NO_KEY = "no-key-needed"  # the client refuses to send a request without a key, also to a server that wants none

# Servers that list their models for nothing, to whoever has a key.
ANTHROPIC = "https://api.anthropic.com/v1"


class LiteLLM:
    """Calls may run in parallel. Keys are read from the environment by litellm, and never appear in a message."""

    def __init__(self, model: str, options: ModelOptions = DEFAULTS) -> None:
        self.name = model
        self._options = options
        self._provider = ""
        self._lock = Lock()
        self._arguments: dict[str, object] = {
            "model": model,
            "timeout": options.timeout_s,
            "num_retries": 0,
            "max_retries": 0,  # the provider's client has retries of its own
            "caching": False,
        }
        asked = ("api_base", *OPTIONS)
        self._arguments |= {name: getattr(options, name) for name in asked if getattr(options, name) is not None}

    def check(self) -> None:
        """Raises UsageError when the package, the provider or its key is missing, or the key is refused.

        Asks the provider for its models where that is free; other providers refuse at the first request.
        """
        self._prepare()
        litellm = _module()
        _, provider, key, base = litellm.get_llm_provider(self.name, api_base=self._options.api_base)
        variable = f"{provider.upper()}_API_KEY"
        key = key or os.environ.get(variable, "")
        if provider == "anthropic":
            check_key(self.name, ANTHROPIC, {"x-api-key": key, "anthropic-version": "2023-06-01"}, variable)
        elif provider == "openai" or (base and provider in litellm.openai_compatible_providers):
            check_key(self.name, (base or OPENAI).rstrip("/"), bearer(key), variable)

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:  # noqa: ARG002 - every request is its own sample
        self._prepare()
        asked = self._asked()
        answer = self._request(prompt, asked)
        for _ in OPTIONS:
            if not (isinstance(answer, KernelGepaError) and self._left_out(answer, asked)):
                break
            asked = self._asked()
            answer = self._request(prompt, asked)
        if isinstance(answer, KernelGepaError):
            # Raised here, outside of `except`: the provider's exception can quote the key, and would hang on ours.
            raise answer
        return self._reply(answer)

    def _prepare(self) -> None:
        """Sends nothing."""
        if self._provider:
            return
        litellm = _module()
        provider = self._known_provider(litellm)
        missing = litellm.validate_environment(self.name, api_base=self._options.api_base)["missing_keys"]
        if missing and self._options.api_base and all(name.endswith("_API_KEY") for name in missing):
            self._arguments["api_key"] = NO_KEY
        elif missing:
            raise UsageError(f"{self.name} needs {' and '.join(missing)} in the environment (provider {provider})")
        variable = f"{provider.upper()}_API_KEY"  # which litellm reads by itself, and sends as it is
        if key_in(variable) != os.environ.get(variable, ""):
            raise UsageError(f"the value of {variable} begins or ends with a space or a line end; remove it")
        self._provider = provider

    def _known_provider(self, litellm: Any) -> str:
        with suppress(import_module("openai").OpenAIError):
            return str(litellm.get_llm_provider(self.name)[1])
        raise UsageError(f"litellm knows no provider for {self.name!r}; write PROVIDER/MODEL, such as openai/gpt-5")

    def _asked(self) -> dict[str, object]:
        with self._lock:
            return dict(self._arguments)

    def _left_out(self, error: KernelGepaError, asked: Mapping[str, object]) -> bool:
        """Leaves out the option that litellm or the provider refused; False for anything else."""
        option = refused_option(error)
        if option is None or option not in asked:
            return False
        with self._lock:  # another call may have left it out since
            value = self._arguments.pop(option, None)
            if (
                option == "max_tokens" and value is not None
            ):  # the bound of what a reply costs must not be lost, not even between two calls
                self._arguments["max_completion_tokens"] = value
                value = None
        if value is not None:
            self._options.say(f"{self.name} does not take {option}={value}; it is left out")
        return True

    def _request(self, prompt: str, asked: Mapping[str, object]) -> Any:
        """litellm's answer, or the exception of ours that says what went wrong."""
        messages = [{"role": "user", "content": prompt}]
        try:
            return _module().completion(messages=messages, **asked)
        except import_module("openai").OpenAIError as error:  # all of litellm's exceptions are children of it
            return self._failure(error)

    def _failure(self, error: Any) -> KernelGepaError:
        status = getattr(error, "status_code", None)
        said = printable(str(error), secrets(os.environ))
        kind = type(error).__name__
        if broken := _broken(error):
            free = broken == "connect"
            return TryLater(f"{self.name} is not available now: {said}", free=free)
        if kind in ("APIConnectionError", "Timeout") or status is None or (status >= 500 and not _refused(error)):
            return TryLater(f"{self.name} is not available now: {said}")
        # litellm drops the code of a spent quota, and keeps the provider's own exception
        code = str(error.__context__ or "")
        headers = {k.lower(): v for k, v in (getattr(error, "litellm_response_headers", None) or {}).items()}
        return refusal(self.name, status, said, after_s=retry_after_s(headers), code=code)

    def _reply(self, answer: Any) -> Reply:
        """Raises TryLater for an answer without a text, or one that only some versions of litellm let through."""
        try:
            choice, usage = answer.choices[0], answer.usage
            text, reason = choice.message.content or "", choice.finish_reason
            read, thought = usage.prompt_tokens_details, usage.completion_tokens_details
        except (IndexError, AttributeError, TypeError) as error:
            said = printable(str(answer), secrets(os.environ))
            raise TryLater(f"{self.name} answered without a choice: {said}") from error
        reply = Reply(
            text,
            truncated=reason == "length",
            tokens_in=usage.prompt_tokens or 0,
            tokens_out=usage.completion_tokens or 0,
            usd=answer._hidden_params.get("response_cost"),
            tokens_cached=getattr(read, "cached_tokens", None) or 0,
            tokens_reasoning=getattr(thought, "reasoning_tokens", None) or 0,
            model=answer.model,
        )
        if not reply.text.strip() and not reply.truncated:
            raise TryLater(f"{self.name} answered with an empty text (finish reason {reason})", reply=reply)
        return reply


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
    litellm.num_retries = 0
    litellm.suppress_debug_info = True  # it would print advice to stdout, where our results go
    return litellm


def _broken(error: BaseException) -> str:
    """How the connection broke: "connect" when no request went out, "answer" when one did; empty when it held.

    litellm calls all of them an internal server error. An error that came as a proper answer is billed by nobody; a
    request whose answer was lost may be.
    """
    httpx = import_module("httpx")
    found = ""
    for cause in _chain(error):
        if isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout):
            return "connect"
        if isinstance(cause, httpx.TransportError | ValueError | import_module("openai").APIResponseValidationError):
            found = "answer"
    return found


def _refused(error: BaseException) -> bool:
    """Whether an error came as an answer with an error's status. What litellm cannot make sense of, such as an answer
    without a choice, it calls an internal server error too, and that one may have been billed.
    """
    statuses = import_module("openai").APIStatusError, import_module("httpx").HTTPStatusError
    return any(isinstance(e, statuses) and not type(e).__module__.startswith("litellm") for e in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
