"""Whatever is wrong with the input: one clear sentence, an exit code that fits, and no traceback."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk
from tests.loaded import ROOT

TASK = """
import torch
kernel = "scale.cpp"
def workloads(): return {{"a": {{"x": "float32[n={n}]"}}}}
def reference(x): {body}
"""

CASES: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no such file": (("optimize", "nothing.py"), 2, "there is no file nothing.py"),
    "a file of no known form": (("optimize", "formless.py"), 2, "of no known form"),
    "a reference that raises": (("optimize", "raises.py"), 2, "the reference of raises failed at its line 5"),
    "a reference that is not deterministic": (("optimize", "random.py"), 2, "is not deterministic"),
    "a kernel that does not build": (("optimize", "unbuildable.py"), 3, "it is build_failed"),
    "a workload beyond memory": (("optimize", "huge.py"), 2, "does not fit into memory"),
    "an unknown backend": (("optimize", "scale.py", "--backend", "abacus"), 2, "installed are: cpu"),
    "an unknown sandbox": (("optimize", "scale.py", "--sandbox", "box"), 2, "installed are: bubblewrap"),
    "an unknown kind of model": (("optimize", "scale.py", "--model", "oracle:x"), 2, "no model is called"),
    "an unknown provider": (("optimize", "scale.py", "--model", "nobody/model"), 2, "knows no provider"),
    "an unknown pruning rule": (("optimize", "scale.py", "--prune", "shears"), 2, "known are: cover, dominance"),
    "a run folder that is not one": (("resume", "."), 2, "is not the folder of a run"),
    "a status of nothing": (("status", "nowhere"), 2, "is not the folder of a run"),
    "a budget too small": (("optimize", "scale.py", "--max-rollouts", "3"), 2, "is too small"),
    "a cap that is no number": (("optimize", "scale.py", "--max-minutes", "nan"), 2, "a cap of nan seconds"),
    "a cap below nothing": (("optimize", "scale.py", "--max-usd", "-1"), 2, "a cap of -1 dollars caps nothing"),
    "a temperature that is no number": (("optimize", "scale.py", "--temperature", "nan"), 2, "--temperature nan"),
    "C++ without a reference": (("optimize", "scale.cpp"), 2, "add --reference"),
    "too many threads": (("optimize", "scale.py", "--threads", "4096"), 2, "threads cannot be measured"),
    "an unknown start": (("optimize", "scale.py", "--seed", "later"), 2, "--seed later is no number and no start"),
    "a start for another form": (("optimize", "scale.py", "--seed", "inductor"), 2, "is not of KernelBench form"),
    "an unknown baseline": (
        ("eval", "scale.cpp", "--against", "scale.py", "--baseline", "x"),
        2,
        "known are: start, eager, compile",
    ),
    "another unknown baseline": (
        ("optimize", "scale.py", "--also-against", "x"),
        2,
        "known are: start, eager, compile",
    ),
    "a baseline for another backend": (
        ("optimize", "scale.py", "--backend", "triton", "--also-against", "compile"),
        2,
        "--also-against is measured on a CPU",
    ),
    "an unknown start of a sweep": (
        ("sweep", "kernelbench", "--root", str(ROOT / "kernelbench_tasks"), "--seed", "later"),
        2,
        "--seed later is no number and no start",
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_bad_input_gets_one_clear_sentence(desk: Desk, what: str) -> None:
    desk.write("formless.py", "print('hello')\n")
    desk.write("raises.py", TASK.format(n=64, body="raise ValueError('out of luck')"))
    desk.write("random.py", TASK.format(n=64, body="return x * torch.rand(1)"))
    desk.write("huge.py", TASK.format(n=10**12, body="return x"))
    desk.write("unbuildable.py", TASK.format(n=64, body="return x").replace("scale.cpp", "broken.cpp"))
    desk.write("broken.cpp", 'extern "C" void scale(const float* x, float* y, long n) { y[0] = nothing; }')
    arguments, code, words = CASES[what]
    done = desk.run(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not (desk.folder / "runs").exists()
