// What a kernel's library asks of the program that runs it. The definitions are in runner.cpp.
#pragma once
#include <cstdint>

#ifndef __AIE_ARCH__
#define __AIE_ARCH__ 20  // 20: AIE2 (npu1, XDNA), 21: AIE2P (npu2, XDNA2)
#endif

extern "C" {
// Control registers, at their reset values (floor, no saturation) until the kernel or its wrapper sets them.
extern int aie_emu_rounding;
extern int aie_emu_saturation;
// What undefined lanes, accumulators and outputs are filled with; it differs between two runs of the same kernel.
extern unsigned char aie_emu_poison;

// Issues `count` native instructions on a slot, not before cycle `ready`; returns the cycle at which the result can be used.
unsigned aie_emu_issue(int slot, int count, unsigned ready, int latency, const char *operation);
// The same for a load; one that may alias a store waits for the stores before it.
unsigned aie_emu_load(int count, int may_alias, int latency, const char *operation);
// A value leaves the vector unit: whatever comes later waits for it.
void aie_emu_to_scalar(unsigned ready);
// Looks at a vector access and returns the address that the device would use: its low bits are cut.
const void *aie_emu_access(const void *address, unsigned bytes, unsigned alignment, int store, const char *what);
[[noreturn]] void aie_emu_stop(const char *reason);

void event0(void);
void event1(void);
}

namespace aie::emu {
enum Slot { LOAD = 0, STORE = 1, VECTOR = 2, MOVE = 3 };  // the scalar slot is counted elsewhere

// Cycles until a result can be used, after the scheduling model of the public LLVM backend for AIE2.
constexpr int LOAD_LATENCY = 7, MOVE_LATENCY = 2, MAC_LATENCY = 5, FMAC_LATENCY = 6, UPS_LATENCY = 3, SRS_LATENCY = 4,
              CONVERT_LATENCY = 2, UNPACK_LATENCY = 7, STORE_LATENCY = 1;
constexpr unsigned ACCUMULATOR_READ = 3;  // a multiply-accumulate reads its accumulator that many cycles after its operands

constexpr unsigned VECTOR_BYTES = 64;                                 // one native vector operation
constexpr unsigned PORT_BYTES = __AIE_ARCH__ == 20 ? 32 : 64;         // one native load or store
}  // namespace aie::emu
