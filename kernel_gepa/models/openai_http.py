"""Any server that speaks OpenAI's chat completions: vLLM, Ollama, LM Studio, gateways, OpenAI. One small HTTP client.

`openai:MODEL` with `--api-base http://127.0.0.1:8000/v1`. One call is one request: no retries, no redirects (a key goes
to nobody who was not named), no connection that is kept (one that went stale would look like a lost reply).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from kernel_gepa.discreet import printable, secrets
from kernel_gepa.errors import KernelGepaError, ModelError, UsageError
from kernel_gepa.models.failure import TryLater, refusal, retry_after_s
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.models.refused import OPTIONS, refused_option
from kernel_gepa.ports import Reply

if TYPE_CHECKING:
    import httpx

OPENAI = "https://api.openai.com/v1"
CONNECT_S = 10.0
MAX_BYTES = 32 << 20  # of one reply


class OpenAIHTTP:
    """Calls may run in parallel. The key is read from the environment at each call, and appears in no message."""

    def __init__(self, model: str, options: ModelOptions = DEFAULTS) -> None:
        self.name = f"openai:{model}"
        self._options = options
        self._base = (options.api_base or os.environ.get("OPENAI_BASE_URL") or OPENAI).rstrip("/")
        asked = {name: getattr(options, name) for name in OPTIONS}
        self._body: dict[str, object] = {"model": model, **{k: v for k, v in asked.items() if v is not None}}
        self._made: httpx.Client | None = None
        self._lock = Lock()

    def check(self) -> None:
        """Raises UsageError when the key is missing or refused, ModelError when nobody answers. Costs nothing."""
        if self._base == OPENAI and not self._key():
            raise UsageError(f"{self.name} needs {self._options.key_variable} in the environment")
        check_key(self.name, self._base, bearer(self._key()), self._options.key_variable)

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:  # noqa: ARG002 - every request is its own sample
        asked = self._asked()
        answer = self._answer(prompt, asked)
        for _ in OPTIONS:
            if not (isinstance(answer, KernelGepaError) and self._left_out(answer, asked)):
                break
            asked = self._asked()
            answer = self._answer(prompt, asked)
        if isinstance(answer, KernelGepaError):
            raise answer  # outside of `except`: the client's exception can quote the key, and would hang on ours
        return self._reply(answer)

    def _asked(self) -> dict[str, object]:
        with self._lock:
            return dict(self._body)

    def _left_out(self, error: KernelGepaError, asked: Mapping[str, object]) -> bool:
        """Leaves out the option that the server refused; False when it refused anything else."""
        option = refused_option(error)
        if option is None or option not in asked:
            return False
        with self._lock:  # another call may have left it out since
            value = self._body.pop(option, None)
            if (
                option == "max_tokens" and value is not None
            ):  # the newer name of the same bound, which must not be lost, not even between two calls
                self._body["max_completion_tokens"] = value
                value = None
        if value is not None:
            self._options.say(f"{self.name} does not take {option}={value}; it is left out")
        return True

    def _client(self) -> httpx.Client:
        """One for all calls: making one reads the certificates of the machine."""
        with self._lock:
            if self._made is None:
                self._made = _client(self._options.timeout_s)
            return self._made

    def _key(self) -> str:
        return key_in(self._options.key_variable)

    def _answer(self, prompt: str, asked: Mapping[str, object]) -> Any:
        """The server's answer as JSON, or the exception of ours that says what went wrong."""
        import httpx

        body = {**asked, "messages": [{"role": "user", "content": prompt}]}
        try:
            status, headers, content = self._sent(json.dumps(body).encode())
        except httpx.ConnectError as error:
            return TryLater(f"{self.name} cannot be reached at {shown(self._base)}: {self._said(error)}", free=True)
        except httpx.TimeoutException:
            return TryLater(f"{self.name} did not answer within {self._options.timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return TryLater(f"{self.name}: the connection broke: {self._said(error)}")
        if status != 200:
            said, code = _error(content)
            return refusal(self.name, status, self._said(said), after_s=retry_after_s(headers), code=code)
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            return TryLater(f"{self.name} answered with what is no JSON: {self._said(content[:200])}")

    def _sent(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """One request. The whole answer must be there in time, however slowly it drips."""
        import httpx

        limit_s = self._options.timeout_s
        deadline = time.monotonic() + limit_s
        received = bytearray()
        headers = {"Content-Type": "application/json"} | bearer(self._key())
        with self._client().stream("POST", f"{self._base}/chat/completions", content=body, headers=headers) as response:
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > MAX_BYTES:
                    raise httpx.ReadError(f"more than {MAX_BYTES} bytes")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("too slow")
            return response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(received)

    def _reply(self, answer: Any) -> Reply:
        """Raises TryLater for an answer without a text. What it cost is known all the same."""
        try:
            choice = answer["choices"][0]
            text, reason = _text(choice["message"].get("content")), choice.get("finish_reason")
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise TryLater(f"{self.name} answered without a choice: {self._said(answer)}") from error
        usage = _object(answer.get("usage"))
        reply = Reply(
            text,
            truncated=reason == "length",
            tokens_in=_count(usage.get("prompt_tokens")),
            tokens_out=_count(usage.get("completion_tokens")),
            usd=_dollars(usage.get("cost")),  # gateways tell it
            tokens_cached=_count(_object(usage.get("prompt_tokens_details")).get("cached_tokens")),
            tokens_reasoning=_count(_object(usage.get("completion_tokens_details")).get("reasoning_tokens")),
            model=answer.get("model") if isinstance(answer.get("model"), str) else None,
        )
        if not reply.text.strip() and not reply.truncated:
            raise TryLater(f"{self.name} answered with an empty text (finish reason {reason})", reply=reply)
        return reply

    def _said(self, what: object) -> str:
        text = what.decode(errors="replace") if isinstance(what, bytes) else str(what)
        return printable(text, secrets(os.environ, (self._options.key_variable,)))


def create(spec: str, options: ModelOptions = DEFAULTS) -> OpenAIHTTP:
    """The model of `openai:SPEC`."""
    if not spec.strip():
        raise UsageError("openai: names no model; write openai:MODEL, with --api-base for a server of your own")
    return OpenAIHTTP(spec, options)


def check_key(name: str, base: str, headers: Mapping[str, str], variable: str) -> None:
    """Asks the server for its models, which is free. What it says is only believed where it refuses the key."""
    import httpx

    try:
        with _client(CONNECT_S) as client:
            response = client.get(f"{base}/models", headers=dict(headers))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = printable(str(error), secrets(os.environ, (variable,)))
        raise ModelError(
            f"{name} cannot be reached at {shown(base)}: {said}; start the server, or name another", free=True
        ) from None
    if response.status_code in (401, 403):
        what = f"the key in {variable}" if headers else f"a request without a key; put it into {variable}"
        raise UsageError(f"{name} refuses {what} (status {response.status_code})")


def key_in(variable: str) -> str:
    """The key, without the line end of the file that it came from. Raises UsageError for what no request can carry."""
    key = os.environ.get(variable, "").strip()
    if not all("!" <= character <= "~" for character in key):
        raise UsageError(f"the value of {variable} is no key: it holds a space, a line end or a special character")
    return key


def shown(base: str) -> str:
    """The address without a user and a password in it."""
    scheme, _, rest = base.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _client(limit_s: float) -> httpx.Client:
    import httpx

    return httpx.Client(
        timeout=httpx.Timeout(limit_s, connect=min(CONNECT_S, limit_s)),
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _error(content: bytes) -> tuple[str, str]:
    """What an error says, and its code."""
    text = content.decode(errors="replace")
    try:
        told = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return text, ""
    if not isinstance(told, dict):
        return str(told), ""
    return str(told.get("message") or text), str(told.get("code") or "")


def _text(content: object) -> str:
    """None when a model only thought; a list of parts from some gateways."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _object(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _count(number: object) -> int:
    return max(0, number) if isinstance(number, int) else 0


def _dollars(number: object) -> float | None:
    return float(number) if isinstance(number, int | float) and 0 <= number < float("inf") else None
