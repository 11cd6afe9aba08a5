"""KernelBench's own files: the fields that its scripts read, in milliseconds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_gepa.benchmarks.kernelbench import files
from kernel_gepa.benchmarks.kernelbench.files import Sample, Stats
from kernel_gepa.benchmarks.kernelbench.rules import Rule
from kernel_gepa.errors import UsageError

STATS = Stats(1.2345e-3, 1e-5, 1.2e-3, 1.3e-3, 40)


def test_results_have_the_fields_that_their_scripts_read() -> None:
    right, wrong = (
        Sample(1, 10, 0, True, True, STATS),
        Sample(1, 2, 0, True, False, metadata={"correctness_issue": "x"}),
    )
    told = files.eval_results([right, wrong], "a processor", "cpu")
    assert list(told) == ["2", "10"]  # in the order of the numbers, not of the texts
    (entry,) = told["10"]
    assert {"sample_id", "compiled", "correctness", "metadata", "runtime", "runtime_stats"} <= set(entry)
    assert entry["runtime"] == pytest.approx(1.2345)  # ms
    assert set(entry["runtime_stats"]) == {"mean", "std", "min", "max", "num_trials", "hardware", "device"}
    assert told["2"][0]["runtime"] == -1.0
    json.dumps(told)


def test_nobody_is_correct_without_a_positive_time() -> None:
    """Their means divide by it, and a correct -1.0 makes all of them NaN."""
    (entry,) = files.eval_results([Sample(1, 1, 0, True, True, None)], "p", "cpu")["1"]
    assert entry["correctness"] is False
    (entry,) = files.eval_results([Sample(1, 1, 0, True, True, Stats(0.0, 0, 0, 0, 1))], "p", "cpu")["1"]
    assert entry["correctness"] is False


def test_baselines_are_by_level_and_by_a_name_with_its_suffix() -> None:
    told = files.baseline([(1, "19_ReLU", STATS), (2, "3_x.py", STATS)], "p", "cpu")
    assert told["level1"]["19_ReLU.py"]["mean"] == pytest.approx(1.2345)
    assert "3_x.py" in told["level2"]


def test_a_run_folder_and_plain_files_are_both_found(tmp_path: Path) -> None:
    for name in ("level_2_problem_19_sample_3_kernel.py", "level1/7_add.py", "level1/8.py", "level_3_problem_4.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    (tmp_path / "helpers.py").write_text("")
    found = {g.path.name: (g.level, g.problem_id, g.sample_id) for g in files.generations(tmp_path)}
    assert found == {
        "level_2_problem_19_sample_3_kernel.py": (2, 19, 3),
        "7_add.py": (1, 7, 0),
        "8.py": (1, 8, 0),
        "level_3_problem_4.py": (3, 4, 0),
    }


def test_the_name_that_is_written_is_the_name_that_is_found(tmp_path: Path) -> None:
    (tmp_path / files.sample_name(2, 71, 5)).write_text("")
    (found,) = files.generations(tmp_path)
    assert (found.level, found.problem_id, found.sample_id) == (2, 71, 5)


def test_tolerances_go_by_version_and_precision() -> None:
    assert [Rule()(d) for d in ("float32", "float16", "bfloat16", "int64")] == [1e-4, 1e-2, 1e-2, 1e-4]
    assert Rule("0.1")("float32") == 1e-2
    with pytest.raises(UsageError, match=r"0\.2, 0\.1"):
        Rule("9")
