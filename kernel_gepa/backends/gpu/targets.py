"""The kinds of GPU that kernels are compiled for, with the limits that their makers publish.

NVIDIA: CUDA C++ Programming Guide, "Compute Capabilities". AMD: "AMD Instinct MI300" instruction set and hardware
reference, and the LLVM AMDGPU guide for how registers are handed out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """Bytes are those of one block and of one processor (SM, CU). `registers` are those of a processor, 4 bytes each,
    counted per thread; `register_step` is how many a thread gets at a time.
    """

    name: str
    backend: str  # as Triton calls it: "cuda", "hip"
    arch: int | str
    warp: int
    processors: int
    shared_bytes: int
    shared_of_processor: int
    warps_of_processor: int
    registers: int
    register_step: int

    @property
    def told(self) -> dict[str, Any]:
        """What driverless.py has to know."""
        return {
            "name": self.name, "backend": self.backend, "arch": self.arch, "warp": self.warp,
            "shared_bytes": self.shared_bytes, "processors": self.processors,
        }  # fmt: skip

    def occupancy(self, *, registers: int, shared_bytes: int, warps: int) -> float:
        """The share of a processor's warps that can be there at once, at most. `warps` are those of one block."""
        held = -(-max(1, registers) // self.register_step) * self.register_step * self.warp
        by_registers = self.registers // held // max(1, warps)
        by_shared = self.shared_of_processor // shared_bytes if shared_bytes else by_registers
        blocks = min(by_registers, by_shared, self.warps_of_processor // max(1, warps), MOST_BLOCKS)
        return blocks * warps / self.warps_of_processor


MOST_BLOCKS = 32  # of one processor

SM_80 = Target("sm_80", "cuda", 80, 32, 108, 163 << 10, 164 << 10, 64, 65536, 8)
SM_90 = Target("sm_90", "cuda", 90, 32, 132, 227 << 10, 228 << 10, 64, 65536, 8)
# A compute unit has four vector units with 512 registers for each of 64 lanes.
GFX942 = Target("gfx942", "hip", "gfx942", 64, 304, 64 << 10, 64 << 10, 32, 4 * 512 * 64, 8)

TARGETS = {target.name: target for target in (SM_80, SM_90, GFX942)}
