// verdict: rejected
// class: background work
// wall: CPU time after the answer
// strict: no
// A thread that computes while nobody has asked for anything.
#include <cmath>
#include <thread>
static bool begun = false;
static volatile float sink;
extern "C" void squash(const float* x, float* y, long n) {
    if (!begun) {
        begun = true;
        std::thread([] { for (float v = 0;; v += 1) sink = std::tanh(v); }).detach();
    }
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
