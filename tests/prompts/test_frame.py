"""Values survive the frames they are put into, and long ones say how much of them is missing."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.prompts.frame import clipped, fenced, filled

AWKWARD = "{} {0} {{speedup}} {{kernel}} %s $HOME ${x} \\1 \\g<0> `x` ```\n```cpp"


def test_a_value_is_never_read_as_a_frame() -> None:
    text = filled("best_known", {"speedup": "{{kernel}}", "kernel": AWKWARD})
    assert AWKWARD in text
    assert text.count("{{kernel}}") == 2  # once in each value; the slot itself is gone


@pytest.mark.parametrize("values", [{"speedup": "2x"}, {"speedup": "2x", "kernel": "k", "more": "m"}])
def test_values_must_fit_the_slots(values: dict[str, str]) -> None:
    with pytest.raises(KeyError, match="best_known"):
        filled("best_known", values)


def test_every_frame_is_found_in_the_package() -> None:
    names = [file.name for file in files("kernel_gepa.prompts").iterdir() if file.name.endswith(".md")]
    assert {"reflect_kernel.md", "reflect_text.md"} <= set(names)


@given(st.text(st.sampled_from("`~\n ax")))
def test_a_fence_is_longer_than_any_run_inside(text: str) -> None:
    block = fenced(text, "cpp")
    fence = re.match("`+", block)
    assert fence is not None
    assert fence[0] not in text
    assert block.startswith(f"{fence[0]}cpp\n{text}")
    assert block.endswith(f"\n{fence[0]}")


def test_a_short_text_is_not_clipped() -> None:
    assert clipped("a\nb\n", 100) == "a\nb\n"


def test_a_long_text_keeps_both_ends_and_counts_what_is_missing() -> None:
    text = "\n".join(f"line {n}" for n in range(100))
    short = clipped(text, 100)
    assert short.startswith("line 0\nline 1\n")
    assert short.endswith("\nline 99")
    count = re.search(r"\[… (\d+) lines left out …\]", short)
    assert count is not None
    assert int(count[1]) == 100 - (len(short.splitlines()) - 1)
    assert len(short) < 140


def test_a_long_line_does_not_push_the_others_out() -> None:
    short = clipped("first\n" + "x" * 100_000 + "\nlast", 1000)
    assert short.startswith("first\nxxx")
    assert "[… 99600 characters left out …]" in short
    assert short.endswith("\nlast")


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))), st.integers(0, 500))
def test_clipping_never_adds_more_than_its_own_remarks(lines: list[str], most: int) -> None:
    remark = len("[… 1000 characters left out …]")
    assert len(clipped("\n".join(lines), most)) <= most + remark * (1 + len(lines))
