// Matrix product in square tiles, so that what is read from b is used again before it leaves the cache.
#include <algorithm>
#include <cstdint>

constexpr int TILE = 32;  // tune: 8, 16, 32, 64, 128

extern "C" void matmul(const float* a, const float* b, float* out, int64_t m, int64_t k, int64_t n) {
    std::fill(out, out + m * n, 0.0f);
    for (int64_t i0 = 0; i0 < m; i0 += TILE) {
        for (int64_t j0 = 0; j0 < n; j0 += TILE) {
            for (int64_t p0 = 0; p0 < k; p0 += TILE) {
                int64_t i1 = std::min<int64_t>(i0 + TILE, m);
                int64_t j1 = std::min<int64_t>(j0 + TILE, n);
                int64_t p1 = std::min<int64_t>(p0 + TILE, k);
                for (int64_t i = i0; i < i1; i++) {
                    for (int64_t j = j0; j < j1; j++) {
                        float sum = out[i * n + j];
                        for (int64_t p = p0; p < p1; p++) {
                            sum += a[i * k + p] * b[p * n + j];
                        }
                        out[i * n + j] = sum;
                    }
                }
            }
        }
    }
}
