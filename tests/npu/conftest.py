"""What the NPU tests share: one sandbox, one bench per device, and the data set where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_gepa.backends.aie.emulator import Emulator
from kernel_gepa.backends.aie.toolchain import Toolchain, find_toolchain
from kernel_gepa.errors import ToolchainError
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap
from kernel_gepa.sandbox.local import Local

ROOT = Path(__file__).parent.parent.parent
DATA_SET = Path(os.environ.get("KERNEL_GEPA_NPUEVAL", ROOT.parent / "shared" / "data" / "npueval.jsonl"))

needs_data_set = pytest.mark.skipif(
    not DATA_SET.exists(), reason=f"needs {DATA_SET.name}; name NPUEval's data set in KERNEL_GEPA_NPUEVAL"
)


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    try:
        found = find_toolchain()
    except ToolchainError as error:
        pytest.skip(str(error))
    if not found.is_clang:
        pytest.skip("needs clang 17 or later: g++ is only a fallback for the AIE emulator")
    return found


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return Local() if bubblewrap.unavailable() else bubblewrap.create()


@pytest.fixture(scope="session")
def bench(toolchain: Toolchain, sandbox: Sandbox) -> Iterator[NpuBench]:
    with NpuBench(sandbox, toolchain=toolchain) as held:
        yield held


@pytest.fixture(scope="session")
def bench2(toolchain: Toolchain, sandbox: Sandbox) -> Iterator[NpuBench]:
    with NpuBench(sandbox, toolchain=toolchain, device="npu2") as held:
        yield held


@pytest.fixture(scope="session")
def emulator1(toolchain: Toolchain, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    return _emulator(toolchain, sandbox, tmp_path_factory, "npu1")


@pytest.fixture(scope="session")
def emulator2(toolchain: Toolchain, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    return _emulator(toolchain, sandbox, tmp_path_factory, "npu2")


def _emulator(toolchain: Toolchain, sandbox: Sandbox, made: pytest.TempPathFactory, device: str) -> Emulator:
    folder = made.mktemp(device)
    folder.chmod(0o755)  # a sandbox may run as another user
    return Emulator(toolchain, device, sandbox, folder)
