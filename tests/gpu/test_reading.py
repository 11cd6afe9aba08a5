"""What tools print becomes facts. The texts were recorded from the tools, on kernels of examples/."""

from __future__ import annotations

from kernel_gepa.backends.gpu import reading
from kernel_gepa.backends.gpu.reading import Resources
from kernel_gepa.backends.gpu.remarks import remarks
from kernel_gepa.backends.gpu.targets import GFX942, SM_80, SM_90
from kernel_gepa.domain.machine_code import MachineCode

# nvcc 13.0 on examples/cuda/matmul.cu
PLAIN = """ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function '_Z12matmul_tilesPKfS0_Pfiii' for 'sm_80'
ptxas info    : Function properties for _Z12matmul_tilesPKfS0_Pfiii
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 50 registers, used 1 barriers, 8256 bytes smem, 388 bytes cmem[0]
ptxas info    : Compile time = 239.585 ms
"""
# Triton 3.9's assembler on examples/triton/matmul.py with tiles of 128 x 128 x 64
SPILLING = """
Resource usage:
 Common:
  GLOBAL:11
 Function matmul_kernel:
  REG:255 STACK:368 SHARED:0 LOCAL:0 CONSTANT[0]:568 TEXTURE:0 SURFACE:0 SAMPLER:0

ptxas-blackwell info    : 11 bytes gmem
ptxas-blackwell info    : Compiling entry function 'matmul_kernel' for 'sm_90a'
ptxas-blackwell info    : Function properties for matmul_kernel
    368 bytes stack frame, 368 bytes spill stores, 368 bytes spill loads
ptxas-blackwell info    : Used 255 registers, used 1 barriers, 368 bytes cumulative stack size
ptxas-blackwell info    : Compile time = 2731.715 ms
"""
# nvdisasm on examples/triton/softmax.py
SASS = """//--------------------- .text.softmax_kernel      --------------------------
	.section	.text.softmax_kernel,"ax",@progbits
        .global         softmax_kernel
softmax_kernel:
.text.softmax_kernel:
        /*0000*/                   MOV R1, c[0x0][0x28] ;
        /*0010*/                   S2R R17, SR_TID.X ;
        /*0020*/                   HFMA2.MMA R2, -RZ, RZ, 0, 2.384185791015625e-07 ;
        /*00a0*/                   LOP3.LUT R0, R10, 0x1fc, RZ, 0xc0, !PT ;
        /*00f0*/              @!P0 LDG.E.128 R4, [R8.64] ;
        /*0150*/                   FMNMX R11, R5, R4, !PT ;
        /*0180*/                   SHFL.BFLY PT, R12, R11, 0x10, 0x1f ;
        /*0220*/                   STS [R8], R11 ;
        /*0230*/                   BAR.SYNC.DEFER_BLOCKING 0x0 ;
        /*0240*/                   LDS R10, [R9] ;
.L_x_0:
        /*0700*/                   BRA `(.L_x_0);
"""
AMD = """- .agpr_count:     0
.group_segment_fixed_size: 0
.private_segment_fixed_size: 24
.sgpr_count:     19
.sgpr_spill_count: 1
.vgpr_count:     14
.vgpr_spill_count: 5"""


def test_ptxas_tells_registers_spills_and_shared_memory_of_each_function() -> None:
    assert reading.ptxas(PLAIN) == {"_Z12matmul_tilesPKfS0_Pfiii": Resources(50, 0, 0, 8256)}
    assert reading.ptxas("") == {}


def test_spills_are_told_apart_from_other_local_memory() -> None:
    assert reading.usage(SPILLING, spills=True) == Resources(255, 736, 368, None)
    without = SPILLING.split("ptxas-blackwell", maxsplit=1)[0]
    assert reading.usage(without, spills=True).spill_bytes is None, "local memory that nobody explained is not known"
    assert reading.usage(without, spills=False).spill_bytes == 0
    assert reading.usage("", spills=False) == Resources()


def test_amd_metadata_counts_spills_of_both_kinds_of_registers() -> None:
    assert reading.amd(AMD) == Resources(14, 24, 24, None)
    assert reading.amd("nothing of the kind") == Resources()


def test_instructions_are_counted_with_their_predicates_and_labels_left_out() -> None:
    counted = reading.opcodes(SASS)
    assert counted["LDG.E.128"] == 1
    assert sum(counted.values()) == 11


def test_instructions_have_kinds_and_a_moved_constant_is_no_matrix_product() -> None:
    counted = reading.opcodes(SASS) | {"HMMA.16816.F32": 128, "HGMMA.64x128x16.F32": 8, "LDL.LU": 90}
    mix = reading.mix(counted)
    assert (mix["matrix"], mix["local memory"], mix["shared memory"], mix["global memory"]) == (136, 90, 2, 1)
    assert sum(mix.values()) == sum(counted.values())
    assert "matrix" not in reading.mix({"HFMA2.MMA": 1})
    amd = {
        "v_mfma_f32_16x16x16_f16": 12,
        "buffer_load_dwordx2": 2,
        "ds_read_b32": 1,
        "v_exp_f32_e32": 2,
        "s_barrier": 1,
    }
    kinds = {"matrix": 12, "global memory": 2, "special": 2, "shared memory": 1, "barrier": 1}
    assert reading.mix(amd) == kinds


def test_accesses_are_told_by_their_width_on_both_makes() -> None:
    nvidia = {"LDG.E.128": 1, "LDG.E.CONSTANT": 2, "LDG.E.U16": 1, "LDGSTS.E.BYPASS.LTC128B.128": 48, "STG.E.64": 3}
    found = {"load 128 bit": 49, "load 16 bit": 1, "load 32 bit": 2, "store 64 bit": 3}
    assert reading.accesses(nvidia) == found
    amd = {"buffer_load_dwordx4": 1, "global_load_dword": 1, "global_load_ubyte": 1, "buffer_store_dwordx2": 2}
    assert reading.accesses(amd) == {"load 128 bit": 1, "load 32 bit": 1, "load 8 bit": 1, "store 64 bit": 2}


def test_occupancy_is_bounded_by_registers_shared_memory_and_warps() -> None:
    assert SM_80.occupancy(registers=32, shared_bytes=0, warps=4) == 1.0
    assert SM_80.occupancy(registers=255, shared_bytes=0, warps=4) == 0.125  # 2 blocks of 4 warps, of 64 warps
    assert SM_90.occupancy(registers=32, shared_bytes=100 << 10, warps=8) == 0.25  # 2 blocks
    assert SM_80.occupancy(registers=16, shared_bytes=0, warps=1) == 0.5  # no more than 32 blocks
    assert GFX942.occupancy(registers=64, shared_bytes=33 << 10, warps=4) == 0.125


def test_remarks_name_what_stands_out_and_nothing_else() -> None:
    plain = MachineCode("add", "sm_80", registers=18, spill_bytes=0, accesses={"load 128 bit": 2}, occupancy=1.0)
    assert remarks([plain]) == ()
    spilling = MachineCode("mm", "sm_90", "w", settings="BLOCK=128", registers=255, spill_bytes=736, shared_bytes=98304)
    (said,) = remarks([spilling, spilling])
    assert "sm_90 mm (BLOCK=128)" in said
    assert "736 bytes" in said
    narrow = MachineCode("add", "sm_80", accesses={"load 32 bit": 2, "store 16 bit": 1}, occupancy=0.125)
    assert [w for said in remarks([narrow]) for w in ("narrow", "low occupancy") if w in said] == [
        "narrow",
        "low occupancy",
    ]


def test_what_no_tool_said_is_told_as_not_known() -> None:
    assert "not known how many registers, spills not known" in str(MachineCode("f", "sm_80"))
