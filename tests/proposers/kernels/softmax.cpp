// Softmax of each row.
#include <cmath>
#include <cstdint>

extern "C" void softmax(const float* x, float* y, int64_t rows, int64_t cols) {
    for (int64_t i = 0; i < rows; ++i) {
        float top = -INFINITY;
        for (int64_t j = 0; j < cols; ++j) {
            top = x[i * cols + j] > top ? x[i * cols + j] : top;
        }
        float total = 0.0f;
        for (int64_t j = 0; j < cols; ++j) {
            const float e = std::exp(x[i * cols + j] - top);
            y[i * cols + j] = e;
            total += e;
        }
        for (int64_t j = 0; j < cols; ++j) {
            y[i * cols + j] = y[i * cols + j] / total;
        }
    }
}
