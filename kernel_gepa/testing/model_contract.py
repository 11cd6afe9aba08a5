"""What every LanguageModel promises, as functions that a test runs against a stage: see `PROMISES`.

@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_my_model_keeps_the_promise(promise): promise(my_stage)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kernel_gepa.errors import ModelError
from kernel_gepa.ports import LanguageModel


@dataclass(frozen=True, slots=True)
class Says:
    """What is behind the model answers with `text`, complete or cut off by length."""

    text: str
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Fails:
    """What is behind the model fails: for now (it is busy), or for good (it refuses the request)."""

    for_now: bool


Act = Says | Fails


class Play(Protocol):
    """A model and what is behind it."""

    @property
    def model(self) -> LanguageModel: ...

    def heard(self) -> Sequence[str]:
        """The prompts that arrived behind the model, in order."""
        ...


# Builds a model behind which `acts` happen, one per call. Whoever writes an adapter writes one of these.
Stage = Callable[[Sequence[Act]], Play]

AWKWARD = 'a {} {0} %s $HOME `x` "q"\n```cpp\nint é = 1; // 内核\n```\n\ttab, and a last line without a newline'


def the_text_comes_back_unchanged(stage: Stage) -> None:
    play = stage([Says(AWKWARD)])
    reply = play.model.complete("hello")
    assert reply.text == AWKWARD
    assert not reply.truncated


def a_long_prompt_arrives_unchanged(stage: Stage) -> None:
    prompt = AWKWARD * 10_000
    play = stage([Says("yes")])
    play.model.complete(prompt)
    assert list(play.heard()) == [prompt]


def the_sample_is_not_sent(stage: Stage) -> None:
    play = stage([Says("one"), Says("two")])
    replies = [play.model.complete("same", sample=sample).text for sample in (0, 7)]
    assert replies == ["one", "two"]
    assert list(play.heard()) == ["same", "same"]


def a_reply_that_was_cut_off_says_so(stage: Stage) -> None:
    assert stage([Says("int main(", cut_off=True)]).model.complete("hello").truncated


def an_empty_answer_is_a_failure(stage: Stage) -> None:
    _failure_of(stage([Says("")]))


def a_failure_that_may_pass_is_retryable_and_is_not_retried_inside(stage: Stage) -> None:
    play = stage([Fails(for_now=True), Says("too early")])
    assert _failure_of(play).retryable
    assert len(play.heard()) == 1
    assert play.model.complete("again").text == "too early"


def a_refusal_is_not_retryable(stage: Stage) -> None:
    assert not _failure_of(stage([Fails(for_now=False)])).retryable


def prices_and_counts_are_never_negative(stage: Stage) -> None:
    reply = stage([Says("yes")]).model.complete("hello")
    assert reply.tokens_in >= 0
    assert reply.tokens_out >= 0
    assert reply.usd is None or reply.usd >= 0


def the_name_is_one_word_and_stays(stage: Stage) -> None:
    play = stage([Says("yes")])
    before = play.model.name
    play.model.complete("hello")
    assert play.model.name == before
    assert before.split() == [before]


PROMISES: tuple[Callable[[Stage], None], ...] = (
    the_text_comes_back_unchanged,
    a_long_prompt_arrives_unchanged,
    the_sample_is_not_sent,
    a_reply_that_was_cut_off_says_so,
    an_empty_answer_is_a_failure,
    a_failure_that_may_pass_is_retryable_and_is_not_retried_inside,
    a_refusal_is_not_retryable,
    prices_and_counts_are_never_negative,
    the_name_is_one_word_and_stays,
)


def _failure_of(play: Play) -> ModelError:
    try:
        reply = play.model.complete("hello")
    except ModelError as error:
        return error
    raise AssertionError(f"expected a ModelError, got {reply!r}")
