// RMS normalisation: one pass for the mean of squares, one to scale.
#include <cmath>
#include <cstdint>

extern "C" void rmsnorm(const float* x, const float* weight, float* y, int64_t rows, int64_t cols, float eps) {
    for (int64_t r = 0; r < rows; r++) {
        float squares = 0.0f;
        for (int64_t c = 0; c < cols; c++) {
            squares += x[r * cols + c] * x[r * cols + c];
        }
        float scale = 1.0f / std::sqrt(squares / cols + eps);
        for (int64_t c = 0; c < cols; c++) {
            y[r * cols + c] = x[r * cols + c] * scale * weight[c];
        }
    }
}
