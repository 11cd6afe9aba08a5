"""A verdict in words: what the search learns from, so the texts are held here word by word."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from kernel_gepa.domain.task import Form, Task, TensorSpec, Tolerance, Workload
from kernel_gepa.domain.timing import Bound, Counted, Estimate, Measurement, Samples
from kernel_gepa.domain.verdict import (
    BuildFailed,
    Correct,
    Crashed,
    Incorrect,
    Mismatch,
    Rejected,
    TimedOut,
    Verdict,
)
from kernel_gepa.judging.feedback import feedback

X = TensorSpec("x", "float32", (64, 100))
Y = TensorSpec("output", "float32", (64, 100))
TASK = Task("t", "", Form.NATIVE, "", "", (Workload("wide", (X,), (Y,)), Workload("odd", (X,), (Y,))), Tolerance(0, 0))
KERNEL = "\n".join(f"line {n}" for n in range(1, 31))


def told(verdict: Verdict, kernel: str = KERNEL) -> str:
    return feedback(verdict, TASK, kernel)


def text(written: str) -> str:
    return dedent(written).strip("\n")


def measurement(workload: str, speedup: Estimate, notes: tuple[str, ...] = ()) -> Measurement:
    return Measurement(workload, "start", speedup, 1e-3, 2e-3, (Samples("candidate", "cpu", (1e-3,)),), notes)


def test_a_rejection_gives_the_reason_and_further_evidence() -> None:
    found = told(Rejected("includes <thread>: starts threads", ("includes <thread>: starts threads", "calls fork()")))
    assert found == "REJECTED: includes <thread>: starts threads.\n- calls fork()"


def test_a_failed_build_shows_the_lines_the_compiler_points_at() -> None:
    log = "kernel.cpp:3:5: error: no such thing\nkernel.cpp:4:1: note: here\n"
    assert told(BuildFailed("kernel.cpp:3:5: error: no such thing", log)) == text("""
        DOES NOT BUILD: kernel.cpp:3:5: error: no such thing
             1 | line 1
             2 | line 2
        >    3 | line 3
             4 | line 4
             5 | line 5
        kernel.cpp:3:5: error: no such thing
        kernel.cpp:4:1: note: here
        """)


def test_a_long_log_is_clipped_with_a_count() -> None:
    found = told(BuildFailed("x", "\n".join(f"message {n}" for n in range(100))))
    assert found.endswith("message 23\n[76 more lines left out]")


def test_an_error_beyond_the_kernel_points_nowhere() -> None:
    assert "|" not in told(BuildFailed("x", "kernel.cpp:99:1: error: end of file"))


def test_a_crash_before_the_first_launch_is_told_as_such() -> None:
    log = 'File "/dev/shm/a-b_c/built/12/kernel.py", line 2, in forward\n    File "/x/worker.py", line 1, in run'
    assert told(Crashed("raised ValueError: no", "", log), "one\ntwo\nthree") == text("""
        CRASHED before its first launch: raised ValueError: no.
             1 | one
        >    2 | two
             3 | three
        File "kernel.py", line 2, in forward
            File "worker.py", line 1, in run
        """)


def test_a_crash_on_a_workload_names_its_inputs() -> None:
    assert (
        told(Crashed("killed by SIGSEGV", "wide"))
        == "CRASHED on workload `wide` (float32[64, 100]): killed by SIGSEGV."
    )


def test_a_module_that_spends_its_time_on_headers_is_told_what_to_write_instead() -> None:
    found = told(TimedOut("load", 240), "m = load_inline('m', 'torch::Tensor f();')")
    assert found.startswith("TIMED OUT in the load stage: no end within 240 s.\n")
    assert "no_implicit_headers=True" in found
    assert "headers" not in told(TimedOut("load", 240), "m = load_inline('m', '', no_implicit_headers=True)")
    assert "headers" not in told(TimedOut("check", 20, "odd"), "m = load_inline('m', '')")


def test_a_timeout_names_stage_workload_and_limit() -> None:
    assert told(TimedOut("build", 60)) == "TIMED OUT in the build stage: no end within 60 s."
    assert told(TimedOut("check", 20, "odd")) == (
        "TIMED OUT in the check stage on workload `odd` (float32[64, 100]): no end within 20 s."
    )


def test_a_wrong_result_tells_what_is_wrong_and_what_was_right() -> None:
    wrong = Mismatch("wide", "3 of 6400 values of output are wrong", ("they are the last 3 elements", "worst first: …"))
    assert told(Incorrect((wrong,), ("odd",))) == text("""
        WRONG RESULT.
        - `wide` (float32[64, 100]): 3 of 6400 values of output are wrong
          they are the last 3 elements
          worst first: …
        Right on: odd.
        """)


def test_a_correct_kernel_is_told_its_times_rates_and_the_compilers_words() -> None:
    fast, same = Estimate(2.0, 1.9, 2.1), Estimate(1.0, 0.98, 1.02)
    verdict = Correct(
        (measurement("wide", fast), measurement("odd", same, ("noisy",))), ("line 2: not vectorized",), ("fast-math",)
    )
    assert told(verdict) == text("""
        CORRECT, 1.41x (95 % interval 1.38 to 1.45) the speed of the start kernel (geometric mean).
        - `wide` (float32[64, 100]): 2x (95 % interval 1.9 to 2.1); 1 ms per launch against 2 ms, 0.1 GB/s of inputs and outputs
        - `odd` (float32[64, 100]): 1x (95 % interval 0.98 to 1.02, not measurably different); 1 ms per launch against 2 ms, 0.1 GB/s of inputs and outputs (noisy)
        Made of: fast-math.
        The compiler says:
        - line 2: not vectorized
        """)  # noqa: E501  the text as it is


def test_a_correct_kernel_is_told_how_far_it_could_still_go() -> None:
    how = "2.1 MB that must move, at the 31 GB/s that one core of this machine can stream (measured)"
    found = replace(measurement("wide", Estimate.exact(2.0)), bound=Bound(4.3e-4, "memory", how))
    left = "43% of the estimated peak, at most 2.3x is left by this estimate"
    assert told(Correct((found,))).splitlines()[-1] == f"  memory bound: {left}; 430 µs for {how}"
    near = replace(found, bound=Bound(9.6e-4, "memory", how))
    assert (
        told(Correct((near,)))
        .splitlines()[-1]
        .startswith("  memory bound: 96% of the estimated peak, hardly anything is left; 960 µs for")
    )


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        (
            Counted(25_165_824, 294_912, 49_152, 4, 2_500_000),
            "25.2 M operations in products, 295 k element by element (with 49.2 k exponentials or the like); "
            "its 4 steps move 2.5 MB, inputs and outputs are 51.2 kB",
        ),
        (Counted(elementwise=640, steps=1, moved_bytes=512), "640 element by element"),
        (
            Counted(steps=3, moved_bytes=512),
            "no operations in floating point; its 3 steps move 512 B, inputs and outputs are 51.2 kB",
        ),
    ],
)
def test_what_the_reference_does_is_told_with_what_its_steps_move(counted: Counted, said: str) -> None:
    found = replace(measurement("wide", Estimate.exact(2.0)), counted=counted)
    assert told(Correct((found,))).splitlines()[-1] == f"  counted in the reference: {said}"


def test_an_inconclusive_measurement_is_told_as_such() -> None:
    found = replace(measurement("wide", Estimate(2.0, 1.0, 3.0), ("inconclusive: ±50%",)), inconclusive=True)
    lines = told(Correct((found,))).splitlines()
    assert lines[1].startswith("The measurement is INCONCLUSIVE")
    assert lines[2].endswith("(inconclusive: ±50%)")


@pytest.mark.parametrize(
    "verdict",
    [
        Rejected("r"),
        BuildFailed("r", "log"),
        Crashed("r"),
        TimedOut("load", 1),
        Incorrect((Mismatch("gone", "w"),)),
        Correct((measurement("gone", Estimate.exact(1)),)),
    ],
    ids=lambda verdict: type(verdict).__name__,
)
def test_every_verdict_has_words_and_always_the_same(verdict: Verdict) -> None:
    assert told(verdict)
    assert told(verdict) == told(verdict)
