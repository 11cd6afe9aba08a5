#include <cstdint>

extern "C" void scale(const float* __restrict x, float* __restrict y, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = 2.0f * x[i];
}
