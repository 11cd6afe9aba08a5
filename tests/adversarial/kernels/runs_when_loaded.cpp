// verdict: rejected
// class: delegation
// wall: screen
// Runs code before anybody has asked for anything.
#include <cmath>
static float table[256];
__attribute__((constructor)) static void prepare() {
    for (int i = 0; i < 256; i++) table[i] = std::tanh(i);
}
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]) + 0 * table[i % 256];
}
