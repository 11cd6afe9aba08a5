"""From what tools print to facts: `ptxas -v`, `cuobjdump -res-usage`, AMD's metadata, and counted instructions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from kernel_gepa.backends.gpu.driverless import OPCODE

# By the first pattern that an instruction matches from its start. HFMA2.MMA computes on no matrix: it moves constants.
KINDS = {
    "matrix": r"(H|I|D|B|Q|O)MMA\b|(H|I|B|Q)GMMA\b|UTC\w*MMA|v_(s?mfmac?|wmma)_",
    "global memory": r"(LDG|STG|LD|ST|RED|ATOM|ATOMG|LDGSTS|UBLKCP|UTMALDG|UTMASTG|UBLKRED|CCTL)\b"
    r"|(global|buffer|flat)_",
    "shared memory": r"(LDS|STS|LDSM|STSM|ATOMS)\b|ds_",
    "local memory": r"(LDL|STL)\b|scratch_",
    "special": r"MUFU\b|v_(exp|log|rcp|rsq|sqrt|sin|cos)_",
    "barrier": r"(BAR|DEPBAR|LDGDEPBAR|MEMBAR|WARPSYNC|SYNCS|ERRBAR|FENCE|BSYNC|BSSY|NANOSLEEP)\b"
    r"|s_(barrier|waitcnt)",
    "shuffle": r"(SHFL|REDUX|VOTE)\b|v_\w+_dpp|ds_bpermute|v_readlane",
    "float": r"(FADD|FMUL|FFMA|FMNMX|FSETP|FSEL|FSET|FCHK|FSWZADD|FRND|HADD2|HMUL2|HFMA2|HMNMX2|HSETP2|HSET2|DADD|DMUL"
    r"|DFMA|DSETP|F2F|F2FP|F2I|I2F|I2FP)\w*\b|v_(pk_)?(add|sub|mul|fma|fmac|max|min|div|ldexp|cvt|cmp|mad)\w*_(f|bf)\d",
    "control": r"(BRA|BRX|JMP|EXIT|RET|CALL|BREAK|NOP|KILL|YIELD)\b|s_(branch|cbranch|endpgm|nop)",
}
BITS = re.compile(r"\b(?P<bits>32|64|128)\b")
AMD_BITS = re.compile(r"dwordx(?P<words>\d)")
SMALL_BITS = {"U8": 8, "S8": 8, "U16": 16, "S16": 16, "ubyte": 8, "sbyte": 8, "byte": 8, "ushort": 16, "short": 16}
LOADS = re.compile(r"(LDG|LDGSTS)\b|(global|buffer)_load_")
STORES = re.compile(r"STG\b|(global|buffer)_store_")


@dataclass(frozen=True, slots=True)
class Resources:
    registers: int | None = None
    spill_bytes: int | None = None
    stack_bytes: int | None = None
    shared_bytes: int | None = None


def opcodes(disassembly: str) -> dict[str, int]:
    """How often each instruction stands in what nvdisasm printed."""
    return dict(Counter(m["opcode"] for m in OPCODE.finditer(disassembly)))


def ptxas(said: str) -> dict[str, Resources]:
    """By entry function. Shared memory is what the kernel declares; what a launch adds is not known to the compiler."""
    found = {}
    for part in re.split(r"Compiling entry function ", said)[1:]:
        name = re.match(r"'(\w+)'", part)
        registers = re.search(r"Used (\d+) registers", part)
        spills = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part)
        shared = re.search(r"(\d+) bytes smem", part)
        if name and registers:
            found[name[1]] = Resources(
                int(registers[1]),
                int(spills[2]) + int(spills[3]) if spills else None,
                int(spills[1]) if spills else None,
                int(shared[1]) if shared else 0,
            )
    return found


def usage(said: str, *, spills: bool) -> Resources:
    """`cuobjdump -res-usage`, with `ptxas -v` behind it where there may be `spills`: the former does not tell them from
    other local memory.
    """
    found = re.search(r"REG:(\d+) STACK:(\d+) SHARED:(\d+) LOCAL:(\d+)", said)
    assembled = next(iter(ptxas(said).values()), Resources())
    return Resources(
        int(found[1]) if found else assembled.registers,
        assembled.spill_bytes if spills else 0 if found else None,
        int(found[2]) if found else assembled.stack_bytes,
        None,
    )


def amd(said: str) -> Resources:
    """Of the metadata in AMD's assembly. A spilled register is four bytes for each lane."""
    found = {name: int(count) for name, count in re.findall(r"\.(\w+):\s*(\d+)", said)}
    if "vgpr_count" not in found:
        return Resources()
    spilled = found.get("vgpr_spill_count", 0) + found.get("sgpr_spill_count", 0)
    return Resources(found["vgpr_count"], 4 * spilled, found.get("private_segment_fixed_size"), None)


def mix(counted: Mapping[str, int]) -> dict[str, int]:
    """Instructions by kind, the commonest first."""
    found = Counter[str]()
    for opcode, count in counted.items():
        kind = next((kind for kind, pattern in KINDS.items() if _is(opcode, pattern)), "integer and other")
        found[kind] += count
    return dict(found.most_common())


def _is(opcode: str, pattern: str) -> bool:
    return re.match(pattern, opcode) is not None


def accesses(counted: Mapping[str, int]) -> dict[str, int]:
    """Loads and stores of global memory by their width for one thread."""
    found = Counter[str]()
    for opcode, count in counted.items():
        way = "load" if LOADS.match(opcode) else "store" if STORES.match(opcode) else None
        if way is not None:
            found[f"{way} {_bits(opcode)} bit"] += count
    return dict(sorted(found.items()))


def _bits(opcode: str) -> int:
    small = next((bits for part in re.split(r"[._]", opcode) if (bits := SMALL_BITS.get(part))), None)
    if small is not None:
        return small
    words = AMD_BITS.search(opcode)
    found = BITS.findall(opcode)
    return 32 * int(words["words"]) if words else int(found[-1]) if found else 32
