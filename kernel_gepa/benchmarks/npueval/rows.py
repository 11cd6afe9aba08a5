"""One row of NPUEval's data set. Values are arrays of what they mean: bfloat16 is held in float32, packed to bits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.npu import ELEMENT_BYTES, TileBuffer
from kernel_gepa.errors import TaskError

Values = NDArray[Any]

# Every prompt ends so. NPUEval itself puts the solution behind it, which no longer compiles.
STUB = re.compile(r"[ \t]*// Implementation goes here\s*\}\s*\Z")
DEFAULT_TOLERANCE = 0.01
WRAPPER = re.compile(r"\bvoid\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)\s*\{")

FLOATS = ("bfloat16", "float32")

FIELDS = ("kernel_name", "prompt", "canonical_solution", "program_code", "test_vectors")


@dataclass(frozen=True)
class Vector:
    """Some values of one argument."""

    buffer: TileBuffer
    values: Values

    @property
    def packed(self) -> bytes:
        return pack(self.values, self.buffer.dtype)


@dataclass(frozen=True)
class Row:
    """`arguments` are in the order of the C function. `states_tolerance`: the row has one of its own."""

    kernel_name: str
    prompt: str
    canonical_solution: str
    program_code: str
    arguments: tuple[Vector, ...]
    atol: float
    rtol: float
    states_tolerance: bool
    text: str  # the row as it was read: what a task is told apart by

    @property
    def inputs(self) -> tuple[Vector, ...]:
        return tuple(a for a in self.arguments if a.buffer.role == "input")

    @property
    def outputs(self) -> tuple[Vector, ...]:
        return tuple(a for a in self.arguments if a.buffer.role == "output")

    @property
    def scalars(self) -> tuple[Vector, ...]:
        return tuple(a for a in self.arguments if a.buffer.role == "scalar")

    @property
    def exact(self) -> bool:
        """Whether outputs have to be equal: integers of a row that states no tolerance."""
        return not self.states_tolerance and all(o.buffer.dtype not in FLOATS for o in self.outputs)

    @property
    def wrapper(self) -> str:
        return self.kernel_name + "_wrapper"

    @property
    def canonical(self) -> str:
        """The whole scalar kernel: the prompt's stub gives way to the solution."""
        return STUB.sub("", self.prompt).rstrip() + "\n    " + self.canonical_solution.strip() + "\n"

    @property
    def statement(self) -> str:
        """The prompt's comment."""
        return self.prompt.partition("*/")[0].removeprefix("/*").strip()

    def with_inputs(self, drawn: Mapping[str, Values]) -> Row:
        """The same row on other inputs; its outputs are then none of theirs."""
        arguments = tuple(replace(a, values=drawn.get(a.buffer.name, a.values)) for a in self.arguments)
        return replace(self, arguments=arguments)


def pack(values: Values, dtype: str) -> bytes:
    """As they lie in the tile's memory."""
    if dtype != "bfloat16":
        return np.ascontiguousarray(values, dtype=dtype).tobytes()
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    nan = np.isnan(values).reshape(bits.shape)
    nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16  # ties to even
    return np.where(nan, 0x7FC0, nearest).astype(np.uint16).tobytes()


def unpack(content: bytes, dtype: str, shape: tuple[int, ...]) -> Values:
    if dtype != "bfloat16":
        return np.frombuffer(content, dtype=dtype).reshape(shape)
    bits = np.frombuffer(content, dtype=np.uint16).astype(np.uint32) << 16
    return bits.view(np.float32).reshape(shape)


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of `npueval.jsonl`, of a folder of task files, or of a checkout of the NPUEval repository."""
    if path.is_dir():
        data_set = path / "dataset" / "npueval.jsonl"
        if data_set.exists():
            return read_rows(data_set)
        files = sorted(path.glob("*.json"))
        if not files:
            raise TaskError(f"{path} holds no tasks: no *.json and no dataset/npueval.jsonl; name one that does")
        return tuple(row_of(text_of(file), file.name) for file in files)
    lines = [line for line in text_of(path).splitlines() if line.strip()]
    return tuple(row_of(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1))


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        raise TaskError(f"there is no file {path}; name a row of NPUEval's data set") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TaskError(f"{path} cannot be read as text: {error}") from None


def row_of(text: str, where: str) -> Row:
    """Raises TaskError that says what is wrong with the row."""
    try:
        raw: Any = json.loads(text)
    except ValueError as error:
        raise TaskError(f"{where} is not JSON: {error}; it should be one row of npueval.jsonl") from None
    missing = [f for f in FIELDS if not isinstance(raw, dict) or f not in raw]
    if missing:
        raise TaskError(f"{where} has no {', '.join(missing)}; it should be one row of npueval.jsonl")
    vectors = raw["test_vectors"]
    tolerances = raw.get("tolerances")
    try:
        parameters = declared(raw["program_code"], where)
        found = [
            *(_vector(v, "input", parameters, where) for v in vectors["inputs"]),
            *(_vector(v, "output", parameters, where) for v in vectors["outputs"]),
            *(_vector(v, "scalar", parameters, where) for v in vectors.get("rtps") or ()),
        ]
        stated = tolerances is not None
        atol, rtol = (tolerances["atol"], tolerances["rtol"]) if stated else (DEFAULT_TOLERANCE, DEFAULT_TOLERANCE)
    except (KeyError, TypeError, ValueError) as error:
        raise TaskError(f"{where}: its test vectors cannot be read: {error!r}") from None
    by_name = {v.buffer.name: v for v in found}
    if set(by_name) != set(parameters):
        raise TaskError(f"{where}: the wrapper takes {', '.join(parameters)}, the vectors are {', '.join(by_name)}")
    arguments = tuple(by_name[name] for name in parameters)
    words = (raw["kernel_name"], raw["prompt"], raw["canonical_solution"], raw["program_code"])
    return Row(*words, arguments, float(atol), float(rtol), stated, json.dumps(raw, sort_keys=True))


def declared(program_code: str, where: str) -> dict[str, str]:
    """The wrapper's parameters: name and type, in order."""
    head = WRAPPER.search(program_code)
    if head is None:
        raise TaskError(f"{where}: its program_code holds no `void NAME(...)` to call")
    found = {}
    for parameter in head["parameters"].split(","):
        name = re.search(r"(\w+)\s*$", parameter)
        if name is None:
            raise TaskError(f"{where}: the wrapper's parameter `{parameter.strip()}` has no name")
        found[name[1]] = parameter[: name.start()].strip()
    return found


def _vector(raw: Mapping[str, Any], role: str, parameters: Mapping[str, str], where: str) -> Vector:
    name, value = next((k, v) for k, v in raw.items() if k != "dtype")
    dtype = raw["dtype"]
    if dtype not in ELEMENT_BYTES:
        raise TaskError(f"{where}: {name} is {dtype}; known are {', '.join(ELEMENT_BYTES)}")
    values = np.array(value, dtype=np.float32 if dtype == "bfloat16" else dtype)
    return Vector(TileBuffer(name, role, dtype, values.shape, parameters.get(name, "")), values)


def by_name(rows: Iterable[Row]) -> dict[str, Row]:
    return {row.kernel_name: row for row in rows}
