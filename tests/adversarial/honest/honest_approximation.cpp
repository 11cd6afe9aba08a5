// An approximation of its own that is right to six digits.
// build: -O3 -fno-math-errno
#include <cmath>
#include <initializer_list>
static inline float expf_(float v) {
    float k = std::nearbyint(v * 1.44269504f);
    float r = std::fma(k, -0.693359375f, v);
    r = std::fma(k, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    for (float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) p = std::fma(p, r, c);
    return std::ldexp(std::fma(p, r * r, r) + 1, (int)k);
}
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) {
        float a = std::fmin(std::fabs(x[i]), 15.0f), e = expf_(2 * a), small = a * a;
        float near = a * (1 - small * (1 / 3.0f - small * (2 / 15.0f - small * (17 / 315.0f))));
        y[i] = std::copysign(a < 0.1f ? near : 1 - 2 / (e + 1), x[i]);
    }
}
