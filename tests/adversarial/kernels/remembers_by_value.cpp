// verdict: correct, incorrect
// class: caching by value
// wall: no launch sees values of another
// Keeps outputs by the first value of their inputs. Right by luck at best, and never faster.
#include <cmath>
#include <cstring>
#include <map>
#include <vector>
static std::map<float, std::vector<float>> known;
extern "C" void squash(const float* x, float* y, long n) {
    auto found = known.find(x[0]);
    if (found != known.end()) {
        std::memcpy(y, found->second.data(), n * sizeof(float));
        return;
    }
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
    known.emplace(x[0], std::vector<float>(y, y + n));
}
