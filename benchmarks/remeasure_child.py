"""One fresh process of the re-measurement: a job on stdin, each of its pairs timed, raw seconds on stdout.

Written apart from the package on purpose, so that a mistake in the bench is not repeated here. The rules it keeps:

- a batch reads input sets, and writes output sets, that have not been touched since the whole ring was gone through;
- both sides take their batches in turns (first second second first, then mirrored) from opposite places of one ring;
- blocks stand between two runs of a yardstick, so that those beside a neighbour on the core can be told;
- the clock is the processor time of the whole process, so a thread that a kernel starts is counted.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.machinery
import importlib.util
import json
import math
import mmap
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Launch = Callable[[], object]

PAGE, LINE = 4096, 64
# So much memory lies between two uses of a buffer that no cache holds it any more.
MIN_RING_BYTES, MAX_RING_BYTES = 192 << 20, 384 << 20
MAX_LAUNCHES = 8192

YARDSTICK = np.random.default_rng(1).random((40, 40), dtype=np.float32)

# bfloat16 has no NumPy type: its buffers hold the raw upper halves of float32.
STORED_AS = {"bfloat16": "uint16"}

C_SCALARS: Mapping[str, Any] = {
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "long": ctypes.c_long,
    "long long": ctypes.c_longlong,
    "unsigned": ctypes.c_uint,
    "unsigned int": ctypes.c_uint,
    "unsigned long": ctypes.c_ulong,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "ptrdiff_t": ctypes.c_ssize_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
    "bool": ctypes.c_bool,
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of the kernel's C function. `kind` is `input`, `output` or the C type of a scalar."""

    name: str
    kind: str


@dataclass(frozen=True)
class Signature:
    entry: str
    parameters: tuple[Parameter, ...]


def signature(source: str) -> Signature:
    """Of the one `extern "C"` function in a C++ source."""
    code = re.sub(r"//[^\n]*|/\*.*?\*/|__attribute__\s*\(\(.*?\)\)", " ", source, flags=re.DOTALL)
    found = re.findall(r'extern\s+"C"\s*\{?\s*(?:[\w:\[\]]+\s+)*?void\s+(\w+)\s*\(([^)]*)\)', code)
    if len(found) != 1:
        raise SystemExit(f'expected exactly one extern "C" void function, found {len(found)}')
    entry, inside = found[0]
    return Signature(entry, tuple(parameter(p) for p in inside.split(",") if p.strip()))


def parameter(text: str) -> Parameter:
    words = re.sub(r"\b(?:__restrict__|__restrict|restrict|std::)", " ", text.replace("*", " * ")).split()
    name = words.pop()
    if "*" in words:
        return Parameter(name, "input" if "const" in words[: words.index("*")] else "output")
    return Parameter(name, " ".join(w for w in words if w != "const"))


def draw(spec: Mapping[str, Any], count: int, rng: np.random.Generator) -> Array:
    """Values for an input of a workload, as they are stored."""
    shape, dtype = count, spec["dtype"]
    kind, *bounds = re.findall(r"[a-z]+|-?[\d.]+(?:e-?\d+)?", spec.get("distribution") or "normal")
    match kind:
        case "normal":
            values: Array = rng.standard_normal(shape, dtype=np.float32)
        case "uniform":
            values = rng.uniform(float(bounds[0]), float(bounds[1]), shape).astype(np.float32)
        case "integers":
            values = rng.integers(int(bounds[0]), int(bounds[1]), shape)
        case _:
            raise SystemExit(f"input {spec['name']} has the unknown distribution {spec['distribution']!r}")
    if dtype == "bfloat16":
        values = (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        dtype = "uint16"
    return values.astype(dtype, copy=False)


class Pool:
    """Many tensors of one input from one long stretch of values, each beginning somewhere else in it."""

    SPARE = 1 << 18

    def __init__(self, spec: Mapping[str, Any], rng: np.random.Generator) -> None:
        self._shape, self._count = tuple(spec["shape"]), math.prod(spec["shape"])
        self._values, self._rng = draw(spec, self._count + self.SPARE, rng), rng

    def tensor(self) -> Array:
        start = int(self._rng.integers(self.SPARE + 1))
        placed = anywhere(self._count, self._values.dtype, self._rng)
        placed[...] = self._values[start : start + self._count]
        return placed.reshape(self._shape)


def anywhere(count: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Array:
    """Room for a tensor at a random cache line of a page.

    How two tensors lie to each other modulo a page decides whether loads wait for unrelated stores; no placement may
    be measured as if it were the only one. It is not taken from the heap: what a ring has left there, torn and cold, an
    eager reference would have to make its outputs in.
    """
    held = np.frombuffer(mmap.mmap(-1, count * dtype.itemsize + 2 * PAGE), np.uint8)
    start = LINE * int(rng.integers(PAGE // LINE))
    return held[start : start + count * dtype.itemsize].view(dtype)


def blank(spec: Mapping[str, Any], rng: np.random.Generator) -> Array:
    """A buffer whose bytes no kernel would leave by accident; every page of it has been touched."""
    dtype = np.dtype(STORED_AS.get(spec["dtype"], spec["dtype"]))
    shaped: Array = anywhere(math.prod(spec["shape"]), dtype, rng).reshape(tuple(spec["shape"]))
    shaped.reshape(-1).view(np.uint8).fill(0x7B)
    return shaped


@dataclass(frozen=True)
class Slot:
    """What one launch reads and writes. `inputs` are in the workload's order, scalars among them."""

    inputs: tuple[Any, ...]
    outputs: tuple[Array, ...]


def ring(workload: Mapping[str, Any], launches: int, rng: np.random.Generator) -> list[Slot]:
    pools = [] if "drawn_by" in workload else [Pool(s, rng) if "shape" in s else s["value"] for s in workload["inputs"]]

    def inputs() -> tuple[Any, ...]:
        if task := workload.get("drawn_by"):
            import torch

            torch.manual_seed(int(rng.integers(1 << 62)))
            source = module(task)
            named = getattr(source, "get_workloads", None)
            return tuple(named()[workload["name"]]() if named else source.get_inputs())
        return tuple(p.tensor() if isinstance(p, Pool) else p for p in pools)

    return [Slot(inputs(), tuple(blank(s, rng) for s in workload["outputs"])) for _ in range(launches)]


# ---------------------------------------------------------------- the kinds of sides


def native(side: Mapping[str, Any], workload: Mapping[str, Any]) -> Callable[[Slot], Launch]:
    """A shared library: extents and scalars are bound by name, buffers by order."""
    called = signature(Path(side["source"]).read_text())
    function = getattr(ctypes.CDLL(side["library"]), called.entry)
    function.restype = None
    named: dict[str, Any] = {}
    for spec in workload["inputs"]:
        if "shape" not in spec:
            named[spec["name"]] = spec["value"]
        for extent, size in zip(spec.get("dims") or (), spec.get("shape") or (), strict=False):
            if extent:
                named.setdefault(extent, size)

    def bind(slot: Slot) -> Launch:
        tensors = [a for a in slot.inputs if isinstance(a, np.ndarray)]
        inputs, outputs = iter(tensors), iter(slot.outputs)
        if sum(p.kind == "input" for p in called.parameters) != len(tensors):  # written without const: by position
            inputs = outputs = iter((*tensors, *slot.outputs))
        arguments: list[Any] = []
        for p in called.parameters:
            if p.kind in {"input", "output"}:
                buffer = next(inputs if p.kind == "input" else outputs)
                arguments.append(ctypes.c_void_p(buffer.ctypes.data))
            else:
                arguments.append(C_SCALARS[p.kind](named[p.name]))
        return lambda: function(*arguments)

    return bind


@cache
def module(path: str) -> Any:
    """A Python file as a module, whatever its suffix; its own folder is where it may import from."""
    loader = importlib.machinery.SourceFileLoader(f"side_{abs(hash(path))}", path)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(Path(path).parent))
    sys.modules[loader.name] = loaded
    loader.exec_module(loaded)
    return loaded


def eager(side: Mapping[str, Any], workload: Mapping[str, Any]) -> Callable[[Slot], Launch]:
    """A Python callable on tensors: a `reference`, or a `Model`/`ModelNew` with the task's init inputs."""
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    loaded = module(side["source"])
    if side["entry"] == "reference":
        call = loaded.reference
    else:
        torch.manual_seed(0)  # the weights of both sides come from the same seed
        init = module(side["task"]).get_init_inputs()
        torch.manual_seed(0)
        call = getattr(loaded, side["entry"])(*init).eval()

    def tensor(value: Any, spec: Mapping[str, Any]) -> Any:
        """Shares the buffer; what is a tensor or a number already stays what it is."""
        if not isinstance(value, np.ndarray):
            return value
        if spec["dtype"] == "bfloat16":
            return torch.from_numpy(value.view(np.int16)).view(torch.bfloat16)
        return torch.from_numpy(value)

    def bind(slot: Slot) -> Launch:
        arguments = [tensor(v, s) for v, s in zip(slot.inputs, workload["inputs"], strict=True)]
        return lambda: call(*arguments)

    return bind


def results(side: Mapping[str, Any], launch: Launch, slot: Slot) -> list[Array]:
    """One launch's outputs in float64, to see that both sides compute the same thing at all."""
    for buffer in slot.outputs:
        buffer.view(np.uint8).fill(0x7B)
    answer: Any = launch()
    if side["kind"] == "native":
        return [
            (b.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
            if b.dtype == np.uint16
            else b.astype(np.float64)
            for b in slot.outputs
        ]
    return [t.double().numpy() for t in (answer if isinstance(answer, tuple | list) else (answer,))]


# ---------------------------------------------------------------- timing


class Side:
    """One side's way around the ring. What the launches of a batch return is held to its end: a caller needs it too."""

    def __init__(self, launches: Sequence[Launch], start: int) -> None:
        self._launches, self._next = launches, start

    def batch(self, count: int) -> float:
        """Processor seconds per launch."""
        launches = [self._launches[(self._next + step) % len(self._launches)] for step in range(count)]
        self._next = (self._next + count) % len(self._launches)
        held: list[object] = []
        started = time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)
        for launch in launches:
            held.append(launch())
        return (time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) - started) / count


def time_pair(pair: Mapping[str, Any], job: Mapping[str, Any]) -> dict[str, Any]:
    workload, sides = pair["workload"], (pair["base"], pair["winner"])
    rng = np.random.default_rng()
    kinds = {"native": native, "eager": eager}
    binds = [kinds[s["kind"]](s, workload) for s in sides]

    probe = ring(workload, 4, rng)
    seconds, worst = [], 0.0
    answers = [[results(s, bind(slot), slot) for slot in probe] for s, bind in zip(sides, binds, strict=True)]
    for ours, theirs in zip(*answers, strict=True):
        worst = max([worst, *(difference(a, b) for a, b in zip(ours, theirs, strict=True))])
    for bind in binds:
        launches = [bind(slot) for slot in probe]
        Side(launches, 0).batch(len(launches))
        seconds.append(min(Side(launches, 0).batch(len(launches)) for _ in range(3)))

    slot_bytes = sum(getattr(a, "nbytes", 0) for a in (*probe[0].inputs, *probe[0].outputs))
    most = min(MAX_RING_BYTES // max(slot_bytes, 1), MAX_LAUNCHES)
    counts = [max(1, min(math.ceil(job["batch_s"] / max(s, 1e-7)), most // 4)) for s in seconds]
    slots = ring(workload, max(4, 4 * max(counts), min(most, MIN_RING_BYTES // max(slot_bytes, 1))), rng)
    ways = [Side([bind(slot) for slot in slots], n * len(slots) // 2) for n, bind in enumerate(binds)]
    for way, count in zip(ways, counts, strict=True):
        for _ in range(10):  # first touch, lazy set-up, clock speed, and a heap as large as it will be
            way.batch(count)
    samples: list[list[list[float]]] = [[], []]
    loads = []
    gc.disable()
    for block in range(job["blocks"]):
        taken: list[list[float]] = [[], []]
        before = yardstick()
        for which in (0, 1, 1, 0) if block % 2 == 0 else (1, 0, 0, 1):
            taken[which].append(ways[which].batch(counts[which]))
        loads.append(max(before, yardstick()))
        for kept, new in zip(samples, taken, strict=True):
            kept.append(new)
    gc.enable()
    return {"base": samples[0], "winner": samples[1], "yardstick": loads, "launches": counts, "difference": worst}


def yardstick() -> float:
    """Processor seconds of a fixed piece of dense work: longer when a neighbour shares the core with us."""
    spent = []
    for _ in range(3):
        started = time.thread_time()
        for _ in range(30):
            YARDSTICK @ YARDSTICK
        spent.append(time.thread_time() - started)
    return min(spent)


def difference(a: Array, b: Array) -> float:
    """Largest difference relative to the largest value; infinite when a shape differs or a value is not a number."""
    if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
        return math.inf
    return float(np.abs(a - b).max(initial=0.0) / max(np.abs(a).max(initial=0.0), 1e-30))


def main() -> None:
    job = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a kernel prints must not reach the answer
    with answers:
        json.dump([time_pair(pair, job) for pair in job["pairs"]], answers)


if __name__ == "__main__":
    main()
