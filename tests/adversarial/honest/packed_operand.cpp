// task: product
// Packs an operand into aligned memory of its own, at every launch.
#include <cstdlib>
#include <memory>
#include <new>
struct Free { void operator()(float* p) const { std::free(p); } };
static std::unique_ptr<float[], Free> packed;
static long room = 0;
extern "C" void product(const float* a, const float* b, float* c, long m, long k, long n) {
    if (room < k * n) {
        packed.reset(static_cast<float*>(std::aligned_alloc(64, (k * n * sizeof(float) + 63) / 64 * 64)));
        room = k * n;
    }
    for (long p = 0; p < k; p++)
        for (long j = 0; j < n; j++) packed[j * k + p] = b[p * n + j];
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++) {
            float sum = 0;
#pragma omp simd reduction(+ : sum)
            for (long p = 0; p < k; p++) sum += a[i * k + p] * packed[j * k + p];
            c[i * n + j] = sum;
        }
}
