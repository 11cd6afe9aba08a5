"""What the assembly of AMD's compiler tells: the stack of each function, and how long one turn of each loop takes.

The form is that of `clang++ -S -fverbose-asm -fstack-size-section` for an AI engine. An instruction, a bundle of slots,
is a line; loops are named in comments; a hardware loop ends with the instruction behind `.L_LEnd…`. Tested on texts
that we wrote after that form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SIZE = re.compile(r"\s*\.size\s+([^\s,]+)")
BYTE = re.compile(r"\.byte\s+(\d+)")
OCTETS = re.compile(r'\.ascii\s+"((?:\\\d{3})+)"')
LABEL = re.compile(r"\s*([\w.$]+):")
INNERMOST = re.compile(r"(?://|;|#)\s*=>\s*This Inner Loop Header")
LOOP_END = re.compile(r"\s*\.L_LEnd\w*:")
DELAY_SLOTS = 5  # instructions behind a branch that are carried out before it is


def stack_sizes(assembly: str) -> dict[str, int]:
    """From the `.stack_sizes` sections: each stands behind the `.size` of its function."""
    found: dict[str, int] = {}
    function, lines = "", assembly.splitlines()
    for number, line in enumerate(lines):
        named = SIZE.match(line)
        if named:
            function = named[1]
        if re.search(r"\.section\s+\.stack_sizes", line):
            size = next((s for s in map(_size, lines[number + 1 : number + 3]) if s is not None), None)
            if size is not None and function:
                found[function] = size
    return found


def _size(line: str) -> int | None:
    octets, byte = OCTETS.search(line), BYTE.search(line)
    if octets:
        return int.from_bytes(bytes(int(o, 8) for o in re.findall(r"\\(\d{3})", octets[1])), "little")
    return int(byte[1]) if byte else None


def initiation_intervals(assembly: str) -> dict[str, int]:
    """Of each innermost loop, by `function/label`: the instructions of one turn.

    A core starts one instruction a cycle, so that this is the distance in cycles at which iterations start, as long as
    memory stalls nothing.
    """
    found: dict[str, int] = {}
    function, lines = "", assembly.splitlines()
    for number, line in enumerate(lines):
        label = LABEL.match(line)
        if label and not label[1].startswith("."):
            function = label[1]
        if INNERMOST.search(line):
            start = number if label else number - 1
            named = LABEL.match(lines[start])
            if named and (length := _turn(lines[start:], named[1])) is not None:
                found[f"{function}/{named[1]}"] = length
    return found


def _turn(lines: Sequence[str], label: str) -> int | None:
    """Instructions from a loop's label to its end; None for a loop without a known end."""
    back = re.compile(rf"\bj\w*\s.*#{re.escape(label)}\b")
    count, left = 0, None
    for line in lines[1:]:
        if LOOP_END.match(line):
            left = 1
        elif _instruction(line):
            count += 1
            left = left - 1 if left is not None else DELAY_SLOTS if back.search(line) else None
            if left == 0:
                return count
    return None


def _instruction(line: str) -> bool:
    text = line.partition("//")[0].strip()
    return bool(text) and not text.startswith(".") and not text.endswith(":")
