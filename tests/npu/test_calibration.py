"""The estimate against published counts of hardware: outside of its limits the model and the counts have come apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kernel_gepa.backends.aie.toolchain import Toolchain

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_points_that_nothing_was_fitted_on_are_met_on_average(toolchain: Toolchain) -> None:
    script = str(ROOT / "benchmarks" / "aie_calibration.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "held out" in done.stdout
