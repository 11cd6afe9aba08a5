"""Every example is what a reader takes it for: it compiles, and its kernel computes what its reference says.

Calls the kernels by the re-measurement's own code, not by the bench, so that the two cannot share a mistake.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from tests.loaded import ROOT, load

EXAMPLES = ROOT / "examples"
KERNELS = {path.stem: path for path in sorted(EXAMPLES.glob("*.py")) if "kernelbench" not in path.stem}
MODULES = sorted(EXAMPLES.glob("kernelbench*.py"))
SPEC = re.compile(r"(?P<dtype>\w+)\[(?P<shape>[^\]]*)\](?:\s*~\s*(?P<distribution>.+))?")

needs_compiler = pytest.mark.skipif(shutil.which("g++") is None, reason="needs the C++ compiler g++")

CHILD = load(ROOT / "benchmarks" / "remeasure_child.py")
REMEASURE = load(ROOT / "benchmarks" / "remeasure.py")


def workload(written: dict[str, Any]) -> dict[str, Any]:
    """The small form's own words for a workload as the record that `result.json` would hold."""
    named: dict[str, int] = {}
    inputs: list[dict[str, Any]] = []
    for name, spec in written.items():
        if not isinstance(spec, str):
            inputs.append({"name": name, "value": spec})
            continue
        found = SPEC.fullmatch(spec)
        assert found, f"`{spec}` is not a tensor specification"
        dims: list[str | None] = []
        shape: list[int] = []
        for extent in found["shape"].split(","):
            label, _, size = extent.strip().rpartition("=")
            if label:
                named[label] = int(size)
            dims.append(label or (size if size in named else None))
            shape.append(named[size] if size in named else int(size))
        tensor = {"name": name, "dtype": found["dtype"], "shape": shape, "dims": dims}
        inputs.append(tensor | {"distribution": found["distribution"] or "normal"})
    return {"inputs": inputs}


def check(example: ModuleType, source: Path, library: Path) -> None:
    """Raises AssertionError when the kernel disagrees with the reference, computed in float64."""
    tolerance = getattr(example, "tolerance", {"rtol": 1e-4, "atol": 1e-5})
    generator = np.random.default_rng(7)
    for name, written in example.workloads().items():
        described = workload(written)
        values = [CHILD.Pool(s, generator).tensor() if "shape" in s else s["value"] for s in described["inputs"]]
        tensors = [torch.from_numpy(v) if isinstance(v, np.ndarray) else v for v in values]
        shaped = example.reference(*tensors)
        output = {"dtype": str(shaped.dtype).removeprefix("torch."), "shape": list(shaped.shape)}
        exact = [t.double() if isinstance(t, torch.Tensor) and t.is_floating_point() else t for t in tensors]
        expected = example.reference(*exact).double().numpy()

        slot = CHILD.Slot(tuple(values), (CHILD.blank(output, generator),))
        CHILD.native({"source": str(source), "library": str(library)}, described)(slot)()
        found = slot.outputs[0].astype(np.float64)
        np.testing.assert_allclose(found, expected, **tolerance, err_msg=name)


def compiled(source: Path, folder: Path) -> Path:
    library: Path = REMEASURE.build(source, folder, source.stem)
    return library


@needs_compiler
@pytest.mark.parametrize("name", KERNELS)
def test_an_example_kernel_agrees_with_its_reference(name: str, tmp_path: Path) -> None:
    example = load(KERNELS[name])
    source = EXAMPLES / example.kernel
    check(example, source, compiled(source, tmp_path))


@needs_compiler
def test_the_external_kernel_agrees_with_the_reference_it_is_given(tmp_path: Path) -> None:
    source = EXAMPLES / "external" / "histogram.cpp"
    check(load(EXAMPLES / "external" / "reference.py"), source, compiled(source, tmp_path))


@pytest.mark.parametrize("name", KERNELS)
def test_an_example_says_what_it_computes_on_more_than_one_workload(name: str) -> None:
    example = load(KERNELS[name])
    assert (example.__doc__ or "").strip()
    assert len(example.workloads()) >= 2


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_a_module_example_agrees_with_its_model(path: Path) -> None:
    example = load(path)
    models = []
    for name in ("Model", "ModelNew"):
        torch.manual_seed(0)
        models.append(getattr(example, name, example.Model)(*example.get_init_inputs()))
    torch.manual_seed(1)
    inputs = example.get_inputs()
    with torch.no_grad():
        expected, found = (model(*inputs) for model in models)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_there_are_six_examples_and_half_of_them_have_no_knob() -> None:
    knobs = [name for name, path in KERNELS.items() if "// tune:" in path.with_suffix(".cpp").read_text()]
    assert len(KERNELS) == 6
    assert 1 <= len(knobs) <= 3
