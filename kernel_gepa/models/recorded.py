"""Replies that a run already paid for: looked up by content, so that a resumed run asks nothing twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from kernel_gepa.ports import LanguageModel, Reply


@dataclass(frozen=True, slots=True)
class Question:
    """What addresses a reply: the hash of the prompt, the model's name, and which sample of it."""

    prompt: str
    model: str
    sample: int


@dataclass(frozen=True, slots=True)
class Replied:
    """The fact of one reply, also of one that was cut off: it was paid for, and a resumed run must see it again.

    `prompt` is for readers: what addresses a reply is its hash. None in journals of older versions.
    """

    question: Question
    reply: Reply
    prompt: str | None = None


def question(prompt: str, *, model: str, sample: int) -> Question:
    return Question(hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest(), model, sample)


class Recorded:
    """Answers from `replies` where it can. A new reply goes to `on_fact` before anybody uses it; failures do not.

    Put the meter inside, so that only what is asked is paid, and `Charged` outside.
    """

    def __init__(
        self, model: LanguageModel, *, replies: Mapping[Question, Reply], on_fact: Callable[[Replied], None]
    ) -> None:
        self._model = model
        self._replies = dict(replies)
        self._on_fact = on_fact
        self._lock = Lock()

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        asked = question(prompt, model=self.name, sample=sample)
        if asked in self._replies:
            return self._replies[asked]
        reply = self._model.complete(prompt, sample=sample)
        with self._lock:
            self._on_fact(Replied(asked, reply, prompt))
            self._replies[asked] = reply
        return reply
