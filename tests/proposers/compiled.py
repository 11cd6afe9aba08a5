"""Sample kernels, compiled and called: many versions of one kernel in one library, so that tests stay fast."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
FOLDER = Path(__file__).parent / "kernels"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.cpp")))
PREAMBLE = "#include <algorithm>\n#include <cmath>\n#include <cstdint>\n#include <vector>\n"
FLAGS = ("-std=c++20", "-march=native", "-fopenmp", "-shared", "-fPIC", "-Wno-unknown-pragmas")

# Three extents: one, fewer than a vector, not a multiple of anything, more than one block with a tail.
SIZES = ((1, 1, 1), (7, 33, 1), (33, 7, 70), (70, 65, 33))


@dataclass(frozen=True)
class Call:
    """The inputs of one launch; `extents` are passed behind the buffers."""

    inputs: tuple[Array, ...]
    shape: tuple[int, ...]
    extents: tuple[int, ...]


Inputs = Callable[[np.random.Generator, int, int, int], Call]


def _random(rng: np.random.Generator, *shape: int) -> Array:
    return rng.standard_normal(shape, dtype=np.float32)


CALLS: dict[str, Inputs] = {
    "attention": lambda r, n, d, _: Call((_random(r, n, d), _random(r, n, d), _random(r, n, d)), (n, d), (n, d)),
    "gelu_bias": lambda r, m, n, _: Call((_random(r, m, n), _random(r, n)), (m, n), (m, n)),
    "layernorm": lambda r, m, n, _: Call((_random(r, m, n),), (m, n), (m, n)),
    "matmul": lambda r, m, k, n: Call((_random(r, m, k), _random(r, k, n)), (m, n), (m, k, n)),
    "residual": lambda r, m, n, _: Call((_random(r, m, n), _random(r, m, n), _random(r, n)), (m, n), (m, n)),
    "softmax": lambda r, m, n, _: Call((_random(r, m, n),), (m, n), (m, n)),
    "stencil": lambda r, m, n, _: Call((_random(r, m, n), _random(r, 3, 3)), (m, n), (m, n)),
}


def sample(name: str) -> str:
    return (FOLDER / f"{name}.cpp").read_text()


def together(name: str, texts: Sequence[str]) -> str:
    """All versions in one text: each in a namespace, with an exported name of its own."""
    parts = [PREAMBLE]
    for number, text in enumerate(texts):
        renamed = re.sub(rf'(extern "C" void ){name}\b', rf"\g<1>{name}_{number}", text)
        parts.append(f"namespace version_{number} {{\n{renamed}\n}}\n")
    return "".join(parts)


def compiled(text: str, folder: Path, *flags: str) -> ctypes.CDLL:
    """Fails with what the compiler said."""
    source, library = folder / "kernel.cpp", folder / "kernel.so"
    source.write_text(text)
    compiler = os.environ.get("CXX", "g++")
    command = [compiler, *FLAGS, *flags, str(source), "-o", str(library), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    loaded = ctypes.CDLL(str(library))
    usual_arithmetic()
    return loaded


def usual_arithmetic() -> None:
    """A library built with -ffast-math makes the whole process flush subnormal numbers to zero when it is loaded
    (GCC links crtfastmath.o into it). Other tests of this process have a right to their subnormals.
    """
    default = ctypes.c_void_p(-1)  # FE_DFL_ENV of the C library on Linux
    ctypes.CDLL(None).fesetenv(default)


def results(library: ctypes.CDLL, function: str, name: str) -> list[Array]:
    """The outputs for all sizes; what a kernel does not write stays NaN."""
    found = []
    for sizes in SIZES:
        call = CALLS[name](np.random.default_rng(sum(sizes)), *sizes)
        out = np.full(call.shape, np.nan, dtype=np.float32)
        buffers = [ctypes.c_void_p(array.ctypes.data) for array in (*call.inputs, out)]
        getattr(library, function)(*buffers, *map(ctypes.c_int64, call.extents))
        found.append(out)
    return found


def same(found: Sequence[Array], expected: Sequence[Array]) -> bool:
    return all(np.allclose(f, e, rtol=1e-3, atol=1e-4) for f, e in zip(found, expected, strict=True))
