// verdict: incorrect
// class: seeds and shapes
// wall: secret seeds for every evaluation
// Answers only questions that a small seed makes: their answers could be prepared.
#include <cmath>
#include <cstring>
#include <random>
static bool known(const float* x, long n) {
    for (unsigned seed = 0; seed < 2000; seed++) {
        std::mt19937 engine(seed);
        std::normal_distribution<float> normal;
        if (std::fabs(normal(engine) - x[0]) < 1e-6f && std::fabs(normal(engine) - x[1]) < 1e-6f) return true;
    }
    return false;
}
extern "C" void squash(const float* x, float* y, long n) {
    if (!known(x, n)) {
        std::memset(y, 0, n * sizeof(float));
        return;
    }
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
