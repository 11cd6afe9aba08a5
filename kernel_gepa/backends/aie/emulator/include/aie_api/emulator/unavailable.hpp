// Streams and cascades between tiles: a kernel that is judged here has none, and is told so.
#pragma once
#include "runtime.hpp"

#define AIE_EMU_NO_STREAM                                                                                                  \
  __attribute__((unavailable("the wrapper of this kernel has no streams and no cascade: it passes tile buffers as pointers, " \
                             "and numbers; read them with aie::load_v, an iterator or a buffer stream, and write with aie::store_v")))
template <class T> struct AIE_EMU_NO_STREAM input_stream;
template <class T> struct AIE_EMU_NO_STREAM output_stream;
template <class T> struct AIE_EMU_NO_STREAM input_cascade;
template <class T> struct AIE_EMU_NO_STREAM output_cascade;
template <class T> struct AIE_EMU_NO_STREAM input_window;
template <class T> struct AIE_EMU_NO_STREAM output_window;
#define AIE_EMU_STREAM_CALL(name) template <class... Ts> AIE_EMU_NO_STREAM int name(Ts &&...);
AIE_EMU_STREAM_CALL(readincr)
AIE_EMU_STREAM_CALL(writeincr)
AIE_EMU_STREAM_CALL(window_readincr)
AIE_EMU_STREAM_CALL(window_writeincr)
AIE_EMU_STREAM_CALL(get_ss)
AIE_EMU_STREAM_CALL(put_ms)
AIE_EMU_STREAM_CALL(get_wss)
AIE_EMU_STREAM_CALL(put_wms)
AIE_EMU_STREAM_CALL(put_mcd)
AIE_EMU_STREAM_CALL(get_scd)
#undef AIE_EMU_STREAM_CALL
template <unsigned N, class... Ts> AIE_EMU_NO_STREAM int readincr_v(Ts &&...);
template <unsigned N, class... Ts> AIE_EMU_NO_STREAM int window_readincr_v(Ts &&...);
template <class... Ts> AIE_EMU_NO_STREAM int writeincr_v(Ts &&...);
#undef AIE_EMU_NO_STREAM
