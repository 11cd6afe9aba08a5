// verdict: incorrect
// class: distribution tricks
// wall: inputs of other scales
// task: softmax
// Leaves out the maximum, which standard normal inputs never need.
#include <cmath>
extern "C" void softmax(const float* x, float* y, long rows, long cols) {
    for (long r = 0; r < rows; r++) {
        float sum = 0;
        for (long j = 0; j < cols; j++) sum += y[r * cols + j] = std::exp(x[r * cols + j]);
        for (long j = 0; j < cols; j++) y[r * cols + j] /= sum;
    }
}
