"""Knobs: what counts as one, and what is said about those that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.errors import TaskError
from kernel_gepa.proposers.knobs import check_knobs, knobs, turned


@pytest.mark.parametrize(
    ("line", "name", "value", "choices"),
    [
        ("constexpr int TILE = 32;  // tune: 8, 16, 32, 64", "TILE", "32", ("8", "16", "32", "64")),
        ("#define UNROLL 4  // tune: 1, 2, 4, 8", "UNROLL", "4", ("1", "2", "4", "8")),
        ("    #pragma omp parallel for num_threads(1)  // tune: 1, 2", "num_threads", "1", ("1", "2")),
        ("#pragma GCC unroll 4  // tune: 2, 4", "unroll", "4", ("2", "4")),
        ("BLOCK = 64  # tune: 32, 64, 128", "BLOCK", "64", ("32", "64", "128")),
        ("    BLOCK: tl.constexpr = 64,  # tune: 32, 64", "BLOCK", "64", ("32", "64")),
        ("// build: -O2  // tune: -O2 | -O3 -ffast-math", "build", "-O2", ("-O2", "-O3 -ffast-math")),
        ("using T = std::pair<int, int>;  // tune: std::pair<int, int> | int", "T", "std::pair<int, int>",
         ("std::pair<int, int>", "int")),
    ],
)  # fmt: skip
def test_a_knob_is_a_value_with_choices_behind_it(line: str, name: str, value: str, choices: tuple[str, ...]) -> None:
    text = f"// first\n{line}\nlast\n"
    (knob,) = knobs(text)
    assert (knob.name, knob.value, knob.choices) == (name, value, choices)
    assert text[knob.start : knob.end] == value
    check_knobs(text, "kernel.cpp")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("// tune: 1, 2", "stands behind no value"),
        ("f(x);  // tune: 1, 2", "stands behind no value"),
        ("if (a == b) c();  // tune: 1, 2", "stands behind no value"),
        ("int A = 1;  // tune: 1", "one choice only, 1"),
        ("int A = 1;  // tune:", "a choice of A is empty"),
        ("int A = 1;  // tune: 1,, 2", "a choice of A is empty"),
        ("int A = 1;  // tune: 1, 2, 1", "the choice 1 twice"),
    ],
)
def test_a_malformed_knob_is_an_error_of_the_task_and_no_knob_of_a_child(line: str, problem: str) -> None:
    text = f"// first\n{line}\n"
    assert knobs(text) == ()
    with pytest.raises(TaskError, match=f"softmax.cpp, line 2: .*{problem}"):
        check_knobs(text, "softmax.cpp")


def test_knobs_of_one_name_are_told_apart() -> None:
    text = "#pragma GCC unroll 4  // tune: 2, 4\n#pragma GCC unroll 8  // tune: 4, 8\n"
    assert [k.name for k in knobs(text)] == ["unroll", "unroll#2"]


def test_neighbours_are_the_choices_beside_the_value() -> None:
    def neighbours(value: int) -> tuple[str, ...]:
        return knobs(f"A = {value}  # tune: 1, 2, 4, 8")[0].neighbours()

    assert (neighbours(1), neighbours(4), neighbours(8)) == (("2",), ("2", "8"), ("4",))
    assert neighbours(3) == ("1", "2", "4", "8")


@given(st.lists(st.integers(0, 10**6).map(str), min_size=2, max_size=6, unique=True), st.data())
def test_turning_knobs_sets_their_values_and_nothing_else(choices: list[str], data: st.DataObject) -> None:
    text = "".join(f"int K{n} = {choices[0]};  // tune: {', '.join(choices)}\n" for n in range(3))
    setting = {knob: data.draw(st.sampled_from(choices)) for knob in knobs(text)}
    after = knobs(turned(text, setting))
    assert [k.value for k in after] == list(setting.values())
    assert [(k.name, k.choices) for k in after] == [(k.name, k.choices) for k in setting]
    assert turned(turned(text, setting), dict.fromkeys(after, choices[0])) == text
