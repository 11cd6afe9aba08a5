"""How models fail: what a status means, when to come back, and what a failure has cost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from kernel_gepa.errors import KernelGepaError, ModelError, UsageError
from kernel_gepa.ports import Reply

PASSING = frozenset({408, 409, 425, 429})  # beside all of 5xx
QUOTA = "insufficient_quota"  # a 429 that no waiting cures


class TryLater(ModelError):
    """A retryable failure; `after_s` is the time that the other side asked for, if it asked.

    `reply` is a reply of which nothing but its bill can be used.
    """

    def __init__(
        self, message: str, *, after_s: float | None = None, free: bool = False, reply: Reply | None = None
    ) -> None:
        super().__init__(message, retryable=True, free=free)
        self.after_s = after_s
        self.reply = reply


def refusal(name: str, status: int, said: str, *, after_s: float | None = None, code: str = "") -> KernelGepaError:
    """What an answer with this status means. An answer that is an error is not billed."""
    if status == 404:
        return UsageError(f"{name} is not a model of its provider: {said}")
    if QUOTA in code or QUOTA in said:
        return ModelError(f"{name}: the account's quota is spent: {said}", free=True)
    if status in PASSING or status >= 500:
        return TryLater(f"{name} is not available now: {said}", after_s=after_s, free=True)
    return ModelError(f"{name} refuses (status {status}): {said}", free=True)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """What the header asks for, in seconds or as a date; None where it cannot be read. Names are in lower case."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        asked = headers["retry-after"]
        if asked.strip().replace(".", "", 1).isdigit():
            return float(asked)
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (KeyError, ValueError, TypeError):
        return None
