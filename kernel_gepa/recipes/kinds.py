"""What differs between backends beside the toolchain, looked up by name: how their kernels are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from kernel_gepa.backends.cuda import Cuda
from kernel_gepa.backends.triton import Triton
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.lease import free
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.harness.static import CudaBench, TritonBench
from kernel_gepa.judging.evaluator import Feedback
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.ports import Backend, Sandbox
from kernel_gepa.recipes import npu
from kernel_gepa.recipes.plugins import backend_named, remembering, sandbox_named
from kernel_gepa.recipes.wish import Header, Wish

Charge = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Own:
    """Of a backend whose tasks are no drafts of files: how a run begins, and what its bench is told apart by."""

    header: Callable[[Wish, Mapping[str, str]], Header]
    print: Callable[[Header], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """`bench` is made for a run that has begun."""

    bench: Callable[[Header, Settings, Charge], Bench | NpuBench]
    feedback: Feedback = feedback
    own: Own | None = None


def timed(backend: Backend, sandbox: Sandbox, settings: Settings, charge: Charge = free) -> Bench:
    return Bench(remembering(backend), sandbox, settings, charge=charge)


def looked_at_triton(backend: Backend, sandbox: Sandbox, settings: Settings, charge: Charge = free) -> Bench:
    return TritonBench(cast("Triton", backend), sandbox, settings, charge=charge)


def looked_at_cuda(backend: Backend, sandbox: Sandbox, settings: Settings, charge: Charge = free) -> Bench:
    return CudaBench(cast("Cuda", backend), sandbox, settings, charge=charge)


# Who is not here is timed.
BENCHES: dict[str, Callable[..., Bench]] = {"triton": looked_at_triton, "cuda": looked_at_cuda}


def bench_for(backend: str) -> Callable[..., Bench]:
    """Makes the bench that judges kernels of a backend from `(backend, sandbox, settings, charge)`."""
    return BENCHES.get(backend, timed)


def _drafted(header: Header, settings: Settings, charge: Charge) -> Bench:
    wish = header.wish
    sandbox = sandbox_named(header.sandbox, model=wish.model)
    return bench_for(wish.backend)(backend_named(wish.backend), sandbox, settings, charge)


def _emulated(header: Header, settings: Settings, charge: Charge) -> NpuBench:  # noqa: ARG001
    return npu.bench(header)


KINDS = {npu.BACKEND: Kind(_emulated, npu.told, Own(npu.header, npu.bench_print))}
DRAFTED = Kind(_drafted)


def of(backend: str) -> Kind:
    return KINDS.get(backend, DRAFTED)
