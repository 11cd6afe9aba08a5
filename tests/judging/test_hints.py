"""Hints: what is known of a device reaches the feedback exactly where it fits the failure."""

from __future__ import annotations

import pytest

from kernel_gepa.backends import hints as notes
from kernel_gepa.domain.verdict import BuildFailed, Correct, Verdict
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.judging.hints import MOST, hinted, hints
from kernel_gepa.testing.toys import correct, task

FILE = """
# A device

## Loops stay scalar
when: not vectorized
source: exp
unless: ffast-math
for: cpp

Use fast math
for them.

## Anything else
when: .

Keep going.
"""
TASK = task("t")
SCALAR = BuildFailed("loop not vectorized")


def told(verdict: Verdict, kernel: str = "exp(x)", file: str = FILE) -> str:
    return hinted(feedback, hints(file))(verdict, TASK, kernel)


def test_a_hint_that_fits_the_failure_follows_the_feedback() -> None:
    assert told(SCALAR) == (
        "DOES NOT BUILD: loop not vectorized\nWorth knowing here:\n"
        "- Loops stay scalar. Use fast math for them.\n- Anything else. Keep going."
    )


@pytest.mark.parametrize(
    ("verdict", "kernel"),
    [(BuildFailed("a typo"), "exp(x)"), (SCALAR, "x + 1"), (SCALAR, "// build: -ffast-math\nexp(x)")],
)
def test_a_hint_needs_its_failure_and_its_source_and_not_its_remedy(verdict: Verdict, kernel: str) -> None:
    assert "Loops stay scalar" not in told(verdict, kernel)


def test_without_a_fitting_hint_the_feedback_is_as_it_was() -> None:
    nothing = FILE.replace("when: .", "when: never said")
    assert told(BuildFailed("a typo"), file=nothing) == feedback(BuildFailed("a typo"), TASK, "exp(x)")


def test_only_the_first_few_hints_are_told() -> None:
    many = "".join(f"## Number {n}\nwhen: .\n\nDo {n}.\n\n" for n in range(9))
    assert told(SCALAR, file=many).count("- Number") == MOST


def test_a_hint_that_does_not_say_when_it_applies_is_refused() -> None:
    with pytest.raises(ValueError, match="Careless"):
        hints("## Careless\nJust do it.\n")


def test_a_backend_without_notes_has_none() -> None:
    assert hints(notes.text("abacus")) == ()


@pytest.mark.parametrize(
    ("said", "kernel", "title"),
    [
        ("error: 'sqrt' is not a member of 'std'", "std::sqrt(x)", "A name the compiler does not know"),
        ("line 3: couldn't vectorize loop", "for (...) sum += x[i];", "A reduction that stays scalar"),
        ("they are the last 5 elements: a tail that is not handled?", "", "Wrong at the end of rows"),
        ("memory bound: 93% of the estimated peak", "", "Memory bound and near the peak"),
        ("arithmetic bound: 4% of the estimated peak", "", "Compute bound and far from the peak"),
        ("arithmetic bound: 71% of the estimated peak", "", "Compute bound and near the peak"),
        ("2x (95 % interval 1 to 3); 3.2 µs per launch against 6 µs", "", "Latency bound: a launch of a few"),
        ("memory bound: 12% of the estimated peak", "s[c] = a * h[t - 1] + x;", "Latency bound: each step waits"),
        (
            "no bound is known: table may be left alone",
            "y += table[ids[i] * w + j];",
            "Latency bound: rows are looked up",
        ),
        (
            "memory bound: 30% of the estimated peak, at most 3x is left\n  counted in the reference: 2 M element by "
            "element (with 524 k exponentials or the like)",
            "y[i] = std::exp(x[i]);",
            "Compute bound: exponentials",
        ),
        ("memory bound: 62% of the estimated peak", "y[i] = a * x[i];", "Memory bound: results that are not read"),
        ("killed by SIGSEGV: it read or wrote outside its buffers", "", "A read or write past the end"),
    ],
)
def test_the_notes_on_cpus_are_found_by_what_the_bench_says(said: str, kernel: str, title: str) -> None:
    fitting = [h.title for h in hints(notes.text("cpu")) if h.fits(said, kernel, "cpp")]
    assert any(found.startswith(title) for found in fitting), fitting


def test_a_fast_and_correct_kernel_is_left_in_peace() -> None:
    verdict = correct({"w": 2.0})
    assert isinstance(verdict, Correct)
    assert "Worth knowing" not in hinted(feedback, hints(notes.text("cpu")))(verdict, TASK, "y[i] = x[i];")


def test_steps_of_a_library_are_told_to_be_fused_to_who_has_not_done_it() -> None:
    said = "counted in the reference: 9 k element by element; its 12 steps move 2.5 MB, inputs and outputs are 51 kB"
    fitting = [h.title for h in hints(notes.text("cpu")) if h.fits(said, "return torch.relu(x)", "python")]
    assert fitting == ["Memory bound: steps of the reference that need not be steps"]
    assert not any(h.fits(said, 'load_inline("x")', "python") for h in hints(notes.text("cpu")))
    assert not any(h.fits(said.replace("12 steps", "2 steps"), "", "python") for h in hints(notes.text("cpu")))


@pytest.mark.parametrize("bound", ["Memory", "Compute", "Latency"])
def test_there_is_advice_for_every_kind_of_bound(bound: str) -> None:
    assert sum(h.title.startswith(f"{bound} bound") for h in hints(notes.text("cpu"))) >= 3
