// aie::print is for simulators; on a device, and here, it does nothing.
#pragma once
#include "aie.hpp"
namespace aie {
template <class V> requires(Vector<V> || Accum<V> || Mask<V>) void print(const V &, bool = false, const char * = nullptr) {}
}  // namespace aie
