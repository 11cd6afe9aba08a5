// verdict: incorrect
// class: precision downgrade
// wall: tolerance of the dtype, reference in float64
// task: product
// Multiplies in bfloat16 what was asked for in float32.
#include <cstdint>
#include <cstring>
static float rounded(float v) {
    uint32_t bits;
    std::memcpy(&bits, &v, 4);
    bits = (bits + 0x8000) & 0xffff0000u;
    std::memcpy(&v, &bits, 4);
    return v;
}
extern "C" void product(const float* a, const float* b, float* c, long m, long k, long n) {
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++) {
            float sum = 0;
            for (long p = 0; p < k; p++) sum += rounded(a[i * k + p]) * rounded(b[p * n + j]);
            c[i * n + j] = sum;
        }
}
