"""After the check a worker may start no process any more: what a child computes is on nobody's clock.

The system counts a child's time for its parent only when the parent waits for it, so a kernel that lets children do the
work and never asks for them would look idle. Compilers, which a kernel may need to get ready, have run by then. Threads
are fine: they are on the clock of their process.

The worker asks the system for the filter, because nobody else can; whether it did is read from the system, not from it.
"""

from __future__ import annotations

import platform
import struct
from errno import ENOSYS, EPERM
from pathlib import Path

CLONE_THREAD = 0x10000
ALLOW, FAIL = 0x7FFF0000, 0x00050000
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06  # classic BPF
NUMBER_AT, MACHINE_AT, ARGUMENT_AT = 0, 4, 16  # in struct seccomp_data; both machines are little-endian

# By machine: its name in audit records, and the numbers of its calls (asm/unistd.h).
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SECCOMP = {"x86_64": 317, "aarch64": 277}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = {"x86_64": 435, "aarch64": 435}
PROCESSES = {"x86_64": (57, 58, 59, 322), "aarch64": (221, 281)}  # fork, vfork, execve, execveat


def known() -> bool:
    """Whether this machine's calls are in the tables."""
    return platform.machine() in AUDIT


def only_threads(machine: str | None = None) -> bytes:
    """The filter, one `struct sock_filter` after the other. clone3 is said not to exist: its flags lie in memory."""
    machine = machine or platform.machine()
    steps: list[tuple[int, int, str, str]] = [  # operation, operand, where to go if it holds, and where if not
        (LOAD, MACHINE_AT, "", ""),
        (EQUAL, AUDIT[machine], "", "refuse"),
        (LOAD, NUMBER_AT, "", ""),
        (EQUAL, CLONE3[machine], "unknown", ""),
        *((EQUAL, number, "refuse", "") for number in PROCESSES[machine]),
        (EQUAL, CLONE[machine], "", "allow"),
        (LOAD, ARGUMENT_AT, "", ""),
        (ANY_BIT, CLONE_THREAD, "allow", "refuse"),
    ]
    ends = {"refuse": FAIL | EPERM, "unknown": FAIL | ENOSYS, "allow": ALLOW}
    places = {name: len(steps) + number for number, name in enumerate(ends)}
    steps += [(RETURN, action, "", "") for action in ends.values()]
    return b"".join(
        struct.pack("<HBBI", operation, *(places[to] - at - 1 if to else 0 for to in (yes, no)), operand)
        for at, (operation, operand, yes, no) in enumerate(steps)
    )


def filters(pid: int) -> int:
    """The least number of filters on any thread of a process, as the system tells it."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        found += [int(line.split()[1]) for line in lines if line.startswith("Seccomp_filters:")]
    return min(found, default=0)
