// Bias and exact GELU: v * Phi(v), where Phi is the normal distribution function.
#include <cmath>
#include <cstdint>

extern "C" void gelu_bias(const float* x, const float* bias, float* y, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            float v = x[r * cols + c] + bias[c];
            y[r * cols + c] = 0.5f * v * (1.0f + std::erf(v * 0.70710678f));
        }
    }
}
