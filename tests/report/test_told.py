"""What a reader is told of a run: the headline, the table, and what was inconclusive."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.timing import Bound, Conditions, Estimate, Measurement
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.line import line
from kernel_gepa.report.markdown import headline, report
from kernel_gepa.report.outcome import Machine, News, Outcome, Winner
from kernel_gepa.report.result import result
from kernel_gepa.testing.toys import admitted, evaluation, task

CONDITIONS = Conditions(load_before=0.5, load_after=1.25, others=0.7, queued=0.125, drift=-0.034)
BOUND = Bound(4e-4, "memory", "2.1 MB that must move, at 5.2 GB/s")
MEASURED = Measurement(
    "w", "start", Estimate(1.5, 1.4, 1.6), 1e-3, 1.5e-3, (), ("7 fresh processes",), bound=BOUND, conditions=CONDITIONS
)
UNSURE = replace(MEASURED, inconclusive=True, speedup=Estimate(1.1, 0.8, 1.5))


def outcome(winner: Measurement | None = None, undecided: Measurement | None = None) -> Outcome:
    return Outcome(
        run=Path("run"),
        source="task.py",
        task=task("t"),
        machine=Machine("a processor", "a compiler", 1, "local", isolates=False),
        main_baseline="start",
        proposers="tune",
        processes=7,
        events=(),
        spend=Spend(),
        stopped="it was done",
        winner=won(winner),
        undecided=won(undecided),
    )


def won(measured: Measurement | None) -> Winner | None:
    return None if measured is None else Winner("kernel", "tune", Correct((measured,)))


def test_a_verified_speedup_is_told_with_its_bound_and_its_conditions() -> None:
    told = report(outcome(MEASURED))
    assert headline(outcome(MEASURED)).startswith("Verified: 1.50x")
    assert "| w | the start kernel | 1.50x | 1.40 to 1.60 | 1 ms | 1.5 ms | 400 µs (memory), 40% |" in told
    assert "Bound (an estimate) at w: 2.1 MB that must move, at 5.2 GB/s." in told
    assert (
        "w against the start kernel: load 0.5 before and 1.2 after, 0.7 processors busy with something else, "
        "waited for a processor 12% of the time, the baseline drifted by -3.4%, "
        "0% of the rounds were beside a neighbour." in told
    )


def test_a_bound_that_is_not_known_is_not_made_up() -> None:
    assert "| not known |" in report(outcome(replace(MEASURED, bound=None)))
    written = json.loads(json.dumps(result(outcome(replace(MEASURED, bound=None)))))
    assert (written["winner"]["verified"][0]["bound"], written["winner"]["verified"][0]["peak_fraction"]) == (
        None,
        None,
    )


def test_the_result_holds_bound_share_and_conditions() -> None:
    (found,) = json.loads(json.dumps(result(outcome(MEASURED))))["winner"]["verified"]
    assert found["bound"] == {"seconds": 4e-4, "limit": "memory", "how": BOUND.how}
    assert found["peak_fraction"] == 0.4
    assert found["conditions"]["drift"] == -0.034
    assert found["inconclusive"] is False


def test_a_winner_that_stays_inconclusive_says_so_in_the_headline_and_the_table() -> None:
    found = outcome(replace(MEASURED, inconclusive=True))
    assert headline(found).startswith("Verified, but inconclusive (see the report): 1.50x")
    assert "1.50x (inconclusive)" in report(found)
    assert result(found)["winner"]["inconclusive"] is True


def test_a_verification_that_decides_nothing_is_no_win_and_no_loss() -> None:
    found = outcome(undecided=UNSURE)
    assert headline(found).startswith("Inconclusive: the fastest kernel, by tune, was measured at 1.10x")
    assert "## Inconclusive verification" in report(found)
    assert "## Verified speedup" not in report(found)
    written = result(found)
    assert written["winner"] is None
    assert (written["undecided"]["path"], written["undecided"]["inconclusive"]) == (None, True)


def test_a_search_without_a_verification_does_not_say_that_nothing_was_found() -> None:
    best = Archived("t", "kernel", Correct((MEASURED,)), "tune", None)
    found = replace(outcome(), unverified=best)
    assert headline(found).startswith(
        "Not verified: 1.50x (95 % interval 1.40 to 1.60) against the start kernel, by tune"
    )
    told = result(found)["unverified"]
    assert (told["origin"], told["speedup"]["median"], told["speedup"]["high"]) == ("tune", 1.5, 1.6)
    assert result(found)["winner"] is None


def test_a_step_that_was_inconclusive_is_marked() -> None:
    seen = evaluation("t", {"w": 1.1})
    assert "1.10x?" in line(1, admitted("text", replace(seen, verdict=Correct((UNSURE,)))), News())
