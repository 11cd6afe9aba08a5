"""Keeps to what a provider allows: requests in flight, requests and tokens per minute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock

from kernel_gepa.ports import LanguageModel, Reply

MINUTE_S = 60.0
BYTES_PER_TOKEN = 4  # an estimate, for prompts that nobody has counted yet


@dataclass(frozen=True, slots=True)
class Limits:
    """None is no limit. Tokens are those of prompts and replies together."""

    in_flight: int = 8
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(slots=True)
class _Sent:
    at_s: float
    tokens: int


class Limited:
    """Waits until a request may go out. Put retries outside: each attempt counts.

    A prompt counts with an estimate until its reply tells the tokens. A request that is larger than a whole minute's
    allowance goes out when nothing else counts any more: waiting longer would not make it smaller.
    """

    def __init__(
        self,
        model: LanguageModel,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._model = model
        self._limits = limits
        self._clock, self._sleep = clock, sleep
        self._slots = BoundedSemaphore(limits.in_flight)
        self._window: deque[_Sent] = deque()
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        with self._slots:
            sent = self._admitted(len(prompt) // BYTES_PER_TOKEN)
            reply = self._model.complete(prompt, sample=sample)
            if reply.tokens_in + reply.tokens_out:
                sent.tokens = reply.tokens_in + reply.tokens_out
            return reply

    def _admitted(self, tokens: int) -> _Sent:
        while True:
            with self._lock:
                wait_s = self._wait_s(tokens)
                if wait_s <= 0:
                    sent = _Sent(self._clock(), tokens)
                    self._window.append(sent)
                    return sent
            self._sleep(wait_s)

    def _wait_s(self, tokens: int) -> float:
        """Until the earliest request that stands in the way is a minute old."""
        now = self._clock()
        while self._window and now - self._window[0].at_s >= MINUTE_S:
            self._window.popleft()
        requests, limits = len(self._window), self._limits
        counted = sum(sent.tokens for sent in self._window)
        crowded = limits.requests_per_minute is not None and requests >= limits.requests_per_minute
        heavy = limits.tokens_per_minute is not None and requests and counted + tokens > limits.tokens_per_minute
        return self._window[0].at_s + MINUTE_S - now if crowded or heavy else 0.0
