// Softmax of each row: find the maximum, sum the exponentials, divide.
#include <cmath>
#include <cstdint>

extern "C" void softmax(const float* x, float* y, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; r++) {
        const float* in = x + r * cols;
        float* out = y + r * cols;
        float largest = in[0];
        for (int64_t c = 1; c < cols; c++) {
            if (in[c] > largest) largest = in[c];
        }
        float sum = 0.0f;
        for (int64_t c = 0; c < cols; c++) {
            out[c] = std::exp(in[c] - largest);
            sum += out[c];
        }
        for (int64_t c = 0; c < cols; c++) {
            out[c] /= sum;
        }
    }
}
