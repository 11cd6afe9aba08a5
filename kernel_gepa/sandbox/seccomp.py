"""Which system calls code in a sandbox may make: those of the table, less what reaches into the kernel or others.

The table is `syscalls.json`, the numbers of Linux 6.1. A call that is refused fails with EPERM. One that the table
does not know does not exist (ENOSYS), nor does clone3, whose flags no filter can read: libraries then take an older
call. Docker gets the rules as its own JSON and bubblewrap as the program that the kernel runs.
"""

from __future__ import annotations

import json
import platform
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSYS, EPERM
from functools import cache
from importlib import resources
from typing import Any

# By reason. What a kernel of ours never needs, and what has been a way out of containers before.
REFUSED = {
    "namespaces and mounts": "mount umount2 pivot_root chroot unshare setns mount_setattr open_tree move_mount fsopen "
    "fsconfig fsmount fspick sethostname setdomainname",
    "other processes": "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd",
    "watching the system": "perf_event_open bpf fanotify_init fanotify_mark syslog acct lookup_dcookie",
    "rings, faults and keys, where the kernel's bugs were": "io_uring_setup io_uring_enter io_uring_register "
    "userfaultfd add_key request_key keyctl vmsplice",
    "files by their number": "open_by_handle_at name_to_handle_at",
    "the kernel itself": "kexec_load kexec_file_load init_module finit_module delete_module create_module query_module "
    "get_kernel_syms nfsservctl _sysctl sysfs uselib ustat reboot swapon swapoff quotactl quotactl_fd vhangup",
    "clocks": "settimeofday clock_settime clock_adjtime adjtimex",
    "the machine": "iopl ioperm modify_ldt personality",
    "where memory lies": "mbind set_mempolicy get_mempolicy move_pages migrate_pages set_mempolicy_home_node",
}
NAMES = frozenset(" ".join(REFUSED.values()).split())

NEW_NAMESPACES = 0x7E020000  # any CLONE_NEW… of clone's flags
# Local, and over a network that is not there. No vsock (it reaches the host of a virtual machine), no kernel crypto.
FAMILIES = {"unix": 1, "inet": 2, "inet6": 10, "netlink": 16}

# How the kernel and Docker call a machine, and which half of a 64-bit argument comes first (both are little-endian).
AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
DOCKERS = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}

ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, GREATER, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
NUMBER_AT, MACHINE_AT, ARGUMENT_AT = 0, 4, 16


@cache
def _table() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(resources.files(__package__).joinpath("syscalls.json").read_text())
    return found


def supported() -> bool:
    """Whether this machine's system calls are in the table; where not, a sandbox is left with its own filter."""
    return platform.machine() in _table()


def docker_options() -> list[str]:
    """For `security_opt`; nothing where only the daemon knows the machine: its own profile holds then."""
    return [f"seccomp={docker_profile()}"] if supported() else []


@contextmanager
def bubblewraps_filter() -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """bwrap's arguments and the open file they name, which the child must be given; nothing where it is not known."""
    if not supported():
        yield [], ()
        return
    with tempfile.TemporaryFile() as file:
        file.write(bpf_program())
        file.seek(0)
        yield ["--seccomp", str(file.fileno())], (file.fileno(),)


@cache
def docker_profile() -> str:
    """In Docker's JSON. It replaces the daemon's own profile, which refuses fewer calls."""
    numbers = _table()[platform.machine()]
    plain = sorted(numbers.keys() - NAMES - {"clone", "clone3", "socket"})
    rules: list[dict[str, Any]] = [
        {"names": plain, "action": "SCMP_ACT_ALLOW"},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS},
        {
            "names": ["clone"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
        },
    ]
    for family in FAMILIES.values():
        args = [{"index": 0, "value": family, "op": "SCMP_CMP_EQ"}]
        rules.append({"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": args})
    machines = [{"architecture": DOCKERS[platform.machine()], "subArchitectures": []}]
    return json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "archMap": machines, "syscalls": rules})


@cache
def bpf_program(machine: str | None = None) -> bytes:
    """The same rules as a classic BPF program, one `struct sock_filter` after the other."""
    machine = machine or platform.machine()
    numbers = _table()[machine]
    code: list[tuple[int, int, str, str]] = [  # operation, operand, where to go if it holds, and if not
        (LOAD, MACHINE_AT, "", ""),
        (EQUAL, AUDIT[machine], "", "kill"),
        (LOAD, NUMBER_AT, "", ""),
        (GREATER, max(numbers.values()), "unknown", ""),
        (EQUAL, numbers["clone3"], "unknown", ""),
        *((EQUAL, numbers[name], "refused", "") for name in sorted(NAMES & numbers.keys())),
        (EQUAL, numbers["clone"], "clone", ""),
        (EQUAL, numbers["socket"], "socket", "allowed"),
    ]
    labels = {"clone": len(code)}
    code += [(LOAD, ARGUMENT_AT, "", ""), (ANY_BIT, NEW_NAMESPACES, "refused", "allowed")]
    labels["socket"] = len(code)
    code += [(LOAD, ARGUMENT_AT, "", ""), *((EQUAL, family, "allowed", "") for family in FAMILIES.values())]
    ends = {"refused": FAIL | EPERM, "unknown": FAIL | ENOSYS, "allowed": ALLOW, "kill": KILL}
    for name, action in ends.items():  # what no family matched falls into the first
        labels[name] = len(code)
        code.append((RETURN, action, "", ""))
    return b"".join(
        struct.pack("<HBBI", operation, *(labels[to] - at - 1 if to else 0 for to in (yes, no)), operand)
        for at, (operation, operand, yes, no) in enumerate(code)
    )
