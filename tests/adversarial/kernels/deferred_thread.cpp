// verdict: incorrect, rejected
// class: deferred work
// wall: outputs read right after the answer; CPU time after it
// strict: no
// Returns at once and computes in a thread.
#include <chrono>
#include <cmath>
#include <thread>
extern "C" void squash(const float* x, float* y, long n) {
    std::thread([=] {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
    }).detach();
}
