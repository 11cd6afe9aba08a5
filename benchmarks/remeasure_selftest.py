"""The re-measurement, measured: pairs whose ratio is known, and claims that it must confirm or refute.

A kernel against itself is 1, one that does the work twice against one that does it once is 2: for C++ and for PyTorch.
A printed interval around the wrong value must come out as a miss.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from remeasure import Check, Effort, remeasure, table

# Bound by arithmetic, so that a second pass costs as much as the first although its data are warm.
KERNEL = """
#include <cstdint>
constexpr int PASSES = {passes};
extern "C" void iterate(const float* x, float* y, int64_t n, float slope) {{
    for (int pass = 0; pass < PASSES; pass++) {{
        for (int64_t i = 0; i < n; i++) {{
            float v = x[i];
            for (int step = 0; step < 100; step++) v = v * slope + 0.25f;
            y[i] = v;
        }}
        asm volatile("" ::: "memory");
    }}
}}
"""

REFERENCE = """
def reference(x, slope):
    for step in range(100):
        x = x * slope + 0.25
    return x
"""

MODULE = """
import torch

class Model(torch.nn.Module):
    def forward(self, x):
        return torch.tan(x)

class ModelNew(torch.nn.Module):
    def forward(self, x):
        for _ in range({passes}):
            y = torch.tan(x)
        return y

def get_inputs():
    return [torch.randn(20_000)]

def get_init_inputs():
    return []
"""

EFFORT = Effort(processes=3, batch_s=0.01, blocks=5)


def claim(against: str, low: float, high: float) -> dict[str, Any]:
    return {"workload": "only", "against": against, "median": (low + high) / 2, "low": low, "high": high}


def tensor(name: str, extent: str | None) -> dict[str, Any]:
    return {"name": name, "dtype": "float32", "shape": [20_000], "dims": [extent], "distribution": "uniform(0.1, 1)"}


def result(folder: Path, *, form: str, passes: tuple[int, int], verified: list[dict[str, Any]]) -> dict[str, Any]:
    text, suffix = (KERNEL, ".cpp") if form == "native" else (MODULE, ".py")
    for name, count in zip(("start", "winner"), passes, strict=True):
        (folder / name).with_suffix(suffix).write_text(text.format(passes=count))
    (folder / "task.py").write_text(REFERENCE if form == "native" else MODULE.format(passes=1))
    slope = [{"name": "slope", "value": 0.5}] if form == "native" else []
    workload = {"name": "only", "inputs": [tensor("x", "n"), *slope], "outputs": [tensor("y", None)]}
    return {
        "schema": 1,
        "task": {"id": "known", "form": form, "source": "task.py", "workloads": [workload]},
        "start": {"path": f"start{suffix}"},
        "winner": {"path": f"winner{suffix}", "verified": verified},
    }


def measured(*, form: str, passes: tuple[int, int], verified: list[dict[str, Any]]) -> list[Check]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = result(folder, form=form, passes=passes, verified=verified)
        (folder / "result.json").write_text(json.dumps(made))
        return remeasure(made, folder, EFFORT)


def main() -> int:
    same, twice, wrong = (0.94, 1.06), (1.88, 2.12), (2.5, 3.5)
    expected: list[tuple[Check, bool]] = []
    for form in ("native", "kernelbench"):
        expected += [(c, True) for c in measured(form=form, passes=(1, 1), verified=[claim("start", *same)])]
        for bounds, inside in ((twice, True), (wrong, False)):
            found = measured(form=form, passes=(2, 1), verified=[claim("start", *bounds)])
            expected += [(c, inside) for c in found]
    # Model is what ModelNew does in one pass; for the C++ pair only the order of magnitude is known.
    eager = measured(form="kernelbench", passes=(2, 1), verified=[claim("eager", *same)])
    eager += measured(form="native", passes=(2, 1), verified=[claim("eager", 0.1, 10)])
    expected += [(c, True) for c in eager]
    print("\n".join(table([c for c, _ in expected])))
    failed = [c for c, inside in expected if c.inside is not inside]
    print(f"self-test: {len(expected) - len(failed)} of {len(expected)} known answers came out right")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
