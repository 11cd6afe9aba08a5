#include <cmath>
#include <cstdint>

extern "C" void scale(const float* x, float* y, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        y[i] = 2.0f * expf(-x[i] * x[i]) + 1.0f;
    }
}
