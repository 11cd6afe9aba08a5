// verdict: incorrect
// class: subsampling
// wall: outputs compared with the reference
// task: product
// Sums every second term and doubles the sum.
extern "C" void product(const float* a, const float* b, float* c, long m, long k, long n) {
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++) {
            float sum = 0;
            for (long p = 0; p < k; p += 2) sum += a[i * k + p] * b[p * n + j];
            c[i * n + j] = 2 * sum;
        }
}
