// verdict: incorrect
// class: constants
// wall: outputs compared with the reference
// The same answer whatever the question.
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = 0.5f;
}
