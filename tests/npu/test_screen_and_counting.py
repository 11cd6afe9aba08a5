"""What a kernel may not say, and how its scalar instructions are counted."""

from __future__ import annotations

from collections import Counter

import pytest

from kernel_gepa.backends.aie.counting import classes, is_kernels, with_counters
from kernel_gepa.backends.aie.emulator import Seen, readable
from kernel_gepa.backends.aie.estimate import WEIGHTS, estimate
from kernel_gepa.backends.aie.screen import screen
from tests.npu.kernels import known, row_named

WRAPPER = row_named("clamp_int8_256").program_code


@pytest.mark.parametrize("kernel", [pytest.param(k.text, id=k.name) for k in known("right")])
def test_the_screen_lets_every_right_kernel_pass(kernel: str) -> None:
    assert screen(kernel, WRAPPER) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("void f() { event1(); }", "event1"),
        ("void f() { ev\\\nent1(); }", "event1"),
        ("#define clamp_int8_256 other", "redefines clamp_int8_256"),
        ("#define AIE_LOOP_UNROLL(n) n", "redefines AIE_LOOP_UNROLL"),
        ('#include "../../secret.h"', "no header for a tile"),
        ("#include </etc/passwd>", "no header for a tile"),
        ("#include_next <stdint.h>", "no header for a tile"),
        ("#include </**/unistd.h>", "no header for a tile"),
        ("#define HERE <unistd.h>\n#include HERE", "no header for a tile"),
        ("#pragma GCC optimize(3)", "#pragma"),
        ('extern "C" int open(const char *, int);', 'extern "C"'),
        ("int x = __builtin_ia32_rdtsc();", "the host's processor"),
        ('__attribute__((section("x"))) int y;', "attribute section"),
        ('void f() { std::system("ls"); }', "system()"),
        ("using namespace aie::emu;", "a name of the emulator"),
    ],
)
def test_the_screen_refuses_what_reaches_around_the_emulator(text: str, says: str) -> None:
    found = screen(text, WRAPPER)
    assert found is not None
    assert any(says in e for e in found.evidence), found.evidence


def test_words_in_comments_and_strings_are_no_offence() -> None:
    assert screen('// event0(); asm\n/* #include <unistd.h> */\nconst char *s = "event1";', WRAPPER) is None


# ---------------------------------------------------------------- counting


@pytest.mark.parametrize(
    ("op", "operands", "expected"),
    [
        ("movl", "(%rdi,%rax,4), %ecx", ["load"]),
        ("movb", "%al, (%rsi)", ["store8"]),
        ("movw", "%ax, 2(%rsi,%rcx)", ["store16"]),
        ("pextrw", "$0, %xmm0, (%rsi)", ["store16"]),
        ("movl", "%eax, 8(%rsp)", ["alu"]),
        ("addl", "(%rdi), %eax", ["load"]),
        ("addl", "%eax, (%rdi)", ["load", "store32"]),
        ("imull", "%ecx, %eax", ["multiply"]),
        ("idivl", "%ecx", ["divide"]),
        ("addss", "4(%rdi), %xmm0", ["load", "float_add"]),
        ("ucomiss", "%xmm1, %xmm0", ["float_compare"]),
        ("jne", ".LBB0_1", ["branch"]),
        ("callq", "__truncsfbf2", []),
        ("callq", "expf@PLT", ["library"]),
        ("leaq", "1(%rax), %rcx", ["alu"]),
    ],
)
def test_an_instruction_of_the_host_stands_for_one_of_the_tile(op: str, operands: str, expected: list[str]) -> None:
    assert classes(op, operands) == expected


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("_Z14clamp_int8_256PaS_", True),
        ("_ZL5countPVai", True),
        ("_ZN12_GLOBAL__N_15helpaEv", True),
        ("_ZZ1fvENKUlvE_clEv", True),
        ("_ZN3aie6load_vILj64EaEENS_6vectorIT0_XT_EEEPKS2_", False),
        ("_ZNK3aie6vectorIaLj64EE3getEj", False),
        ("_ZSt3maxIiERKT_S2_S2_", False),
        ("_ZNSt5arrayIbLm64EE4fillERKb", False),
        ("_ZNK8bfloat165valueEv", False),
        ("_Z3fooP8bfloat16", True),
        ("_ZZN3aie8to_fixedIiNS_6vectorIfLj16EEEEEDaRKT0_iENKUlfE_clEf", False),
        ("clamp_int8_256_wrapper", False),
        ("aie_emu_entry", False),
        ("__truncsfbf2", False),
    ],
)
def test_only_the_kernels_own_functions_are_counted(name: str, ours: bool) -> None:
    assert is_kernels(name) is ours


ASSEMBLY = """\t.type\t_Z1fPi,@function
_Z1fPi:
\txorl\t%eax, %eax
.LBB0_1:
\tmovl\t(%rdi,%rax,4), %ecx
\taddl\t$1, %ecx
\tmovl\t%ecx, (%rdi,%rax,4)
\tincq\t%rax
\tcmpq\t$8, %rax
\tjne\t.LBB0_1
\tretq
.Lfunc_end0:
"""


@pytest.mark.parametrize("assembly", [ASSEMBLY, ASSEMBLY.replace(",@function", ", @function")], ids=["clang", "gcc"])
def test_every_block_gets_a_counter_and_the_mix_follows_from_the_runs(assembly: str) -> None:
    counted = with_counters(assembly)
    assert len(counted.blocks) == 3
    mix = counted.mix([1, 8, 1])
    assert mix["load"] == 8
    assert mix["store32"] == 8
    assert mix["branch"] == 8
    assert counted.assembly.count("pushq\t%rax") == 3


# ---------------------------------------------------------------- the estimate, and the compiler's words


def test_scalar_work_beside_vector_work_is_mostly_free() -> None:
    mix = Counter({"load": 100, "store8": 10, "alu": 500})
    scalar = estimate(Seen("returned", "", b"", scalar=mix))
    vector = estimate(Seen("returned", "", b"", scalar=mix, slots=(4, 2, 8, 0), cycles=60, vector_cycles=8))
    weights = WEIGHTS.scalar
    assert scalar.scalar_cycles == pytest.approx(100 * weights["load"] + 10 * weights["store8"] + 500 * weights["alu"])
    assert vector.scalar_cycles == pytest.approx(10 * weights["store8"])
    assert vector.cycles == pytest.approx(WEIGHTS.start + 60 + 10 * weights["store8"])
    assert "estimated" in str(vector)


def test_messages_do_not_show_the_emulators_inside() -> None:
    log = (
        "kernel.cpp:7:5: error: no matching function for call to 'max'\n    7 |     aie::max(x, 0);\n"
        "/x/aie_api/emulator/lanes.hpp:88:3: note: candidate template ignored: constraints not satisfied\n"
        "   88 |   inside of the emulator\n"
        "/x/aie_api/emulator/lanes.hpp:90:3: note: expanded from macro\n   90 | more inside\n"
    )
    found = readable(log)
    assert "no matching function" in found
    assert "candidate template ignored" in found
    assert "inside" not in found
    assert "emulator" not in found
