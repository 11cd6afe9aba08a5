"""Counts scalar instructions exactly: the compiler's assembly gets a counter in every basic block of the kernel's code.

Code of the emulator and of the standard library is left out by its mangled names; nothing is inlined, so that it stands
apart. x86-64 only. Flags survive (`lea` does not touch them), the red zone is switched off.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

FUNCTION = re.compile(r"^\s*\.type\s+(?P<name>[\w.$]+),\s*@function")  # gcc writes a space
LABEL = re.compile(r"^(?P<name>[\w.$]+):")
INSTRUCTION = re.compile(r"^\t(?P<op>[a-z]\w*)(?:[ \t]+(?P<operands>[^#\n]*))?")
# A name in a namespace of the emulator or the standard library, or what stands inside such a function: a lambda.
LIBRARY = re.compile(
    r"^_ZZ*(?:GV|TV|TS|TI)?(?:L)?(?:N(?:K|V|R)?)?(?:L)?(?:3aie|8bfloat16|St|S[absiod]\b|9__gnu_cxx|10__cxxabiv1)"
)
OURS = re.compile(r"^(?:aie_emu_|__|_GLOBAL_|_init|_fini)|_wrapper$")

FLOAT_ADD = re.compile(r"v?(add|sub|max|min)s[sd]$")
FLOAT_COMPARE = re.compile(r"v?u?comis[sd]$")
FLOAT_MULTIPLY = re.compile(r"v?muls[sd]$")
FLOAT_DIVIDE = re.compile(r"v?(div|sqrt)s[sd]$")
MEMORY = re.compile(r"(?:-?\w*[\w.+@-]*)?\((?P<base>[^)]*)\)")
LIBM = re.compile(r"^(exp|log|sin|cos|tan|pow|sqrt|erf|cbrt|fmod|round|floor|ceil|asin|acos|atan|sinh|cosh|hypot)\w*$")

CLASSES = (
    "load", "store8", "store16", "store32", "branch", "alu", "multiply", "divide", "float_add", "float_multiply",
    "float_divide", "float_convert", "float_compare", "library",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counted:
    """Assembly with counters, and what one run through each block costs."""

    assembly: str
    blocks: tuple[Counter[str], ...]

    def mix(self, runs: Sequence[int]) -> Counter[str]:
        """Instructions by class, after the blocks ran that often."""
        total = Counter[str]()
        for block, times in zip(self.blocks, runs, strict=True):
            for name, count in block.items():
                total[name] += count * times
        return total


def with_counters(assembly: str) -> Counted:
    functions: set[str] = set()
    lines: list[str] = []
    blocks: list[Counter[str]] = []
    inside = fresh = False
    for line in assembly.splitlines():
        declared = FUNCTION.match(line)
        if declared:
            functions.add(declared["name"])
        label = LABEL.match(line)
        if label:
            lines.append(line)
            if label["name"] in functions:
                inside = is_kernels(label["name"])
            elif label["name"].startswith(".Lfunc_end"):
                inside = False
            fresh = inside
            continue
        instruction = INSTRUCTION.match(line)
        if inside and instruction:
            if fresh:
                lines += counter(len(blocks))
                blocks.append(Counter())
                fresh = False
            blocks[-1].update(classes(instruction["op"], (instruction["operands"] or "").strip()))
            fresh = instruction["op"].startswith("j")
        lines.append(line)
    return Counted("\n".join([*lines, *storage(len(blocks)), ""]), tuple(blocks))


def is_kernels(name: str) -> bool:
    """Whether a function is code of the kernel itself."""
    return not LIBRARY.match(name) and not OURS.search(name)


def counter(index: int) -> list[str]:
    place = f".Laie_emu_counts+{8 * index}(%rip)"
    return [
        "\tpushq\t%rax",
        f"\tmovq\t{place}, %rax",
        "\tleaq\t1(%rax), %rax",
        f"\tmovq\t%rax, {place}",
        "\tpopq\t%rax",
    ]


def storage(count: int) -> list[str]:
    return [
        '\t.section\t.bss.aie_emu,"aw",@nobits',
        "\t.p2align\t3",
        "\t.globl\taie_emu_blocks",
        "aie_emu_blocks:",
        ".Laie_emu_counts:",
        f"\t.zero\t{8 * max(1, count)}",
        '\t.section\t.rodata.aie_emu,"a",@progbits',
        "\t.p2align\t3",
        "\t.globl\taie_emu_block_count",
        "aie_emu_block_count:",
        f"\t.quad\t{count}",
    ]


def classes(op: str, operands: str) -> list[str]:
    """What one x86 instruction stands for on the scalar unit of a tile."""
    if op.startswith("call"):
        return ["library"] if LIBM.match(operands.partition("@")[0]) else []
    if op in ("retq", "ret", "nop", "nopw", "nopl", "pushq", "popq", "endbr64", "leave", "leaveq") or op.startswith(
        "rep"
    ):
        return []
    if op.startswith("j"):
        return ["branch"]
    found = _memory(op, operands)
    kind = _arithmetic(op)
    if kind:
        found.append(kind)
    elif not found:
        found.append("alu")
    return found


def _arithmetic(op: str) -> str | None:
    for pattern, name in (
        (FLOAT_COMPARE, "float_compare"),
        (FLOAT_ADD, "float_add"),
        (FLOAT_MULTIPLY, "float_multiply"),
        (FLOAT_DIVIDE, "float_divide"),
    ):
        if pattern.match(op):
            return name
    if op.startswith(("cvt", "vcvt")):
        return "float_convert"
    if op.startswith(("idiv", "div")):
        return "divide"
    return "multiply" if op.startswith(("imul", "mul")) else None


def _memory(op: str, operands: str) -> list[str]:
    """Loads and stores of an instruction, without spills: they live in the tile's registers more often than not."""
    place = MEMORY.search(operands)
    if place is None or op.startswith("lea") or place["base"].startswith(("%rsp", "%rbp")):
        return []
    stores = operands.rstrip().endswith(")") and not op.startswith(("cmp", "test", "ucomis", "comis", "bt"))
    if not stores or ("," not in operands[: place.start()] and op.startswith(("idiv", "div", "mul", "push"))):
        return ["load"]
    if not op.startswith(("mov", "vmov", "pextr", "vpextr", "set")):
        return ["load", _store(op)]  # read, changed and written
    return [_store(op)]


def _store(op: str) -> str:
    if op.startswith("set") or op.endswith("b"):
        return "store8"
    return "store16" if op.endswith("w") else "store32"
