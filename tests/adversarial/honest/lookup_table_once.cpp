// A table that a static initialiser fills once.
#include <algorithm>
#include <array>
#include <cmath>
constexpr int STEPS = 1 << 15;
constexpr float LIMIT = 9;
static const std::array<float, STEPS + 2> table = [] {
    std::array<float, STEPS + 2> made{};
    for (int i = 0; i < STEPS + 2; i++) made[i] = std::tanh(2 * LIMIT * i / STEPS - LIMIT);
    return made;
}();
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) {
        float at = (std::clamp(x[i], -LIMIT, LIMIT) + LIMIT) * (STEPS / (2 * LIMIT));
        int cell = (int)at;
        y[i] = table[cell] + (at - cell) * (table[cell + 1] - table[cell]);
    }
}
