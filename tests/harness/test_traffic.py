"""What a launch must move and compute, asked of real references."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest

from kernel_gepa.domain.task import Form, Task, TensorSpec, Tolerance, Workload
from kernel_gepa.domain.timing import Counted
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.traffic import Least, least, with_another_line
from kernel_gepa.harness.workers import Workers
from kernel_gepa.ports import Sandbox

Ask = Callable[[str, dict[str, TensorSpec], dict[str, TensorSpec]], Least]


def tensor(name: str, *shape: int, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(name, dtype, shape)


@pytest.fixture
def ask(sandbox: Sandbox, tmp_path: Path) -> Iterator[Ask]:
    """The least work of a body of `reference(a, b)`, or of a module's `forward` when the form is a module."""
    opened: list[Reference] = []
    workers = Workers(sandbox, tmp_path / "workers", 1)

    def asked(source: str, inputs: dict[str, TensorSpec], outputs: dict[str, TensorSpec]) -> Least:
        form = Form.KERNELBENCH if "class Model" in source else Form.NATIVE
        workload = Workload("w", tuple(inputs.values()), tuple(outputs.values()))
        task = Task("t", "", form, "import torch\n" + source, "", (workload,), Tolerance(1e-4, 1e-5))
        reference = Reference(workers, tmp_path / f"reference-{len(opened)}", task)
        opened.append(reference)
        generator = np.random.default_rng(3)
        values = [draw(spec, generator) for spec in inputs.values()]
        return least(reference, workload, values, Random(5))

    yield asked
    for reference in opened:
        reference.close()
    workers.close()


def draw(spec: TensorSpec, generator: np.random.Generator) -> np.typing.NDArray[np.generic]:
    if spec.dtype.startswith("int"):
        return generator.integers(0, 50, spec.elements).astype(spec.dtype)
    return generator.standard_normal(spec.elements, dtype=np.float32)


def function(body: str, arguments: str = "x") -> str:
    return f"def reference({arguments}):\n    return {body}\n"


def module(body: str) -> str:
    return (
        f"class Model(torch.nn.Module):\n    def forward(self, x):\n        return {body}\n"
        "def get_init_inputs():\n    return []\n"
    )


X, Y = tensor("x", 64, 256), tensor("output", 64, 256)
BYTES = 64 * 256 * 4


def one_step(elementwise: int, moved: int, special: int = 0) -> Counted:
    return Counted(elementwise=elementwise, special=special, steps=1, moved_bytes=moved)


@pytest.mark.parametrize(
    ("body", "each", "special"), [("torch.softmax(x, 1)", 5, 1), ("torch.relu(x)", 1, 0), ("x * 2", 1, 0)]
)
def test_what_is_read_and_written_whole_counts_whole(ask: Ask, body: str, each: int, special: int) -> None:
    work = one_step(each * 64 * 256, 2 * BYTES, special * 64 * 256)
    assert ask(function(body), {"x": X}, {"output": Y}) == Least(BYTES, BYTES, work)


def test_a_maximum_reads_all_of_its_input(ask: Ask) -> None:
    found = ask(function("x.amax(1)"), {"x": X}, {"output": tensor("output", 64)})
    assert found == Least(BYTES, 64 * 4, one_step(64 * 256, BYTES + 64 * 4))


def test_a_table_of_which_few_rows_are_looked_up_does_not_count(ask: Ask) -> None:
    inputs = {"table": tensor("table", 4096, 64), "rows": tensor("rows", 20, dtype="int64")}
    found = ask(function("table[rows]", "table, rows"), inputs, {"output": tensor("output", 20, 64)})
    work = one_step(0, 2 * 20 * 64 * 4 + 20 * 8)
    assert found == Least(0, 20 * 64 * 4, work, ("table",))


def test_half_of_a_matrix_that_is_not_looked_at_does_not_count(ask: Ask) -> None:
    found = ask(function("torch.triu(x)"), {"x": tensor("x", 256, 256)}, {"output": tensor("output", 256, 256)})
    assert (found.read_bytes, found.left_out) == (0, ("x",))


def test_products_are_counted_as_the_reference_makes_them(ask: Ask) -> None:
    inputs = {"a": tensor("a", 32, 48), "b": tensor("b", 48, 16)}
    found = ask(function("a @ b", "a, b"), inputs, {"output": tensor("output", 32, 16)})
    moved = (32 * 48 + 48 * 16) * 4, 32 * 16 * 4
    assert found == Least(*moved, Counted(products=2 * 32 * 48 * 16, steps=1, moved_bytes=sum(moved)))


@pytest.mark.parametrize("body", ["x.t()", "x.sum(1, keepdim=True).expand(64, 256)", "x[:, :128]"])
def test_an_output_of_a_module_that_may_be_a_view_does_not_count(ask: Ask, body: str) -> None:
    shape = {"x.t()": (256, 64), "x[:, :128]": (64, 128)}.get(body, (64, 256))
    found = ask(module(body), {"x": X}, {"output": tensor("output", *shape)})
    assert found.written_bytes == 0
    assert "output" in found.left_out


def test_an_output_of_a_module_that_can_be_no_view_counts(ask: Ask) -> None:
    found = ask(module("torch.relu(x) + 1"), {"x": X}, {"output": Y})
    assert found == Least(BYTES, BYTES, Counted(elementwise=2 * 64 * 256, steps=2, moved_bytes=4 * BYTES))


def test_what_cannot_be_traced_counts_as_nothing(ask: Ask) -> None:
    awkward = "import torch\nfrom torch.utils._python_dispatch import _get_current_dispatch_mode as mode\n\n\n"
    source = awkward + "def reference(x):\n    assert mode() is None\n    return x * 2\n"
    assert ask(source, {"x": X}, {"output": Y}) == Least(BYTES, BYTES, Counted())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32", "bool"])
def test_another_line_differs_within_64_bytes(dtype: str) -> None:
    stored = {"bfloat16": "uint16", "bool": "uint8"}.get(dtype, dtype)
    values = (np.arange(1000) % 2 if dtype == "bool" else np.arange(1000) % 97 + 256).astype(stored)
    differing = np.flatnonzero(with_another_line(values, dtype, Random(1)).view(np.uint8) != values.view(np.uint8))
    assert len(differing) > 0
    assert differing[-1] - differing[0] < 64


@pytest.mark.parametrize("stored", ["float32", "uint16"])
def test_zeros_stay_what_they_are(stored: str) -> None:
    zeros = np.zeros(1000, dtype=stored)
    dtype = "bfloat16" if stored == "uint16" else stored
    assert with_another_line(zeros, dtype, Random(1)).tobytes() == zeros.tobytes()
