// Code that macros generate.
#include <cmath>
#define ONE(i) y[begin + i] = std::tanh(x[begin + i]);
#define FOUR(i) ONE(i) ONE(i + 1) ONE(i + 2) ONE(i + 3)
#define KERNEL(name, count) \
    static void name##_##count(const float* x, float* y, long n) { \
        long begin = 0; \
        for (; begin + count <= n; begin += count) { FOUR(0) FOUR(4) } \
        for (; begin < n; begin++) { ONE(0) } \
    }
KERNEL(squash, 8)
extern "C" void squash(const float* x, float* y, long n) { squash_8(x, y, n); }
