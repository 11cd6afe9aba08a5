"""The replies that a run has recorded, said again without a network: `replay:RUN`, or `replay:FILE` of a journal.

A question is found by its prompt and its sample index, whichever model answered it. Prompts hold what was measured, so
a run is only repeated word for word if its verdicts are too: `--model replay:RUN --verdicts RUN`.

`replay-in-order:RUN` gives the replies in the order in which they came, whatever is asked. A recording outlives the
wording of the prompts that way; that the same decisions follow is for whoever compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from kernel_gepa import codec
from kernel_gepa.errors import InfrastructureError, UsageError
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.models.recorded import Replied, question
from kernel_gepa.ports import Reply

JOURNAL = "journal.jsonl"
REPLY = "reply"


class Replay:
    """A miss is an InfrastructureError, which ends a run: what was never asked before cannot be answered offline.

    Replies cost what they cost when they were recorded, so that a budget ends the run where it ended then.
    """

    def __init__(self, replies: tuple[Replied, ...], *, name: str) -> None:
        self._replies = {(r.question.prompt, r.question.sample): r.reply for r in replies}
        self.name = name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        asked = question(prompt, model=self.name, sample=sample)
        reply = self._replies.get((asked.prompt, asked.sample))
        if reply is None:
            raise InfrastructureError(
                f"{self.name} holds no reply to this question (sample {sample}, {len(self._replies)} replies known): "
                "use the seed, proposers, budget and verdicts of the run that was recorded, or a model that answers"
            )
        return reply


class InOrder:
    """The replies one after the other. One too few is an InfrastructureError, as a miss is.

    For a whole run of width 1 from its start: one that is resumed in the middle would hear the first ones again.
    """

    def __init__(self, replies: Sequence[Replied], *, name: str) -> None:
        self._count, self._left = len(replies), iter(replies)
        self._lock = Lock()
        self.name = name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:  # noqa: ARG002  whatever is asked
        with self._lock:
            replied = next(self._left, None)
        if replied is None:
            raise InfrastructureError(
                f"{self.name} has given all of its {self._count} replies: use the seed, proposers, budget and verdicts "
                "of the run that was recorded"
            )
        return replied.reply


def create(spec: str, options: ModelOptions = DEFAULTS) -> Replay:  # noqa: ARG001 - nothing of them applies
    """The model of `replay:SPEC`. Raises UsageError for what is no recording."""
    name, replies = _recording(spec)
    return Replay(replies, name=f"replay:{name}")


def create_in_order(spec: str, options: ModelOptions = DEFAULTS) -> InOrder:  # noqa: ARG001 - nothing of them applies
    """The model of `replay-in-order:SPEC`. Raises UsageError for what is no recording."""
    name, replies = _recording(spec)
    return InOrder(replies, name=f"replay-in-order:{name}")


def _recording(spec: str) -> tuple[str, tuple[Replied, ...]]:
    """Its name, and all replies in it."""
    path = Path(spec)
    path = path / JOURNAL if path.is_dir() else path
    if not spec or not path.is_file():
        raise UsageError(f"there is no recording {spec!r}; write replay:RUN, or replay:FILE of a journal")
    replies = tuple(_replies(path))
    if not replies:
        raise UsageError(f"the recording {path} holds no reply of a model")
    return path.parent.name or path.name, replies


def _replies(path: Path) -> list[Replied]:
    found = []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            record = codec.parsed(line.decode())
            if record.pop("kind", None) == REPLY:
                found.append(codec.unpack(record, Replied))
        except ValueError as error:
            raise UsageError(f"{path}, line {number}, is no record of a run: {error}") from error
    return found
