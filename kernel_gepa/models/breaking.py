"""Stops asking a model that fails again and again."""

from __future__ import annotations

from threading import Lock

from kernel_gepa.errors import ModelDown, ModelError
from kernel_gepa.ports import LanguageModel, Reply

FAILURES = 5


class Breaking:
    """Put retries inside: what arrives here is a failure that they could not cure. The last of `failures` in a row is
    raised as ModelDown, and so is every call from then on, without a request. A reply starts the count again.
    """

    def __init__(self, model: LanguageModel, *, failures: int = FAILURES) -> None:
        self._model = model
        self._failures = failures
        self._row = 0
        self._last = ""
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        with self._lock:
            if self._row >= self._failures:
                raise self._down()
        try:
            reply = self._model.complete(prompt, sample=sample)
        except ModelError as error:
            with self._lock:
                self._row += 1
                self._last = str(error)
                if self._row >= self._failures:
                    raise self._down() from error
            raise
        with self._lock:
            self._row = 0
        return reply

    def _down(self) -> ModelDown:
        return ModelDown(
            f"{self.name} failed {self._row} times in a row and is not asked any more; the run can be resumed when it "
            f"answers again. The last failure: {self._last}"
        )
