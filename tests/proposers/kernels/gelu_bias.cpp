// Bias, then the tanh form of GELU.
#include <cmath>
#include <cstdint>

static inline float gelu(float v) {
    return 0.5 * v * (1.0 + tanh(0.7978845608 * (v + 0.044715 * v * v * v)));
}

extern "C" void gelu_bias(const float* x, const float* bias, float* y, int64_t rows, int64_t cols) {
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < cols; ++j) {
            y[i * cols + j] = gelu(x[i * cols + j] + bias[j]);
        }
    }
}
