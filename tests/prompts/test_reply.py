"""One fenced block comes out as it went in; everything ambiguous is unusable and says why."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernel_gepa.ports import Reply
from kernel_gepa.prompts.frame import fenced
from kernel_gepa.prompts.reply import Unusable, block


def read(text: str) -> str:
    found = block(Reply(text))
    assert isinstance(found, str), found
    return found


def reason(text: str) -> str:
    found = block(Reply(text))
    assert isinstance(found, Unusable), found
    return found.reason


def ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


# Texts as they can be written to a file, with more of what could confuse a reader of fences than chance would give.
AWKWARD = st.sampled_from(
    ["`", "```", "````", "~~~", "\n", "\r", "\r\n", "\n```cpp\n", "\n   ```\n", "<think>", "</think>"]
)
TEXT = st.lists(st.one_of(AWKWARD, st.text(st.characters(codec="utf-8"))), min_size=1).map("".join)


@given(TEXT.filter(str.strip), st.sampled_from(["", "cpp", "python", "c++ title=x"]))
@example("\x0c\x1c\u2028int x;", "cpp")
@example("    indented\n  ```\n", "")
def test_whatever_goes_into_a_block_comes_out(text: str, info: str) -> None:
    assert read(f"Some words first.\n\n{fenced(text, info)}\n\nAnd some after.") == ended(text)


@given(TEXT.filter(str.strip))
def test_a_fence_of_tildes_is_as_good(text: str) -> None:
    fence = "~" * max(3, 1 + max(map(len, re.findall("~+", text)), default=0))
    assert read(f"{fence}cpp\n{ended(text)}{fence}") == ended(text)


@given(TEXT.filter(str.strip))
def test_a_reply_with_windows_line_ends_gives_the_same_text(text: str) -> None:
    assert read(f"words\n{fenced(text, 'cpp')}\nwords".replace("\n", "\r\n")) == ended(text)


@given(st.text())
def test_any_reply_is_read_without_an_exception(text: str) -> None:
    assert isinstance(block(Reply(text)), str | Unusable)


@given(TEXT.filter(str.strip), st.data())
def test_a_reply_that_stops_early_is_never_adopted(text: str, data: st.DataObject) -> None:
    whole = fenced(text, "cpp")
    # The fence may be one character short: then the last line is not the fence that was opened.
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert isinstance(block(Reply(whole[:cut])), Unusable)


def test_trailing_prose_and_inline_code_are_not_part_of_it() -> None:
    assert read("I use `x`.\n```cpp\nint x;\n```\nThat ```is inline``` code.\n``` so is this ```\n") == "int x;\n"


def test_a_closing_fence_may_be_longer_and_followed_by_spaces() -> None:
    assert read("```cpp\nint x;\n`````  \n") == "int x;\n"


def test_a_shorter_fence_inside_a_longer_one_belongs_to_the_text() -> None:
    assert (
        read("````markdown\nWrite\n```cpp\nint x;\n```\nlike this.\n````") == "Write\n```cpp\nint x;\n```\nlike this.\n"
    )


def test_backticks_inside_tildes_belong_to_the_text() -> None:
    assert read("~~~\n```cpp\nint x;\n```\n~~~") == "```cpp\nint x;\n```\n"


def test_an_indented_fence_takes_its_margin_from_the_text() -> None:
    assert read("1. Here:\n   ```python\n   def f():\n\n       return 1\n   ```") == "def f():\n\n    return 1\n"


def test_a_text_that_does_not_share_the_margin_is_left_alone() -> None:
    assert read("  ```python\ndef f():\n    return 1\n  ```") == "def f():\n    return 1\n"


def test_a_fence_in_deep_indentation_is_text() -> None:
    assert read('```python\n"""\n    ```\n    doc\n    ```\n"""\n```') == '"""\n    ```\n    doc\n    ```\n"""\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no fenced block"),
        ("int x;", "no fenced block"),
        ("The answer is ```int x;```", "no fenced block"),
        ("    ```\n    int x;\n    ```", "no fenced block"),
        ("```cpp\nint x;", "never closed"),
        ("```cpp\nint x;\n``", "never closed"),
        ("````cpp\nint x;\n```", "never closed"),
        ("```cpp\nint x;\n~~~", "never closed"),
        ("```cpp\n```", "empty"),
        ("```cpp\n  \n\t\n```", "empty"),
        ("```cpp\nint x;\n```\nor\n```cpp\nint y;\n```", "holds 2 fenced blocks"),
        ("```cpp\nint x;\n```\n~~~\nint y;\n~~~", "holds 2 fenced blocks"),
        ("```cpp\nint x;\n```\n```\n```", "holds 2 fenced blocks"),
        ("```cpp\nint x;\n```\n```bash\ng++ x.cpp", "never closed"),
        ("```\nWrite\n```cpp\nint x;\n```\nlike this.\n```", "never closed"),
        ("```\nWrite\n```cpp\nint x;\n```", "opened inside"),
        ("```\nWrite\n```\nint x;\n```\nlike this.\n```", "holds 2 fenced blocks"),
        ("```cpp\nint \ud83d;\n```", "half characters"),
    ],
)
def test_an_ambiguous_reply_is_unusable_and_says_why(text: str, why: str) -> None:
    assert why in reason(text)


def test_a_reply_cut_off_by_length_is_unusable_even_when_it_looks_whole() -> None:
    found = block(Reply("```cpp\nint x;\n```", truncated=True))
    assert isinstance(found, Unusable)
    assert "length" in found.reason


# ---------------------------------------------------------------- thinking aloud


@pytest.mark.parametrize("tag", ["think", "thinking", "THINK", "reasoning"])
def test_a_block_in_a_thinking_section_is_not_an_answer(tag: str) -> None:
    assert read(f"<{tag}>\n```cpp\ndraft\n```\n</{tag}>\n```cpp\nint x;\n```") == "int x;\n"
    assert "no fenced block" in reason(f"<{tag}>\n```cpp\ndraft\n```\n</{tag}>\nDone.")


def test_thinking_that_never_ends_holds_no_answer() -> None:
    assert "thinking" in reason("<think>\n```cpp\nint x;\n```")


def test_thinking_that_was_opened_in_the_prompt_ends_with_its_closing_tag() -> None:
    assert read("First\n```cpp\ndraft\n```\n</think>\n\n```cpp\nint x;\n```") == "int x;\n"


def test_an_open_fence_in_thinking_does_not_swallow_the_answer() -> None:
    assert read("<think>\n```cpp\nhalf a draft\n</think>\n```cpp\nint x;\n```") == "int x;\n"


def test_a_draft_left_open_before_a_lone_closing_tag_is_unusable() -> None:
    assert "never closed" in reason("```\nhalf a draft\n</think>\n\n```\nint x;\n```")
    assert "opened inside" in reason("```\nhalf a draft\n</think>\n\n```cpp\nint x;\n```")


def test_empty_thinking_and_a_fence_right_behind_it_are_read() -> None:
    assert read("<think></think>```cpp\nint x;\n```") == "int x;\n"


def test_tags_inside_the_block_belong_to_the_text() -> None:
    assert read("```\nAnswer after\n<think>\n</think>\n```") == "Answer after\n<think>\n</think>\n"
