from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Desk

KEYS = {"verdict", "reason", "feedback", "speedup", "workloads", "samples"}

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
    assert (right.returncode, json.loads(right.stdout)["tags"]) == (0, ["torch operators"]), right.stderr
    wrong = desk.run("eval", "wrong.py", "--against", "reference.py", "--json")
    assert (wrong.returncode, json.loads(wrong.stdout)["verdict"]) == (3, "incorrect"), wrong.stderr


def test_without_a_compiler_the_error_names_the_package_to_install(desk: Desk) -> None:
    done = desk.run("eval", "scale.cpp", "--against", "scale.py", PATH="/nowhere", CXX="")
    assert done.returncode == 4
    assert "apt-get install g++" in done.stderr
    assert "Traceback" not in done.stderr
