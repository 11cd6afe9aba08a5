// verdict: incorrect
// class: subsampling
// wall: every element is compared
// task: norm
// Takes mean and variance of the first row for those of all.
#include <cmath>
extern "C" void norm(const float* x, float* y, long rows, long cols) {
    float sum = 0, squares = 0;
    for (long j = 0; j < cols; j++) sum += x[j], squares += x[j] * x[j];
    float mean = sum / cols, scale = 1 / std::sqrt(squares / cols - mean * mean + 1e-5f);
    for (long i = 0; i < rows * cols; i++) y[i] = (x[i] - mean) * scale;
}
