"""Asks again when a failure may pass: waits as long as the other side asked for, or a growing random time."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from kernel_gepa.errors import ModelError
from kernel_gepa.models.failure import TryLater
from kernel_gepa.ports import LanguageModel, Reply

ATTEMPTS = 6
FIRST_S = 1.0
CAP_S = 60.0
# Whoever asks for more than this (a daily quota) is not waited for: the run stops, and can be resumed.
PATIENCE_S = 300.0


class Retrying:
    """Repeats what raised a retryable ModelError, up to `attempts` requests in all; raises the last failure.

    Full jitter: the n-th wait is uniform between 0 and the doubled cap, so that parallel requests spread out.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
        rng: Random | None = None,
    ) -> None:
        self._model = model
        self._attempts = attempts
        self._sleep = sleep
        self._rng = rng or Random()

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        for attempt in range(self._attempts - 1):
            try:
                return self._model.complete(prompt, sample=sample)
            except ModelError as error:
                wait_s = self._wait_s(error, attempt)
                if not error.retryable or wait_s > PATIENCE_S:
                    raise
            self._sleep(wait_s)
        return self._model.complete(prompt, sample=sample)

    def _wait_s(self, error: ModelError, attempt: int) -> float:
        if isinstance(error, TryLater) and error.after_s is not None:
            return error.after_s
        return self._rng.uniform(0.0, min(CAP_S, FIRST_S * 2**attempt))
