"""The images that hold a toolchain of their own: how they are named, and that kernels are judged inside them."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.errors import SandboxError
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.workers import CANDIDATE, Workers
from kernel_gepa.ports import Limits
from kernel_gepa.sandbox import docker, images
from tests.harness.stands import QUICK, Stand

EXAMPLES = Path(__file__).parents[2] / "examples"


def missing(kind: str) -> str | None:
    """Why there is no such image here, or None."""
    problem = docker.unavailable()
    if problem is None and not docker.client().images(name=images.built(kind).name):
        problem = f'docker image {images.built(kind).name} is missing; build it with "make images"'
    return problem


needs_cpu = pytest.mark.skipif(missing("cpu") is not None, reason=missing("cpu") or "")
needs_cuda = pytest.mark.skipif(missing("cuda") is not None, reason=missing("cuda") or "")


def test_another_file_is_another_image(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x")
    first = images.content_image(tmp_path)
    assert first == images.content_image(tmp_path)
    (tmp_path / "requirements.lock").write_text("torch")
    second = images.content_image(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM y")
    assert len({first, second, images.content_image(tmp_path)}) == 3


@pytest.mark.parametrize("kind", ["cpu", "cuda", "aie"])
def test_an_image_is_described_by_a_dockerfile_a_lock_and_a_smoke_kernel(kind: str) -> None:
    folder = images.DESCRIBED / kind
    text = (folder / "Dockerfile").read_text()
    assert "ARG BASE_IMAGE=" in text
    assert f'"$(command -v python3)" {images.BUILT_PYTHON}' in text
    assert all("==" in line for line in (folder / "requirements.lock").read_text().splitlines())
    (smoke,) = folder.glob("smoke.*")
    assert smoke.name in text
    assert images.built(kind).name.startswith(f"kernel-gepa/{kind}:")


def test_an_image_that_nobody_described_is_refused_with_the_way_to_build(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match='"make images"'):
        images.built("cpu", tmp_path)


def test_a_sandbox_in_another_image_has_another_name() -> None:
    """It is part of what decides a verdict."""
    ours, theirs = docker.Docker(images.Image("a:1")), docker.Docker(images.Image("a:2"))
    assert len({ours.name, theirs.name, docker.create().name}) == 3


@pytest.mark.docker
@needs_cpu
def test_a_worker_in_the_image_runs_the_images_own_interpreter_and_torch(tmp_path: Path) -> None:
    sandbox = docker.Docker(images.built("cpu"))
    source = tmp_path / "asks.py"
    source.write_text(
        "import sys, torch\ndef workloads(): return {'python': sys.executable, 'torch': torch.__file__}\n"
    )
    with Workers(sandbox, tmp_path / "workers") as workers:
        connection = workers.worker(CANDIDATE, torch=True, files=[source])
        told = connection.ask(60.0, do="describe", source=str(connection.room / source.name))["workloads"]
    assert told == {"python": images.BUILT_PYTHON, "torch": "/opt/packages/torch/__init__.py"}


@pytest.mark.docker
@needs_cpu
@pytest.mark.skipif(shutil.which("g++") != "/usr/bin/g++", reason="needs the host's g++ where the image has its own")
@pytest.mark.parametrize(
    "example", ["rmsnorm", "kernelbench_start", pytest.param("kernelbench_inline_cpp", marks=pytest.mark.slow)]
)
def test_a_kernel_is_judged_inside_the_image(example: str) -> None:
    """Native and KernelBench form, from text to a measured verdict; nothing of the host but the job's folder."""
    sandbox = docker.Docker(images.built("cpu"))
    with Bench(cpu.create(), sandbox, replace(QUICK, load_limit_s=120.0, launch_limit_s=20.0)) as bench:
        task = complete(look(EXAMPLES / f"{example}.py"), sandbox, bench.folder)
        verdict = Stand(bench, task).judge(task.kernel)
    assert isinstance(verdict, Correct), verdict


@pytest.mark.docker
@needs_cuda
def test_a_cuda_kernel_is_compiled_without_a_gpu(tmp_path: Path) -> None:
    (tmp_path / "kernel.cu").write_text(
        textwrap.dedent("""
        #include <cuda_bf16.h>
        #include <cub/block/block_reduce.cuh>
        extern "C" __global__ void total(const __nv_bfloat16* x, float* y) {
            using Reduce = cub::BlockReduce<float, 256>;
            __shared__ typename Reduce::TempStorage room;
            float sum = Reduce(room).Sum(__bfloat162float(x[threadIdx.x]));
            if (threadIdx.x == 0) *y = sum;
        }
        """)
    )
    command = ["nvcc", "-std=c++20", "-arch=sm_90", "-Xptxas", "-v", "-cubin", "kernel.cu", "-o", "kernel.cubin"]
    job = docker.Docker(images.built("cuda")).start(
        command,
        folder=tmp_path,
        environment={"PATH": "/usr/local/cuda/bin:/usr/bin:/bin"},
        limits=Limits(memory_bytes=4 << 30),
    )
    try:
        ended = job.wait(120)
    finally:
        job.kill()
    assert ended is not None
    assert ended.code == 0, ended.stderr
    assert "registers" in ended.stderr
    assert (tmp_path / "kernel.cubin").read_bytes().startswith(b"\x7fELF")
