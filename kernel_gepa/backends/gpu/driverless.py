"""Triton where no GPU is: compiles what a candidate launches, or interprets it. Lies beside a candidate in its sandbox.

It imports nothing of the package. What it answers comes from the candidate's own process, so it may be forged; it is
told as feedback, and nothing is ranked by it. A process does one of the two, as Triton asks when it is imported:

    compile    launches are recorded and compiled for a target, and compute nothing
    interpret  launches are computed on the CPU, program by program, and nothing is compiled

Host code that asks for a CUDA device gets the CPU, in both.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

MOST_KERNELS = 32  # compiled ones that are told of; an autotuner may bring more
TOOL_LIMIT_S = 60.0
# One instruction as nvdisasm prints it: `/*00f0*/  @!P0 LDG.E.128 R4, [R8.64] ;`
OPCODE = re.compile(
    r"^[ \t]+(?:/\*[0-9a-f]+\*/[ \t]+)?(?:\{[ \t]*)?(?:@!?U?P\w+[ \t]+)?"
    r"(?P<opcode>[A-Z][A-Z0-9_]*(?:\.\w+)*)\b[^;\n]*;",
    re.MULTILINE,
)
AMD_OPCODE = re.compile(r"^\t(?P<opcode>(?:v|s|global|buffer|flat|ds|scratch)_\w+)", re.MULTILINE)
AMD_METADATA = re.compile(
    r"^\s*-?\s*\.(?:(?:[sv]gpr|agpr)_(?:spill_)?count|(?:group|private)_segment_fixed_size):\s*\d+", re.MULTILINE
)


class DoesNotCompile(Exception):
    """`str` of it points into the kernel's file where Triton knows the line."""


class Stage:
    """What is being done, for whom, and what was seen."""

    def __init__(self, targets: list[dict[str, Any]]) -> None:
        self.targets = targets
        self.aim = 0
        self.grid: tuple[int, ...] = ()
        self.seen: dict[tuple[int, int], dict[str, Any]] = {}  # by target and kernel object


STAGE = Stage([])


def prepare(request: dict[str, Any]) -> None:
    """Before the candidate is imported."""
    import torch

    interpret = request["mode"] == "interpret"
    if interpret:
        os.environ["TRITON_INTERPRET"] = "1"
    os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")
    STAGE.targets = request["targets"]
    _without_cuda(torch)
    import triton

    triton.runtime.driver.set_active(_driver(torch))
    if interpret:
        _whole_numbers()
    else:
        _recording(triton.runtime.jit.JITFunction)


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """`aim`: for which target launches are compiled from now on. `after`: what was compiled after the first so many."""
    if "aim" in asked:
        STAGE.aim = int(asked["aim"])
        return {}
    fresh = list(STAGE.seen.values())[int(asked["after"]) :]
    return {"compiled": [_told(entry) for entry in fresh[:MOST_KERNELS]], "all": len(STAGE.seen)}


def _whole_numbers() -> None:
    """Interpreters before Triton 3.7 make an integer of an array with one element, which NumPy 2.4 refuses."""
    from triton.runtime import interpreter

    patch = interpreter._patch_lang_tensor

    def patched(tensor: Any, *scope: Any) -> None:
        patch(tensor, *scope)
        tensor.__index__ = lambda self: int(self.handle.data.reshape(-1)[0])

    interpreter._patch_lang_tensor = patched


def _recording(function: Any) -> None:
    launch = function.run

    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            kernel = launch(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  whatever Triton raises is an answer
            raise _pointing(error, self) from None
        entry = STAGE.seen.setdefault(
            (STAGE.aim, id(kernel)),
            {"kernel": kernel, "target": STAGE.aim, "grid": [int(n) for n in STAGE.grid], "launches": 0},
        )
        entry["launches"] += 1
        return kernel

    function.run = run


def _pointing(error: BaseException, function: Any) -> Exception:
    """Triton counts lines from the `def` of a function; a reader counts from the start of the file."""
    target = STAGE.targets[STAGE.aim]["name"]
    inner: BaseException = error
    while inner.__cause__ is not None and hasattr(inner.__cause__, "node"):
        inner = inner.__cause__
    node, source = getattr(inner, "node", None), getattr(inner, "src", None)
    if node is None or source is None:
        words = [line for line in str(error).splitlines() if "error" in line.lower() or "Required" in line]
        said = "\n".join(words[:8]) or str(error)[:800]
        return DoesNotCompile(f"{function.fn.__name__} for {target}: {type(error).__name__}: {said}")
    said = (getattr(inner, "error_message", None) or str(inner.__cause__ or "") or type(inner).__name__).strip()
    line = _line_of(source, node.lineno)
    return DoesNotCompile(f"kernel.py:{line}: error: {said}")


def _line_of(source: str, number: int) -> int:
    """Where the text of a function lies in the kernel's file."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path and Path(path).name == "kernel.py":
            before, found, _ = Path(path).read_text().partition(source.strip())
            return before.count("\n") + number if found else number
    return number


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    kernel = entry["kernel"]
    metadata, target = kernel.metadata, STAGE.targets[entry["target"]]
    amd = target["backend"] == "hip"
    binary = kernel.asm["hsaco" if amd else "cubin"]
    text = kernel.asm["amdgcn" if amd else "ptx"]
    options = {name: getattr(metadata, name, None) for name in ("num_warps", "num_stages", "num_ctas")}
    return {
        "kernel": kernel.name,
        "target": target["name"],
        "grid": entry["grid"],
        "launches": entry["launches"],
        "options": {name: value for name, value in options.items() if isinstance(value, int)},
        "constants": _constants(kernel.src),
        "shared_bytes": int(metadata.shared),
        "binary_bytes": len(binary),
        **(_of_amd(text) if amd else _of_nvidia(binary, text)),
    }


def _constants(source: Any) -> dict[str, str]:
    names = list(source.fn.arg_names)
    found = {}
    for path, value in source.constants.items():
        place = path[0] if isinstance(path, tuple) else path
        name = names[place] if isinstance(place, int) else str(place)
        if isinstance(value, (bool, int, float, str)):
            found[name] = str(value)
    return found


def _of_amd(text: str) -> dict[str, Any]:
    return {
        "resources": "\n".join(m[0].strip() for m in AMD_METADATA.finditer(text)),
        "opcodes": dict(Counter(m["opcode"] for m in AMD_OPCODE.finditer(text))),
    }


def _of_nvidia(binary: bytes, ptx: str) -> dict[str, Any]:
    """By the tools that lie in Triton's own wheel. Spills cost another assembly, so they are asked for on suspicion."""
    import triton

    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    held = Path(os.environ.get("TMPDIR", "/tmp")) / f"{os.getpid()}.cubin"
    held.write_bytes(binary)
    usage = _tool([str(tools / "cuobjdump"), "-res-usage", str(held)])
    counts = Counter(m["opcode"] for m in OPCODE.finditer(_tool([str(tools / "nvdisasm"), "-c", str(held)])))
    held.unlink()
    if any(name.startswith(("STL", "LDL")) for name in counts):
        usage += "\n" + _assembled_again(tools, ptx)
    return {"resources": usage, "opcodes": dict(counts)}


def _assembled_again(tools: Path, ptx: str) -> str:
    found = re.search(r"^\.target\s+(\w+)", ptx, re.MULTILINE)
    source = Path(os.environ.get("TMPDIR", "/tmp")) / f"{os.getpid()}.ptx"
    source.write_text(ptx)
    said = ""
    for name in ("ptxas", "ptxas-blackwell"):  # the plain one refuses PTX that is newer than itself
        assembler = tools / name
        if found and assembler.exists():
            said = _tool([str(assembler), "-v", f"--gpu-name={found[1]}", str(source), "-o", os.devnull])
            if "spill" in said:
                break
    source.unlink()
    return said


def _tool(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""  # what a tool does not say is shown as not known
    return done.stdout + done.stderr


def _driver(torch: Any) -> Any:
    """All that Triton asks of a driver, and no device."""
    from triton.backends.compiler import GPUTarget
    from triton.backends.driver import DriverBase

    class Utils:
        def load_binary(self, *_: Any) -> tuple[Any, ...]:
            return ("module", "function", 0, 0, 1024)  # registers and spills are told by the tools

        def unload_module(self, module: Any) -> None:
            pass

        def get_device_properties(self, device: int) -> dict[str, int]:
            return {
                "max_shared_mem": int(STAGE.targets[device]["shared_bytes"]),
                "multiprocessor_count": int(STAGE.targets[device]["processors"]),
                "max_num_regs": 65536,
                "warpSize": int(STAGE.targets[device]["warp"]),
                "sm_clock_rate": 0,
                "mem_clock_rate": 0,
                "mem_bus_width": 0,
            }

    class Launcher:
        def __init__(self, source: Any, metadata: Any) -> None:
            pass

        def __call__(self, x: int, y: int, z: int, *_: Any, **__: Any) -> None:
            STAGE.grid = (x, y, z)

    class Driverless(DriverBase):  # type: ignore[misc]  # Triton has no types
        def __init__(self) -> None:
            self.utils, self.launcher_cls = Utils(), Launcher

        @classmethod
        def is_active(cls) -> bool:
            return True

        def map_python_to_cpp_type(self, ty: str) -> str:
            return ty

        def get_current_target(self) -> Any:
            target = STAGE.targets[STAGE.aim]
            return GPUTarget(target["backend"], target["arch"], target["warp"])

        def get_current_device(self) -> int:
            return STAGE.aim

        def set_current_device(self, device: int) -> None:
            pass

        def get_current_stream(self, device: int = 0) -> int:  # noqa: ARG002
            return 0

        def get_active_torch_device(self) -> Any:
            return torch.device("cpu")

        def get_device_interface(self) -> Any:
            return torch.cpu

        def get_empty_cache_for_benchmark(self) -> Any:
            return torch.empty(1)

        def clear_cache(self, cache: Any) -> None:
            pass

        def get_benchmarker(self) -> Any:
            """For an autotuner: every configuration is run once, all are as fast, and the first one is taken."""

            def same(call: Any, quantiles: Any = None, **_: Any) -> Any:
                call()
                return [1.0] * (len(quantiles) if quantiles else 1)

            return same

    return Driverless()


def _without_cuda(torch: Any) -> None:
    """What host code of a GPU kernel says to torch, said of the CPU."""
    from torch.overrides import TorchFunctionMode

    def moved(value: Any) -> Any:
        named = isinstance(value, torch.device) or (isinstance(value, str) and re.fullmatch(r"cuda(:\d+)?", value))
        return torch.device("cpu") if named else value

    moves, looks = torch.Tensor.cuda, torch.Tensor.is_cuda.__get__

    class OnCpu(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if function == moves:
                return args[0]
            if function == looks:
                return True
            return function(*map(moved, args), **{name: moved(value) for name, value in (kwargs or {}).items()})

    OnCpu().__enter__()  # type: ignore[no-untyped-call]  # for the life of the process
    properties = SimpleNamespace(name="no device", multi_processor_count=108, warp_size=32, major=9, minor=0)
    for name, stand_in in {
        "synchronize": lambda *_: None,
        "is_available": lambda: True,
        "current_device": lambda: 0,
        "device_count": lambda: 1,
        "set_device": lambda *_: None,
        "device": lambda *_: nullcontext(),
        "device_of": lambda *_: nullcontext(),
        "empty_cache": lambda: None,
        "get_device_capability": lambda *_: (9, 0),
        "get_device_name": lambda *_: "no device",
        "get_device_properties": lambda *_: properties,
    }.items():
        setattr(torch.cuda, name, stand_in)
