"""What a reference does in a launch, against counts made by hand: products of extents that one can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from kernel_gepa.domain.timing import Counted
from kernel_gepa.harness.counting import counted
from tests.loaded import ROOT, load

TASKS = ROOT / "kernelbench_tasks"
FLOAT = 4


def of_task(name: str, workload: int = 0) -> Counted:
    (path,) = Path(TASKS).glob(f"level*/*_{name}.py")
    task = load(path)
    torch.manual_seed(1)
    model = task.Model(*task.get_init_inputs()).eval()
    inputs = list(task.get_workloads().values())[workload]()
    return traced(lambda: model(*inputs))


def traced(launch: Callable[[], Any]) -> Counted:
    with torch.no_grad():
        return Counted(**counted(torch, launch))


def test_a_softmax_is_five_operations_for_each_element_and_moves_it_twice() -> None:
    assert of_task("SoftmaxOfLongRows") == Counted(
        elementwise=5 * 64 * 8192, special=64 * 8192, steps=1, moved_bytes=2 * 64 * 8192 * FLOAT
    )


def test_products_are_two_operations_for_each_triple() -> None:
    assert of_task("ManySmallProducts", 1) == Counted(
        products=2 * 3001 * 7 * 7 * 7, steps=1, moved_bytes=3 * 3001 * 7 * 7 * FLOAT
    )
    found = of_task("BottleneckAutoencoder")
    assert found.products == 2 * 64 * (300 * 128 + 128 * 12 + 12 * 128 + 128 * 300)
    # two rectifiers, a tangent; the difference, its square, its mean
    assert found.elementwise == 64 * (128 + 12 + 128) + 3 * 64 * 300 + 0
    assert found.special == 64 * 12


def test_a_linear_layer_with_what_follows_it() -> None:
    rows, width = 192, 256
    found = of_task("LinearGeluResidual")
    assert found.products == 2 * rows * width * width
    assert found.elementwise == (4 + 1 + 1) * rows * width  # GELU, gain, sum
    assert found.special == rows * width
    assert found.steps == 4
    linear = width + 2 * rows * width + width * width
    assert found.moved_bytes == FLOAT * (linear + 2 * rows * width + (2 * rows * width + width) + 3 * rows * width)


def test_gathered_rows_count_as_they_are_read_and_not_the_whole_table() -> None:
    edges, width = 12000, 48
    found = of_task("EdgeScores")
    assert (found.elementwise, found.special) == (2 * edges * width + 2 * edges, edges)  # product, sum; scale, tangent
    gathers = 2 * (2 * edges * width * FLOAT + edges * 8)
    assert found.moved_bytes == gathers + FLOAT * (3 * edges * width + (edges * width + edges) + 4 * edges)


def test_a_loop_over_time_is_counted_step_by_step() -> None:
    steps, channels, batch = 200, 96, 16
    found = of_task("ExponentialAverageOfTime")
    assert found.elementwise == 3 * channels + steps * (channels + 4 * batch * channels)
    assert found.special == channels
    assert found.steps > 4 * steps


def test_windows_and_convolutions() -> None:
    found = of_task("RootMeanSquarePooling")
    pixels, windows = 16 * 24 * 64 * 64, 16 * 24 * 31 * 31
    assert found.elementwise == pixels + 9 * windows + 2 * windows
    assert of_task("CausalDepthwiseConvolution").products == 2 * 4 * 128 * 1024 * 4
    assert of_task("SumOfSegments").elementwise == 20000 * 64


def test_integers_are_not_held_against_a_rate_of_floats() -> None:
    found = of_task("Int8Product")
    assert (found.products, found.elementwise) == (0, 160 * 96)  # the scale


@pytest.mark.parametrize(
    ("launch", "elementwise", "moved"),
    [
        (lambda x: x.t()[:, 2:].reshape(-1), 0, 2 * 60 * 30 * FLOAT),  # the copy that reshape has to make
        (lambda x: x.view(-1)[3:], 0, 0),
        (lambda x: x.half() * 2, 0, (32 * 60 * (FLOAT + 2)) + 2 * 32 * 60 * 2),
        (lambda x: x + x[:1].expand(32, 60), 32 * 60, (2 * 32 * 60 + 60) * FLOAT),
        (lambda x: x.add_(1), 32 * 60, 2 * 32 * 60 * FLOAT),
        (lambda x: x**2, 32 * 60, 2 * 32 * 60 * FLOAT),
        (lambda x: x @ x.new_ones(60, 2), 0, (60 * 2 + 32 * 60 + 60 * 2 + 32 * 2) * FLOAT),
    ],
)
def test_views_cost_nothing_and_copies_move(launch: Callable[[Any], Any], elementwise: int, moved: int) -> None:
    x = torch.randn(32, 60)
    found = traced(lambda: launch(x))
    assert (found.elementwise, found.special, found.moved_bytes) == (elementwise, 0, moved)


def test_attention_of_the_library_counts_as_its_two_products() -> None:
    q, k, v = torch.randn(2, 3, 20, 8), torch.randn(2, 3, 50, 8), torch.randn(2, 3, 50, 8)
    found = traced(lambda: torch.nn.functional.scaled_dot_product_attention(q, k, v))
    assert found.products == 2 * (2 * 2 * 3 * 20 * 50 * 8)
