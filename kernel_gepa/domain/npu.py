"""What the emulated NPU says about one kernel: counts that are facts, and cycles that are an estimate."""

from __future__ import annotations

from dataclasses import dataclass

ARCHITECTURES = {"npu1": 20, "npu2": 21}  # device -> __AIE_ARCH__
TILE_BYTES = 64 << 10
CORE_STACK_BYTES = 1 << 10  # what the linker gives a core by default


@dataclass(frozen=True, slots=True)
class CycleEstimate:
    """Never a measurement. `vector_utilisation` is the share of cycles in which a vector slot works; it is not
    NPUEval's vector score, which a device's trace counts another way. `scalar_cycles`: counted instructions, weighed.
    """

    cycles: float
    vector_utilisation: float
    busiest_slot: str
    scalar_cycles: float
    slots: dict[str, int]
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.cycles:.0f} cycles (estimated), vector slots busy in {self.vector_utilisation:.0%} of them "
            f"(estimated); the busiest slot is {self.busiest_slot}"
        )


@dataclass(frozen=True, slots=True)
class TileBuffer:
    """One argument of a kernel. `role` is "input", "output" or "scalar"; a scalar is passed by value."""

    name: str
    role: str
    dtype: str
    shape: tuple[int, ...]
    c_type: str  # as the wrapper declares it: "int8_t *", "uint32_t"

    @property
    def elements(self) -> int:
        found = 1
        for extent in self.shape:
            found *= extent
        return found

    @property
    def nbytes(self) -> int:
        return self.elements * ELEMENT_BYTES[self.dtype]


ELEMENT_BYTES = {
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "bfloat16": 2,
    "int32": 4,
    "uint32": 4,
    "float32": 4,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What the emulator refuses. `kind` is a stable word, `what` is for who wrote the kernel."""

    kind: str  # "stores outside", "loads outside", "alignment", "events", "undefined", "unwritten", "stack", ...
    what: str
