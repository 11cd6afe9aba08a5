"""What stands out in machine code, in words for who writes the next kernel. None of it is a measurement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kernel_gepa.domain.machine_code import MachineCode

WIDE_BITS = 64  # a load of less than two words each leaves most of a memory transaction's width unused
LOW_OCCUPANCY = 0.25
MOST_REMARKS = 16


def remarks(code: Sequence[MachineCode]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for found in code for said in _of(found)))[:MOST_REMARKS]


def _of(found: MachineCode) -> Iterator[str]:
    where = f"{found.target} {found.kernel}{f' ({found.settings})' if found.settings else ''}"
    if found.spill_bytes:
        yield f"{where}: registers spill, {found.spill_bytes} bytes for each thread go through local memory"
    if found.accesses and _narrow(found):
        yield f"{where}: global memory is accessed in narrow pieces only ({', '.join(found.accesses)})"
    if found.occupancy is not None and found.occupancy <= LOW_OCCUPANCY:
        limit = f"{found.registers} registers, {found.shared_bytes} bytes of shared memory"
        yield f"{where}: low occupancy, at most {found.occupancy:.0%} of the warps fit ({limit})"
    if found.mix.get("float", 0) and not found.matrix and found.mix.get("shared memory", 0) > found.mix["float"]:
        yield f"{where}: no matrix unit is used, and shared memory is accessed more often than floats are computed with"


def _narrow(found: MachineCode) -> bool:
    return max(int(kind.split()[1]) for kind in found.accesses) < WIDE_BITS
