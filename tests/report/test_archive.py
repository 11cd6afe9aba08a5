"""The archive: every correct kernel of every rollout, with where it is from."""

from __future__ import annotations

from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Evaluation, ModuleCall, Rollout
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.verdict import BuildFailed
from kernel_gepa.judging.score import cells, score
from kernel_gepa.report.archive import archive, fastest
from kernel_gepa.testing.toys import correct, task

TASK = task("a", workloads=("v", "w"))


def judged(kernel: str, v: float | None, w: float = 1.0, *, by: str | None = None, again: int = 0) -> Evaluation:
    verdict = BuildFailed("no") if v is None else correct({"v": v, "w": w})
    calls = (ModuleCall(by, "prompt", "reply"),) if by else ()
    return Evaluation(f"{kernel}{again}", "a", Rollout(kernel, calls), verdict, score(verdict), "", cells(verdict))


def child(origin: str) -> Candidate:
    return Candidate({"kernel@a": origin}, (0,), origin)


START = Admitted(Candidate({}), (judged("start", 1.0),), "the seed")
HISTORY: tuple[Event, ...] = (
    START,
    Passed("nothing"),
    Declined(child("tune"), (judged("slow overall", 4.0, 0.1),), "no better"),
    Admitted(child("reflect"), (judged("steady", 2.0, 2.0, by="repairer"),), "better"),
    Declined(child("reflect"), (judged("broken", None),), "no better"),
)
SEEN = [e for event in HISTORY if not isinstance(event, Passed) for e in event.evaluations]


def test_every_correct_kernel_is_listed_fastest_first_with_its_origin() -> None:
    found = archive([TASK], SEEN, HISTORY)["a"]
    assert [(k.kernel, k.origin, k.candidate) for k in found] == [
        ("steady", "reflect, written by repairer", 1),
        ("start", "seed", 0),
        ("slow overall", "tune", None),
    ]


def test_the_fastest_at_one_workload_may_be_a_declined_one() -> None:
    found = archive([TASK], SEEN, HISTORY)["a"]
    best = [fastest(found, workload) for workload in ("v", "w")]
    assert [k.kernel for k in best if k] == ["slow overall", "steady"]
    assert fastest([], "v") is None


def test_the_latest_measurement_of_a_kernel_counts() -> None:
    found = archive([TASK], [*SEEN, judged("steady", 0.5, 0.5, again=1)], HISTORY)["a"]
    assert [k.kernel for k in found][-1] == "steady"


def test_a_rollout_of_a_step_that_never_ended_is_kept_too() -> None:
    found = archive([TASK], [*SEEN, judged("orphan", 9.0)], HISTORY)["a"]
    assert (found[0].kernel, found[0].origin, found[0].candidate) == ("orphan", "a step that did not end", None)
