// verdict: incorrect
// class: subsampling
// wall: poisoned outputs
// Rounds the number of elements down to whole vectors.
#include <cmath>
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n / 16 * 16; i++) y[i] = std::tanh(x[i]);
}
