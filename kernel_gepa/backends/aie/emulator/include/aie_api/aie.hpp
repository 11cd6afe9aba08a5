// An emulator of the AIE API on the host: every operation works lane by lane, and is counted by the runner.
// Own code; the names and rules are those of the public API documentation. Cycles from here are estimates.
#pragma once
#include "emulator/shuffle.hpp"
#include "emulator/unavailable.hpp"

#define restrict __restrict
#define chess_prepare_for_pipelining
#define chess_flatten_loop
#define chess_loop_range(...)
#define chess_loop_count(...)
#define chess_unroll_loop(...)
#define chess_storage(...)
#define chess_protect_access
#define __aie_dm_resource_a
#define __aie_dm_resource_b
#define __aie_dm_resource_c
#define __aie_dm_resource_d
#define __aie_dm_resource_ab
#define __aie_dm_resource_ac
#define __aie_dm_resource_ad
#define __aie_dm_resource_bc
#define __aie_dm_resource_bd
#define __aie_dm_resource_cd
#define __aie_dm_resource_stack
#define __aie_inline inline
