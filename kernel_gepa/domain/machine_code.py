"""What a compiler made of one kernel for one kind of device: facts of the binary, and none of them is a time."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MachineCode:
    """None is what no tool said. `mix` counts instructions by kind, `accesses` those of global memory by how many bits
    one thread moves in each ("load 128 bit"). `occupancy` is computed: the share of a processor's warps that can be
    there at once, at most, given registers, shared memory and threads.
    """

    kernel: str
    target: str  # "sm_90", "gfx942"
    workload: str = ""  # the first one that launches it; empty where nothing did
    grid: tuple[int, ...] = ()
    settings: str = ""  # "BLOCK=512, num_warps=4"
    binary_bytes: int = 0
    registers: int | None = None  # of one thread
    spill_bytes: int | None = None  # of one thread, stores and loads together
    stack_bytes: int | None = None
    shared_bytes: int | None = None  # of one block
    occupancy: float | None = None
    mix: dict[str, int] = field(default_factory=dict)
    accesses: dict[str, int] = field(default_factory=dict)

    @property
    def matrix(self) -> int:
        """Instructions of the matrix units."""
        return self.mix.get("matrix", 0)

    def __str__(self) -> str:
        parts = [
            f"{_known(self.registers)} registers",
            "spills not known" if self.spill_bytes is None else f"{self.spill_bytes} bytes of spills",
            f"{_known(self.shared_bytes)} bytes of shared memory",
        ]
        if self.occupancy is not None:
            parts.append(f"occupancy at most {self.occupancy:.0%}")
        if self.accesses:
            parts.append(", ".join(f"{count} {kind}" for kind, count in self.accesses.items()))
        if self.mix:
            parts.append(f"{self.matrix} of {sum(self.mix.values())} instructions on matrix units")
        where = f" ({self.settings})" if self.settings else ""
        return f"{self.target} {self.kernel}{where}: {', '.join(parts)}; {self.binary_bytes} bytes of code"


def _known(count: int | None) -> str:
    return "not known how many" if count is None else str(count)
