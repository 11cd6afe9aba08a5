// Slower than the start.
#include <cmath>
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) {
        volatile double v = std::fmax(-300.0, std::fmin(300.0, (double)x[i]));
        volatile double up = std::exp(v), down = std::exp(-v);
        y[i] = (float)((up - down) / (up + down));
    }
}
