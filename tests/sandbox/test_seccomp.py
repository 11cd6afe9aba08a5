"""The filter of system calls: what the rules say of every call, and what the kernel does with them in a sandbox."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import struct
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from kernel_gepa.harness.wards import Flavour
from kernel_gepa.ports import Exit, Limits, Sandbox
from kernel_gepa.sandbox import bubblewrap, docker, seccomp

MACHINES = sorted(seccomp._table())
known = pytest.mark.skipif(not seccomp.supported(), reason=f"the system calls of {platform.machine()} are not known")

Inside = Callable[..., Exit]


def where(name: str, problem: str | None, *marks: pytest.MarkDecorator) -> object:
    return pytest.param(name, marks=[*marks, pytest.mark.skipif(problem is not None, reason=problem or "")])


@pytest.fixture(
    params=[
        where("bubblewrap", bubblewrap.unavailable()),
        where("docker", docker.unavailable(), pytest.mark.docker),
    ]
)
def inside(request: pytest.FixtureRequest, tmp_path: Path) -> Inside:
    """A Python script in the sandbox."""
    sandbox: Sandbox = docker.create() if request.param == "docker" else bubblewrap.create()

    def run(script: str, *, torch: bool = False, limit_s: float = 30.0) -> Exit:
        job = sandbox.start(
            [*Flavour(torch=torch).command(sandbox), "-c", textwrap.dedent(script)],
            folder=tmp_path,
            mounts=Flavour(torch=torch).mounts(sandbox),
            environment={"PATH": os.defpath, "OMP_NUM_THREADS": "2", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
            limits=Limits(memory_bytes=4 << 30),
        )
        try:
            ended = job.wait(limit_s)
        finally:
            job.kill()
        assert ended is not None
        return ended

    return run


# ---------------------------------------------------------------- the rules


def decide(program: bytes, machine: int, number: int, first: int = 0) -> int:
    """What the kernel would answer: a reading of classic BPF that shares nothing with its writer."""
    code = list(struct.iter_unpack("<HBBI", program))
    words = {0: number, 4: machine, 16: first & 0xFFFFFFFF}
    held, at = 0, 0
    while True:
        operation, yes, no, operand = code[at]
        at += 1
        if operation == 0x06:
            return int(operand)
        if operation == 0x20:
            held = words[operand]
        else:
            holds = {0x15: held == operand, 0x25: held > operand, 0x45: bool(held & operand)}[operation]
            at += yes if holds else no


REFUSED, UNKNOWN = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_of_the_table_has_the_stated_end(machine: str) -> None:
    program, numbers = seccomp.bpf_program(machine), seccomp._table()[machine]
    found = {name: decide(program, seccomp.AUDIT[machine], number) for name, number in numbers.items()}
    assert {name for name, end in found.items() if end == REFUSED} == (seccomp.NAMES & numbers.keys()) | {"socket"}
    assert {name for name, end in found.items() if end == UNKNOWN} == {"clone3"}
    assert set(found.values()) == {REFUSED, UNKNOWN, seccomp.ALLOW}


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments_decide_over_clone_and_socket(machine: str) -> None:
    program, numbers, mark = seccomp.bpf_program(machine), seccomp._table()[machine], seccomp.AUDIT[machine]
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert decide(program, mark, numbers["clone"], flag | 17) == REFUSED, hex(flag)
    assert decide(program, mark, numbers["clone"], 0x3D0F00) == seccomp.ALLOW  # a thread
    for family in range(64):
        allowed = decide(program, mark, numbers["socket"], family) == seccomp.ALLOW
        assert allowed == (family in seccomp.FAMILIES.values()), family


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_that_nobody_knows_does_not_exist_and_another_machines_calls_are_fatal(machine: str) -> None:
    program, mark = seccomp.bpf_program(machine), seccomp.AUDIT[machine]
    assert decide(program, mark, 10_000) == UNKNOWN
    assert decide(program, mark, 0x40000000) == UNKNOWN  # the x32 numbering
    assert decide(program, 0x40000003, 1) == seccomp.KILL  # 32-bit calls on a 64-bit machine


def test_every_name_that_is_refused_is_the_name_of_a_call() -> None:
    known_somewhere = set().union(*(table.keys() for table in seccomp._table().values()))
    assert seccomp.NAMES - known_somewhere == set()


@known
def test_dockers_rules_name_what_is_allowed_and_nothing_refused() -> None:
    profile = json.loads(seccomp.docker_profile())
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    plain = {n for r in profile["syscalls"] if r["action"] == "SCMP_ACT_ALLOW" and "args" not in r for n in r["names"]}
    assert plain | {"clone", "clone3", "socket"} | seccomp.NAMES >= seccomp._table()[platform.machine()].keys()
    assert not plain & (seccomp.NAMES | {"clone", "clone3", "socket"})


# ---------------------------------------------------------------- in a sandbox

CALL = """
import ctypes, errno, json, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number, *map(ctypes.c_long, arguments or [0] * 6))
    return errno.errorcode[ctypes.get_errno()] if result < 0 else "went through"
"""


@known
def test_the_refused_calls_are_refused_in_the_sandbox(inside: Inside) -> None:
    numbers = seccomp._table()[platform.machine()]
    wanted = {name: numbers[name] for name in sorted(seccomp.NAMES & numbers.keys())}
    ended = inside(CALL + f"print(json.dumps({{n: call(k) for n, k in {wanted!r}.items()}}))")
    assert ended.code == 0, ended.stderr
    told = json.loads(ended.stdout)
    # A daemon's library may be older than the table; what it does not know does not exist either.
    assert {name: answer for name, answer in told.items() if answer not in ("EPERM", "ENOSYS")} == {}


@known
def test_new_namespaces_vsock_and_unknown_calls_are_refused_in_the_sandbox(inside: Inside) -> None:
    numbers = seccomp._table()[platform.machine()]
    ended = inside(
        CALL
        + f"""
print(call({numbers["clone"]}, 0x10000000 | 17, 0, 0, 0, 0))
print(call({numbers["socket"]}, 40, 1, 0), call({numbers["socket"]}, 38, 5, 0), call({numbers["socket"]}, 1, 1, 0))
print(call({numbers["clone3"]}, 0, 0), call(1000))
"""
    )
    assert ended.stdout.split() == ["EPERM", "EPERM", "EPERM", "went", "through", "ENOSYS", "ENOSYS"], ended


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs the C++ compiler g++")
def test_compilers_threads_processes_and_torch_work_behind_the_filter(inside: Inside) -> None:
    ended = inside(
        """
        import os, subprocess, threading, torch
        open("k.cpp", "w").write('''#include <omp.h>
        #include <cstdio>
        int main() { int n = 0;
        #pragma omp parallel reduction(+:n)
        n += 1;
        std::printf("%d ", n); }''')
        subprocess.run(["/usr/bin/g++", "-O2", "-fopenmp", "k.cpp", "-o", "k"], check=True)
        print(subprocess.run(["./k"], capture_output=True, text=True, check=True).stdout)
        seen = []
        thread = threading.Thread(target=seen.append, args=(3,)); thread.start(); thread.join()
        child = os.fork()
        if not child:
            os._exit(4)
        torch.set_num_threads(2)
        x = torch.randn(300, 300)
        print(*seen, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), float((x @ x).isfinite().sum()))
        """,
        torch=True,
        limit_s=90.0,
    )
    assert ended.stdout.split() == ["2", "3", "4", "90000.0"], ended.stderr
