"""The parts of the real toolchain's path that need no device: traces, stack sizes and the compiler's command line.

The recorded texts were written by us after the documented formats; no device and no Peano has made them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_gepa.backends.aie.assembly import initiation_intervals, stack_sizes
from kernel_gepa.backends.aie.peano import Installed, command, compiled, installed
from kernel_gepa.benchmarks.npueval.traces import of_events, traced
from kernel_gepa.errors import TaskError, ToolchainError
from kernel_gepa.sandbox.local import Local


def event(name: str, phase: str, at: int) -> dict[str, object]:
    return {"name": name, "ph": phase, "ts": at, "pid": 0, "tid": 0, "args": {}}


TRACE = [
    {"name": "process_name", "ph": "M", "ts": 0, "pid": 0, "args": {"name": "core_trace for tile2,1"}},
    event("INSTR_VECTOR", "B", 90),
    event("INSTR_VECTOR", "E", 95),
    event("INSTR_EVENT_0", "B", 100),
    event("INSTR_EVENT_0", "E", 101),
    event("INSTR_VECTOR", "B", 110),
    event("INSTR_VECTOR", "E", 114),
    event("INSTR_VECTOR", "B", 120),
    event("INSTR_VECTOR", "E", 121),
    event("INSTR_EVENT_1", "B", 135),
    event("INSTR_EVENT_1", "E", 136),
    event("INSTR_VECTOR", "B", 140),
]


def test_cycles_are_those_between_the_markers(tmp_path: Path) -> None:
    (tmp_path / "trace.json").write_text(json.dumps(TRACE))
    found = traced(tmp_path / "trace.json")
    assert (found.total_cycles, found.vector_cycles) == (35, 5)


def test_a_trace_that_was_cut_off_has_no_cycles() -> None:
    assert of_events(TRACE[:6]).total_cycles is None


def test_what_is_no_trace_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "trace.json").write_text('[{"name": "INSTR_EVENT_0"}]')
    with pytest.raises(TaskError, match="no trace"):
        traced(tmp_path / "trace.json")


ASSEMBLY = """
\t.size\t_Z8abs_int8PaS_, .Lfunc_end0-_Z8abs_int8PaS_
\t.section\t.stack_sizes,"o",@progbits,.text._Z8abs_int8PaS_
\t.word\t.Lfunc_begin0
\t.byte\t64
\t.size\tabs_int8_wrapper, .Lfunc_end1-abs_int8_wrapper
\t.section\t.stack_sizes,"o",@progbits,.text.abs_int8_wrapper
\t.word\t.Lfunc_begin1
\t.ascii\t"\\200\\020"
"""


def test_stack_sizes_follow_the_function_they_belong_to() -> None:
    assert stack_sizes(ASSEMBLY) == {"_Z8abs_int8PaS_": 64, "abs_int8_wrapper": 0x1080}


LOOPS = """
_Z5scalePsS_:                           // @_Z5scalePsS_
// %bb.0:                               // %entry
\tmova\tr0, #32
\tmovxm\tls, #.LBB0_1
\tmovxm\tle, #.L_LEnd0
.LBB0_1:                                // %for.body
                                        // =>This Inner Loop Header: Depth=1
\tvlda\twl0, [p0], #32; nops; vst wl2, [p1], #32
\tnopa\t; nopx
\tvmul\tcm0, x0, x1, r0
.L_LEnd0:
\tvsrs.d8.s32\twl2, cm0, s0
// %bb.2:                               // %for.end
\tret\tlr
.Lfunc_end0:
slow:                                   // @slow
.LBB1_1:                                // =>This Inner Loop Header: Depth=1
\tlda\tr1, [p0], #4
\tjnz\tr0, #.LBB1_1
\tnop
\tnop
\tnop
\tst\tr1, [p1], #4
\tadd\tr0, r0, #-1
\tret\tlr
"""


def test_the_turn_of_a_loop_is_counted_in_instructions() -> None:
    """A hardware loop ends behind its label, a branch five instructions later."""
    assert initiation_intervals(LOOPS) == {"_Z5scalePsS_/.LBB0_1": 4, "slow/.LBB1_1": 7}


# ---------------------------------------------------------------- a compiler that is a shell script

SCRIPT = """#!/bin/sh
echo "$@" > arguments
if grep -q broken kernel.cpp; then echo "kernel.cpp:1:1: error: unknown type name 'broken'" >&2; exit 1; fi
printf '\\t.size\\tkernel, 4\\n\\t.section\\t.stack_sizes,"o"\\n\\t.word\\t0\\n\\t.byte\\t96\\n' > kernel.s
"""


@pytest.fixture
def peano(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    compiler = tmp_path / "peano" / "bin" / "clang++"
    compiler.parent.mkdir(parents=True)
    compiler.write_text(SCRIPT)
    compiler.chmod(0o755)
    (tmp_path / "mlir" / "include").mkdir(parents=True)
    monkeypatch.setenv("PEANO_INSTALL_DIR", str(tmp_path / "peano"))
    monkeypatch.setenv("MLIR_AIE_INSTALL_DIR", str(tmp_path / "mlir"))
    found = installed()
    assert found is not None
    return found


def test_the_flags_are_npuevals(peano: Installed) -> None:
    words = command(peano, "npu2")
    assert words[1:4] == ["-O2", "-std=c++20", "--target=aie2p-none-unknown-elf"]
    assert "-DNDEBUG" in words
    assert str(peano.headers / "include") in words


def test_a_kernel_that_compiles_tells_its_stack_and_one_that_does_not_its_errors(
    peano: Installed, tmp_path: Path
) -> None:
    good = compiled("void kernel() {}", peano, "npu1", sandbox=Local(), folder=tmp_path / "work")
    assert good.compiles
    assert good.stack == {"kernel": 96}
    assert good.overflows == ()
    bad = compiled("broken", peano, "npu1", sandbox=Local(), folder=tmp_path / "work")
    assert not bad.compiles
    assert "unknown type name" in bad.diagnostics


def test_an_installation_that_is_not_whole_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEANO_INSTALL_DIR", raising=False)
    assert installed() is None
    monkeypatch.setenv("PEANO_INSTALL_DIR", str(tmp_path))
    with pytest.raises(ToolchainError, match=r"bin/clang\+\+"):
        installed()
