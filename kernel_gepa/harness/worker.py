"""The untrusted side: loads one kernel and maps bytes to bytes.

It imports nothing of the package and is copied into the sandbox, where forkserver.py starts it. With returned.py,
drawing.py and counting.py, which it needs for Python kernels and for references, that is all of the house that a
sandbox holds. Every request is one JSON frame from the driver; tensors travel as raw bytes in shared memory, the arena.
It keeps no time, knows no seed and no expected output, and nothing it answers is believed: the driver reads its clock
and the arena instead.

    map       the arena to work in
    load      a shared library, or a class or function of a Python file
    prelude   a question to what was imported before the kernel, where something was (backends/gpu/driverless.py)
    bind      where each launch finds its inputs and leaves its outputs
    run       launches first .. first + count - 1
    collect   copy what a Python kernel returned into the arena
    overwrite other bytes in one output that it returned (only ever in a check)
    restore   and the right ones again
    release   forget what it returned
    weights   the state of a module, into or out of the arena
    seal      start no process from now on
    processors  where to run
    describe  evaluate `workloads()` of a task file           (only ever asked of the reference's worker)
    count     operations and bytes of launch 0, by tracing    (likewise)
    workloads their names in `get_workloads()`                (likewise)
    induce    what TorchInductor generates for a workload     (likewise)
    draw      one set of inputs by it, or by `get_inputs()`   (likewise)
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import math
import mmap
import os
import socket
import struct
import sys
import traceback
from typing import Any, Protocol

MAX_FRAME = 4 << 20  # a frame holds names, shapes and offsets, never tensors

HEAP_PIECE, HEAP_PIECES, PAGE = 16 << 20, 6, 4096

MADV_POPULATE_WRITE = 23  # madvise(2), since Linux 5.14

SET_MODE_FILTER = ALL_THREADS = 1  # seccomp(2): SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC

C_TYPES: dict[str, Any] = {
    "bool": ctypes.c_bool,
    "int8": ctypes.c_int8,
    "int16": ctypes.c_int16,
    "int32": ctypes.c_int32,
    "int64": ctypes.c_int64,
    "uint8": ctypes.c_uint8,
    "uint16": ctypes.c_uint16,
    "uint32": ctypes.c_uint32,
    "uint64": ctypes.c_uint64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    payload = json.dumps(message).encode()
    channel.sendall(struct.pack("<I", len(payload)) + payload)


class Readable(Protocol):
    """A socket, or what the driver puts before one to keep a deadline."""

    def recv(self, size: int, /) -> bytes: ...


def receive(channel: Readable) -> dict[str, Any]:
    """Raises EOFError when the other side is gone and ValueError on a frame that no honest side sends."""
    (size,) = struct.unpack("<I", _exactly(channel, 4))
    if size > MAX_FRAME:
        raise ValueError(f"frame of {size} bytes is over the limit of {MAX_FRAME}")
    message = json.loads(_exactly(channel, size))
    if not isinstance(message, dict):
        raise ValueError("frame is not an object")  # noqa: TRY004  a bad frame is bad data, whatever its type
    return message


def _exactly(channel: Readable, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(size - len(parts))
        if not part:
            raise EOFError("the other side is gone")
        parts += part
    return bytes(parts)


class Unfit(Exception):
    """The kernel is not what the task asks for; the text goes into the verdict."""


class Native:
    """A shared library, called through its C ABI on addresses inside the arena."""

    def __init__(self, request: dict[str, Any]) -> None:
        library = ctypes.CDLL(request["library"])
        try:
            self.function = getattr(library, request["entry"])
        except AttributeError as error:
            raise Unfit(f"the library exports no function {request['entry']!r}") from error
        self.function.restype = None
        self.calls: list[tuple[Any, ...]] = []

    def bind(self, request: dict[str, Any], arena: Arena) -> None:
        self.calls = [
            tuple(
                ctypes.c_void_p(arena.address + value + slot * stride) if kind == "pointer" else C_TYPES[kind](value)
                for kind, value, stride in request["arguments"]
            )
            for slot in range(request["slots"])
        ]

    def run(self, first: int, count: int) -> None:
        function = self.function
        for call in self.calls[first : first + count]:
            function(*call)

    def collect(self, first: int, count: int) -> list[str]:  # noqa: ARG002
        return []  # it wrote into the arena itself


class Python:
    """A function, or a module's forward, called on torch tensors that lie in the arena."""

    def __init__(self, request: dict[str, Any]) -> None:
        import drawing  # type: ignore[import-not-found]  # they lie beside this file in the sandbox
        import returned  # type: ignore[import-not-found]
        import torch

        torch.set_num_threads(request["threads"])
        torch.set_grad_enabled(False)
        self.torch, self.drawing, self.returned = torch, drawing, returned
        self.overwritten = returned.Overwritten(torch)
        self.source = load_source(request["source"])
        self.precision = request.get("precision")
        self.function = self._callable(request)
        if request.get("compiled"):
            import compiling  # type: ignore[import-not-found]

            self.function = compiling.compiled(torch, self.function)
        self.calls: list[tuple[Any, ...]] = []
        self.outputs: list[list[tuple[int, str, list[int]]]] = []
        self.results: dict[int, Any] = {}

    def _callable(self, request: dict[str, Any]) -> Any:
        if "function" in request:
            return getattr(self.source, request["function"])
        name = request["module"]
        maker = getattr(self.source, name, None)
        if maker is None:
            raise Unfit(f"the file defines no {name}")
        init = self.source.get_init_inputs() if request["init"] is None else untangle(request["init"])
        self.torch.manual_seed(request["seed"])
        self.module = maker(*init).train(_trains(request.get("mode") or mode_of(self.source)))
        if self.precision == "float64":
            self.module = self.module.double()
            self._raise_plain_tensors()
        return self.module

    def _raise_plain_tensors(self) -> None:
        """A tensor that a constructor keeps without registering it is nothing that double() would find."""
        for part in self.module.modules():
            for name, value in vars(part).items():
                if type(value) is self.torch.Tensor:
                    setattr(part, name, self._raise(value))

    def bind(self, request: dict[str, Any], arena: Arena) -> None:
        self.results.clear()
        self.calls, self.outputs = [], []
        for slot in range(request["slots"]):
            inputs = []
            for kind, value, *rest in request["inputs"]:
                if kind == "tensor":
                    stride, dtype, shape = rest
                    inputs.append(self._raise(arena.tensor(self.torch, value + slot * stride, dtype, shape)))
                else:
                    inputs.append(value)
            self.calls.append(tuple(inputs))
            self.outputs.append([(at + slot * apart, kind, form) for at, apart, kind, form in request["outputs"]])
        self.arena = arena

    def touch(self) -> None:
        """Takes the pages that outputs and temporaries will lie in: no launch meets one for the first time."""
        held = [self.torch.empty(HEAP_PIECE, dtype=self.torch.uint8) for _ in range(HEAP_PIECES)]
        for piece in held:
            piece[::PAGE] = 1

    def _raise(self, tensor: Any) -> Any:
        """The exact side computes in float64, so its inputs are copied up; the timed side reads them in place."""
        return tensor.double() if self.precision == "float64" and tensor.is_floating_point() else tensor

    def run(self, first: int, count: int) -> None:
        function, calls, results = self.function, self.calls, self.results
        for slot in range(first, first + count):
            results[slot] = function(*calls[slot])

    def collect(self, first: int, count: int) -> list[str]:
        problems = []
        for slot in range(first, first + count):
            result, exact = self.results.get(slot), self.precision is not None
            problem = self.returned.store(self.torch, self.arena, result, self.outputs[slot], exact=exact)
            if problem:
                problems.append(problem)
        return problems[:1]

    def overwrite(self, slot: int, output: int) -> None:
        self.overwritten.add(self.returned.values(self.results[slot])[output])


def populate(memory: mmap.mmap) -> None:
    """Takes all pages at once: nobody meets one for the first time later, at a microsecond or two each."""
    try:
        memory.madvise(MADV_POPULATE_WRITE)
    except (OSError, ValueError):  # a system older than the word
        for at in range(0, len(memory), PAGE):
            memory[at] = memory[at]


class Arena:
    """The memory shared with the driver: a file without a name, which neither side can make shorter."""

    def __init__(self, file: int) -> None:
        self.map = mmap.mmap(file, 0)
        os.close(file)
        populate(self.map)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.map))

    def tensor(self, torch: Any, offset: int, dtype: str, shape: list[int]) -> Any:
        count = math.prod(shape)
        if count == 0:
            return torch.empty(shape, dtype=getattr(torch, dtype))
        flat = torch.frombuffer(self.map, dtype=getattr(torch, dtype), count=count, offset=offset)
        return flat.view(shape)


def tangle(value: Any) -> Any:
    """Constructor arguments as JSON. JSON has no tuples, and torch tells (3, 5) from [3, 5]."""
    if isinstance(value, tuple):
        return {"tuple": [tangle(v) for v in value]}
    if isinstance(value, list):
        return [tangle(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Unfit(f"get_init_inputs() holds a {type(value).__name__}; numbers, strings, lists and tuples can be passed")


def untangle(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(untangle(v) for v in value["tuple"])
    return [untangle(v) for v in value] if isinstance(value, list) else value


def mode_of(source: Any) -> str:
    """What a task's file says of its modules' mode: batch norm goes by the batch in training, and dropout drops."""
    return str(getattr(source, "mode", "eval"))


def _trains(mode: str) -> bool:
    if mode not in ("train", "eval"):
        raise Unfit(f'the mode of the file is {mode!r}; it may be "train" or "eval"')
    return mode == "train"


def load_source(path: str) -> Any:
    """Imports a file under its own name: inspect, load_inline and triton want a real file behind the code."""
    name = os.path.basename(path).removesuffix(".py").replace(".", "_")  # noqa: PTH119
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Unfit(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class Worker:
    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.kernel: Any = None
        self.prelude: Any = None
        self.arena: Arena | None = None

    def serve(self) -> None:
        while True:
            try:
                request = receive(self.channel)
            except EOFError:
                return
            try:
                answer = getattr(self, "do_" + request["do"])(request) or {}
            except Unfit as error:
                answer = {"error": "unfit", "text": str(error)}
            except Exception as error:  # noqa: BLE001  whatever a kernel raises is an answer
                answer = {"error": "raised", "text": f"{type(error).__name__}: {error}", "trace": _trace()}
            send(self.channel, {**answer, "turn": request["turn"]})

    def do_map(self, request: dict[str, Any]) -> None:  # noqa: ARG002
        _, files, _, _ = socket.recv_fds(self.channel, 1, 1)
        self.arena = Arena(files[0])

    def do_load(self, request: dict[str, Any]) -> None:
        if request.get("prelude"):
            self.prelude = load_source(request["prelude"]["file"])
            self.prelude.prepare(request["prelude"])
        self.kernel = Native(request) if request["form"] == "native" else Python(request)

    def do_prelude(self, request: dict[str, Any]) -> dict[str, Any]:
        return dict(self.prelude.answer(request["asked"]))

    def do_bind(self, request: dict[str, Any]) -> None:
        self.kernel.bind(request, self.arena)

    def do_touch(self, request: dict[str, Any]) -> None:  # noqa: ARG002
        self.kernel.touch()

    def do_run(self, request: dict[str, Any]) -> None:
        self.kernel.run(request["first"], request["count"])

    def do_overwrite(self, request: dict[str, Any]) -> None:
        self.kernel.overwrite(request["slot"], request["output"])

    def do_restore(self, request: dict[str, Any]) -> None:  # noqa: ARG002
        self.kernel.overwritten.restore()

    def do_release(self, request: dict[str, Any]) -> None:  # noqa: ARG002
        self.kernel.results.clear()

    def do_collect(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"problems": self.kernel.collect(request["first"], request["count"])}

    def do_processors(self, request: dict[str, Any]) -> None:
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208
            os.sched_setaffinity(int(thread), request["processors"])

    def do_seal(self, request: dict[str, Any]) -> None:
        """For all threads. That it was done is read from the system, so nobody gains by patching this."""
        program = bytes.fromhex(request["program"])
        code = ctypes.create_string_buffer(program, len(program))
        described = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))  # struct sock_fprog
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syscall(request["call"], SET_MODE_FILTER, ALL_THREADS, described):
            raise OSError(ctypes.get_errno(), "seccomp")

    def do_weights(self, request: dict[str, Any]) -> dict[str, Any]:
        """Without `entries`: names, shapes and dtypes. With them: copies the state out of or into the arena."""
        state = self.kernel.module.state_dict()
        entries = request.get("entries")
        if entries is None:
            return {"state": [[k, str(v.dtype).removeprefix("torch."), list(v.shape)] for k, v in state.items()]}
        assert self.arena is not None
        for name, at, dtype, shape in entries:
            stored = self.arena.tensor(self.kernel.torch, at, dtype, shape)
            if request["into"] == "arena":
                stored.copy_(state[name])
            else:
                state[name].copy_(stored)
        return {}

    def do_describe(self, request: dict[str, Any]) -> dict[str, Any]:
        source = load_source(request["source"])
        described = {"workloads": source.workloads(), "tolerance": getattr(source, "tolerance", None)}
        try:
            json.dumps(described)
        except (TypeError, ValueError) as error:
            raise Unfit(f"workloads() and tolerance hold more than texts and numbers: {error}") from error
        return described

    def do_init(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        source = self.kernel.source
        return {"init": tangle(list(source.get_init_inputs())), "mode": mode_of(source)}

    def do_outputs(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Runs launch 0 and says what came out: the one place where output shapes come from."""
        self.kernel.run(0, 1)
        values = self.kernel.returned.values(self.kernel.results[0])
        return {"outputs": [_specify(value, f"output {number}") for number, value in enumerate(values)]}

    def do_count(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        import counting  # type: ignore[import-not-found]

        counted: dict[str, int] = counting.counted(self.kernel.torch, lambda: self.kernel.run(0, 1))
        return counted

    def do_workloads(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        try:
            return {"names": list(self.kernel.drawing.workloads(self.kernel.source))}
        except ValueError as error:
            raise Unfit(str(error)) from error

    def do_induce(self, request: dict[str, Any]) -> dict[str, Any]:
        import inducing  # type: ignore[import-not-found]

        torch, module = self.kernel.torch, self.kernel.module
        drawn = self.kernel.drawing.drawn(torch, self.kernel.source, request["workload"], 0)
        found: dict[str, Any] = inducing.generated(torch, module, drawn, request["threads"])
        return {**found, "version": torch.__version__}

    def do_draw(self, request: dict[str, Any]) -> dict[str, Any]:
        """One set of inputs by the task's own file, written at `at` if they are given offsets."""
        torch, source = self.kernel.torch, self.kernel.source
        values = self.kernel.drawing.drawn(torch, source, request["workload"], request["seed"])
        at = request.get("at")
        if at is None:
            return {"inputs": [_specify(v, f"input {n}", plain=True) for n, v in enumerate(values)]}
        assert self.arena is not None
        for value, offset in zip(values, at, strict=True):
            if offset is not None:
                dtype = str(value.dtype).removeprefix("torch.")
                self.arena.tensor(torch, offset, dtype, list(value.shape)).copy_(value)
        return {}


def _specify(value: Any, what: str, *, plain: bool = False) -> list[Any]:
    if type(value).__module__.startswith("torch") and hasattr(value, "dtype"):
        return ["tensor", str(value.dtype).removeprefix("torch."), list(value.shape)]
    if plain and isinstance(value, (bool, int, float)):
        return ["value", value]
    raise Unfit(f"{what} is a {type(value).__name__}; it must be a torch.Tensor" + (" or a number" if plain else ""))


def _trace() -> str:
    return "\n".join(traceback.format_exc().splitlines()[-12:])
