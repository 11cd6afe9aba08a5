// verdict: incorrect
// class: caching by identity
// wall: fresh values at old addresses
// Computes for an address once; later launches on it are taken for the same question.
#include <cmath>
static const float* seen[4096];
static long count = 0;
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < count; i++)
        if (seen[i] == x) return;
    seen[count++ % 4096] = x;
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
