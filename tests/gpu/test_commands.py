"""Static verdicts as users meet them: on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from kernel_gepa.backends.cuda import find_nvcc
from kernel_gepa.errors import ToolchainError

from .conftest import EXAMPLES

KERNEL_GEPA = (sys.executable, "-I", "-c", "from kernel_gepa.cli import main; main()")

needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="needs Triton: pip install 'kernel-gepa[triton]'")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KERNEL_GEPA, *arguments], cwd=folder, capture_output=True, text=True, timeout=1800, check=False
    )


@needs_triton
@pytest.mark.slow
def test_eval_tells_facts_as_json_and_no_speedup(tmp_path: Path) -> None:
    done = run(tmp_path, "eval", str(EXAMPLES / "triton" / "softmax.py"), "--backend", "triton", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["verdict"], told["speedup"], told["inconclusive"]) == ("static", None, False)
    assert told["static"]["timed"] is False
    assert told["static"]["targets"] == ["sm_80", "sm_90", "gfx942"]
    assert "static, not timed" in told["feedback"]


@needs_triton
@pytest.mark.slow
def test_a_search_tries_variants_and_claims_none(tmp_path: Path) -> None:
    kernel = str(EXAMPLES / "triton" / "vector_add.py")
    done = run(tmp_path, "optimize", kernel, "--backend", "triton", "--max-rollouts", "4", "--run", "run")
    assert done.returncode == 5, done.stderr
    assert done.stdout.startswith("Static, not timed: 4 of 4 kernels")
    told = json.loads((tmp_path / "run" / "result.json").read_text())
    assert told["winner"] is None
    assert told["static"][0]["origin"] == "seed"
    assert "## Static, not timed" in (tmp_path / "run" / "report.md").read_text()
    shown = run(tmp_path, "show", "run")
    assert "4 kernels found right without a device: static, not timed" in shown.stdout
    assert "static, not timed" in run(tmp_path, "status", "run").stdout


@pytest.mark.slow
def test_a_cuda_kernel_is_compiled_and_a_search_over_it_is_not_begun(tmp_path: Path) -> None:
    try:
        find_nvcc()
    except ToolchainError as error:
        pytest.skip(f"needs nvcc: {error}")
    kernel, reference = (str(EXAMPLES / "cuda" / f"softmax.{suffix}") for suffix in ("cu", "py"))
    done = run(tmp_path, "eval", kernel, "--against", reference, "--backend", "cuda", "--json")
    assert done.returncode == 5, done.stderr
    assert json.loads(done.stdout)["static"]["right_on"] == []
    begun = run(tmp_path, "optimize", kernel, "--reference", reference, "--backend", "cuda", "--run", "run")
    assert begun.returncode == 4
    assert "nothing can be searched here" in begun.stderr
    assert not (tmp_path / "run" / "journal.jsonl").exists()
