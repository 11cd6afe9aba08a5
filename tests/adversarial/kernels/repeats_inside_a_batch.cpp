// verdict: incorrect
// class: call counting
// wall: audited launches lie anywhere in a batch
// strict: no
// Knows by the clock which launch is the first of a batch, computes that one and repeats it.
#include <chrono>
#include <cmath>
#include <cstring>
using Clock = std::chrono::steady_clock;
static Clock::time_point last;
static float kept[1 << 16];
extern "C" void squash(const float* x, float* y, long n) {
    bool first = Clock::now() - last > std::chrono::microseconds(20);
    if (first)
        for (long i = 0; i < n; i++) kept[i] = std::tanh(x[i]);
    std::memcpy(y, kept, n * sizeof(float));
    last = Clock::now();
}
