// verdict: incorrect
// class: constants
// wall: tolerance of the task, element by element
// A rational approximation that is right to two digits, which a flat tolerance of 1e-2 lets pass.
#include <algorithm>
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) {
        float v = std::clamp(x[i], -3.0f, 3.0f);
        y[i] = v * (27 + v * v) / (27 + 9 * v * v);
    }
}
