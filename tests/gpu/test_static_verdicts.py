"""A static verdict claims nothing about speed: not in its score, its words, its JSON, or any report."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kernel_gepa import codec
from kernel_gepa.backends import hints as notes
from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import UNSOLVED, Evaluation, Rollout
from kernel_gepa.domain.events import Admitted, Declined
from kernel_gepa.domain.machine_code import MachineCode
from kernel_gepa.domain.verdict import BuildFailed, Incorrect, Mismatch, Static, Verdict, name, reason
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.judging.hints import hinted, hints
from kernel_gepa.judging.score import cells, score
from kernel_gepa.recipes.single import static
from kernel_gepa.report.line import lines
from kernel_gepa.report.markdown import headline, report
from kernel_gepa.report.outcome import Machine, Outcome
from kernel_gepa.report.result import result
from kernel_gepa.testing.toys import admitted, correct, task

CODE = MachineCode(
    "softmax_kernel", "sm_90", "w", (24, 1, 1), "BLOCK=512, num_warps=4", 11664, 19, 0, 0, 16, 1.0,
    {"float": 57, "matrix": 3}, {"load 128 bit": 1},
)  # fmt: skip
RIGHT = Static(
    "found right by an interpreter", (CODE,), ("small", "large"), ("sm_90 f: registers spill",), ("own kernel",)
)
NOT_RUN = Static("compiled for sm_90, and not run", (CODE,))
WRONG = Incorrect((Mismatch("small", "all wrong"),), ("large",))
TASK = task("t")


def test_what_was_found_right_is_worth_less_than_anything_timed_and_more_than_anything_wrong() -> None:
    slowest = correct({"small": 0.01})
    assert score(WRONG).value < score(NOT_RUN).value < score(RIGHT).value < score(slowest).value


def test_two_static_kernels_are_never_better_than_each_other() -> None:
    other = Static("found right by an interpreter", (), ("small", "large"))
    assert not score(RIGHT).measurably_better(score(other))
    assert not score(other).measurably_better(score(RIGHT))
    assert cells(RIGHT) == cells(other) == {UNSOLVED: score(RIGHT)}


def test_it_makes_the_round_trip_through_the_journal() -> None:
    event = admitted("text", Evaluation("k", "t", Rollout("x"), RIGHT, score(RIGHT), "said", cells(RIGHT)))
    assert codec.unpack_event(codec.pack_event(event)) == event


def test_its_words_say_that_nothing_was_timed_and_name_no_speedup() -> None:
    said = feedback(RIGHT, TASK, "")
    assert said.startswith("RIGHT on small, large: found right by an interpreter. This is static, not timed")
    assert "19 registers" in said
    assert "speed of the" not in said
    assert feedback(NOT_RUN, TASK, "").startswith("NOT JUDGED: compiled for sm_90, and not run.")
    assert (name(RIGHT), reason(NOT_RUN)) == ("static", "compiled for sm_90, and not run")


def test_its_json_has_facts_and_says_untimed() -> None:
    found = static(RIGHT)
    assert found is not None
    assert found["timed"] is False
    assert found["right_on"] == ["small", "large"]
    assert found["code"][0]["matrix"] == 3
    assert static(BuildFailed("no")) is None


def test_hints_follow_what_the_machine_code_shows() -> None:
    said = hinted(feedback, hints(notes.text("cuda")))(RIGHT, TASK, "")
    assert "Registers that spill" in said
    assert "Not judged" not in said
    assert "Not judged" in hinted(feedback, hints(notes.text("cuda")))(NOT_RUN, TASK, "")
    assert len(hints(notes.text("triton"))) >= 15


def told_of(*events: Admitted | Declined) -> Outcome:
    return Outcome(
        run=Path("run"),
        source="task.py",
        task=TASK,
        machine=Machine("a processor", "Triton", 1, "local", isolates=False),
        main_baseline="start",
        proposers="tune",
        processes=7,
        events=events,
        spend=Spend(),
        stopped="it was done",
        winner=None,
    )


def judged(text: str, verdict: Verdict) -> Evaluation:
    return Evaluation(text, "t", Rollout(text), verdict, score(verdict), feedback(verdict, TASK, text), cells(verdict))


def test_a_report_of_static_verdicts_has_facts_in_no_order_and_no_speedup() -> None:
    child = Candidate({"text": "other"}, (0,), "tune:BLOCK=512")
    found = told_of(
        Admitted(Candidate({"text": "start"}), (judged("start", RIGHT),), "the start"),
        Declined(child, (judged("other", RIGHT),), "not better"),
        Declined(child, (judged("broken", NOT_RUN),), "not better"),
    )
    assert headline(found).startswith("Static, not timed: 2 of 3 kernels that compile were found right")
    told = report(found)
    assert "## Static, not timed" in told
    assert "| tune:BLOCK=512 | softmax_kernel (BLOCK=512, num_warps=4) | sm_90 | 19 | 0 | 16 | 100% | 3 of 60 |" in told
    assert re.search(r"\d\.\d+x", told) is None
    assert list(lines(found.events))[1].split()[3:5] == ["static", "untimed"]
    written = json.loads(json.dumps(result(found)))
    assert written["winner"] is None
    assert written["static"][0]["right_on"] == ["small", "large"]
