// An emulator of the AIE API on the host: every operation works lane by lane, and is counted by the runner.
// Own code; the names and rules are those of the public API documentation. Cycles from here are estimates.
#pragma once
#include "emulator/native.hpp"

#define restrict __restrict
#define chess_prepare_for_pipelining
#define chess_flatten_loop
#define chess_loop_range(...)
#define chess_loop_count(...)
#define chess_unroll_loop(...)
#define chess_storage(...)
#define chess_protect_access
#define __aie_inline inline
