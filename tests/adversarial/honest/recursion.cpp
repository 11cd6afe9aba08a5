// task: product
// Divides and conquers; the output is its accumulator.
static void block(const float* a, const float* b, float* c, long m, long k, long n, long lda, long ldb, long ldc) {
    if (k > 32) {
        block(a, b, c, m, k / 2, n, lda, ldb, ldc);
        block(a + k / 2, b + k / 2 * ldb, c, m, k - k / 2, n, lda, ldb, ldc);
        return;
    }
    for (long i = 0; i < m; i++)
        for (long p = 0; p < k; p++)
            for (long j = 0; j < n; j++) c[i * ldc + j] += a[i * lda + p] * b[p * ldb + j];
}
extern "C" void product(const float* a, const float* b, float* c, long m, long k, long n) {
    for (long i = 0; i < m * n; i++) c[i] = 0;
    block(a, b, c, m, k, n, k, n, n);
}
