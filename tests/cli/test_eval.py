from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Desk

KEYS = {"verdict", "reason", "feedback", "speedup", "workloads", "samples", "provenance", "tags", "flagged"}

SIGNATURE = 'extern "C" void scale(const float* x, float* y, long n)'
CANDIDATES = {
    "incorrect": f"{SIGNATURE} {{ for (long i = 0; i < n; i++) y[i] = 0; }}",
    "build_failed": f"{SIGNATURE} {{ y[0] = nothing; }}",
    "crashed": f"{SIGNATURE} {{ *(volatile int*)0 = 1; }}",
    "rejected": f"#include <fstream>\n{SIGNATURE} {{ }}",
}


def test_a_correct_kernel_exits_with_0_and_has_its_speedup_and_samples(desk: Desk) -> None:
    done = desk.run("eval", "scale.cpp", "--against", "scale.py", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() >= KEYS
    assert found["verdict"] == "correct"
    assert found["speedup"]["low"] <= found["speedup"]["median"] <= found["speedup"]["high"]
    assert isinstance(found["speedup"]["significant"], bool)
    assert [w["name"] for w in found["workloads"]] == ["small", "odd"]
    assert isinstance(found["inconclusive"], bool)
    for workload in found["workloads"]:
        assert isinstance(workload["inconclusive"], bool)
        assert workload["bound"]["limit"] == "memory"
        assert 0 < workload["peak_fraction"] == workload["bound"]["seconds"] / workload["candidate_s"]
        assert workload["conditions"].keys() >= {"load_before", "load_after", "others", "queued", "drift", "crowded"}
    assert "memory bound: " in found["feedback"]
    assert "of the estimated peak" in found["feedback"]
    assert {(s["side"], s["clock"]) for s in found["samples"]} == {
        (side, clock) for side in ("candidate", "baseline") for clock in ("cpu", "wall")
    }


@pytest.mark.parametrize("verdict", CANDIDATES)
def test_any_other_verdict_exits_with_3_and_has_no_speedup(desk: Desk, verdict: str) -> None:
    desk.write("candidate.cpp", CANDIDATES[verdict])
    done = desk.run("eval", "candidate.cpp", "--against", "scale.py", "--json")
    assert done.returncode == 3, done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == verdict
    assert found["speedup"] is None
    assert found["reason"]
    assert found["feedback"]


def test_a_kernel_cannot_reach_the_terminal_through_the_compiler_that_quotes_it(desk: Desk) -> None:
    desk.write("candidate.cpp", f"#error \x1b[2J\x1b]0;gone\x07 see\n{SIGNATURE} {{ }}")
    done = desk.run("eval", "candidate.cpp", "--against", "scale.py")
    assert done.returncode == 3, done.stderr
    assert "#error" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_what_the_screen_finds_is_refused_or_only_told(desk: Desk) -> None:
    kernel = f"#include <chrono>\n{SIGNATURE} {{ for (long i = 0; i < n; i++) y[i] = 0; }}"
    desk.write("candidate.cpp", kernel)
    asked = ("eval", "candidate.cpp", "--against", "scale.py", "--json")
    strict = json.loads(desk.run(*asked).stdout)
    assert (strict["verdict"], strict["reason"]) == ("rejected", "includes <chrono>: reads a clock")
    several = json.loads(desk.run(*asked, "--processes", "3").stdout)
    assert several["verdict"] == "rejected"
    assert json.loads(desk.run(*asked, "--screen", "report").stdout)["verdict"] == "incorrect"
    desk.write("candidate.cpp", "#include <chrono>\n" + (desk.folder / "scale.cpp").read_text())
    told = json.loads(desk.run(*asked, "--screen", "report").stdout)
    assert (told["verdict"], told["provenance"], told["tags"]) == ("correct", "own kernel", ["own kernel"])
    assert told["flagged"] == ["includes <chrono>: reads a clock"]
    assert "The screen would refuse it:\n- includes <chrono>: reads a clock" in told["feedback"]


def test_a_screen_that_does_not_exist_names_those_that_do(desk: Desk) -> None:
    done = desk.run("eval", "scale.cpp", "--against", "scale.py", "--screen", "lax")
    assert (done.returncode, done.stdout) == (2, "")
    assert "known are: strict, report" in done.stderr


def test_a_verdict_from_a_place_that_does_not_isolate_says_so_on_stderr(desk: Desk) -> None:
    desk.write("candidate.cpp", CANDIDATES["incorrect"])
    done = desk.run("eval", "candidate.cpp", "--against", "scale.py", "--json", "--sandbox", "local")
    assert "nothing is isolated" in done.stderr
    assert json.loads(done.stdout)["verdict"] == "incorrect"


def test_a_python_candidate_is_judged_against_a_reference_of_kernelbench_form(desk: Desk) -> None:
    model = "import torch\n\n\nclass {name}(torch.nn.Module):\n    def forward(self, x):\n        return {body}\n"
    inputs = "\n\ndef get_inputs():\n    return [torch.randn(64, 32)]\n\n\ndef get_init_inputs():\n    return []\n"
    desk.write("reference.py", model.format(name="Model", body="torch.relu(x) + 1") + inputs)
    desk.write("right.py", model.format(name="ModelNew", body="1 + x.clamp(min=0)"))
    desk.write("wrong.py", model.format(name="ModelNew", body="1 + x"))
    right = desk.run("eval", "right.py", "--against", "reference.py", "--json")
    assert (right.returncode, json.loads(right.stdout)["tags"]) == (0, ["library call"]), right.stderr
    wrong = desk.run("eval", "wrong.py", "--against", "reference.py", "--json")
    assert (wrong.returncode, json.loads(wrong.stdout)["verdict"]) == (3, "incorrect"), wrong.stderr


def test_without_a_compiler_the_error_names_the_package_to_install(desk: Desk) -> None:
    done = desk.run("eval", "scale.cpp", "--against", "scale.py", PATH="/nowhere", CXX="")
    assert done.returncode == 4
    assert "apt-get install g++" in done.stderr
    assert "Traceback" not in done.stderr
