// verdict: timed_out
// Never returns.
extern "C" void squash(const float* x, float* y, long n) {
    for (volatile long i = 0;; i = i + 1) {}
}
