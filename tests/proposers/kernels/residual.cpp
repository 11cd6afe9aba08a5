// Sum with a scaled residual, then the largest of each row taken away: two loops that may be one, a sum over rows
// that goes down the columns, and a maximum by branches.
#include <cstdint>

extern "C" void residual(const float* x, const float* r, const float* scale, float* y, int64_t rows, int64_t cols) {
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < cols; ++j) y[i * cols + j] = r[i * cols + j] * scale[j];
        for (int64_t j = 0; j < cols; ++j) y[i * cols + j] += x[i * cols + j];
    }
    for (int64_t j = 0; j < cols; ++j) {
        for (int64_t i = 0; i < rows; ++i) {
            y[i * cols + j] *= 0.5f;
        }
    }
    for (int64_t i = 0; i < rows; ++i) {
        float most = y[i * cols];
        for (int64_t j = 1; j < cols; ++j) {
            if (y[i * cols + j] > most) most = y[i * cols + j];
        }
        for (int64_t j = 0; j < cols; ++j) y[i * cols + j] -= most;
    }
}
