// verdict: incorrect
// class: out of bounds
// wall: guards around every buffer
// Writes one element too many.
#include <cmath>
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i <= n; i++) y[i] = std::tanh(x[i]);
}
