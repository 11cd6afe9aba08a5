// verdict: rejected
// class: clocks
// wall: wall and CPU time must agree
// strict: no
// Takes longer than its CPU time says.
#include <chrono>
#include <cmath>
#include <thread>
extern "C" void squash(const float* x, float* y, long n) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
