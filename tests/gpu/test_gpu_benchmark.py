"""The benchmark that waits for a GPU: as much of it as runs without one."""

from __future__ import annotations

from typing import Any

import pytest

from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.device_clock import Agreed, agreement
from tests.loaded import ROOT, load

gpu: Any = load(ROOT / "benchmarks" / "gpu.py")


class Device:
    """Work takes 30 µs, a request 200 µs; events show `share` of the work. Time passes only where work does."""

    def __init__(self, share: float = 1.0) -> None:
        self.now, self.events, self.share = 0.0, 0.0, share

    def launch(self, number: int) -> None:
        self.now += 30e-6
        self.events += 30e-6 * self.share

    def wait(self) -> None:
        self.now += 100e-6

    @property
    def clocks(self) -> Any:
        return gpu.Clocks(lambda: self.events, lambda a, b: b - a, self.wait, lambda: self.now)


def test_rounds_give_the_slope_of_both_clocks_without_the_cost_of_a_request() -> None:
    device = Device()
    found = agreement(gpu.rounds(device.launch, device.clocks))
    assert isinstance(found, Agreed)
    assert found.launch_s == pytest.approx(30e-6)
    assert found.driver_s == pytest.approx(30e-6)
    assert "the clocks agree" in gpu.line("x", found, right=True).what


def test_events_that_show_a_tenth_are_refused() -> None:
    device = Device(share=0.1)
    found = agreement(gpu.rounds(device.launch, device.clocks))
    assert isinstance(found, Rejected)
    told = gpu.line("x", found, right=True)
    assert told.device_us is None
    assert "| x |  |  | right; refused: " in gpu.table([told])


def test_without_a_gpu_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    assert gpu.main([]) == 4
    assert "needs a CUDA device" in capsys.readouterr().err
