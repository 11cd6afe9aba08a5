// verdict: correct, rejected
// class: clocks
// wall: the baseline tells the fixed cost of a batch
// strict: no
// Burns CPU in the first launch after a pause, so that the fixed cost of a batch looks large. Never faster for it.
#include <chrono>
#include <cmath>
using Clock = std::chrono::steady_clock;
static Clock::time_point last;
extern "C" void squash(const float* x, float* y, long n) {
    if (Clock::now() - last > std::chrono::microseconds(30))
        for (auto until = Clock::now() + std::chrono::microseconds(700); Clock::now() < until;) {}
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
    last = Clock::now();
}
