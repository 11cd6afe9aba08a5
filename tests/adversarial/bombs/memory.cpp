// verdict: crashed; the limit is 1 GiB of memory
// Takes memory and touches it, until there is none.
#include <cstring>
#include <vector>
extern "C" void squash(const float* x, float* y, long n) {
    std::vector<std::vector<char>> held;
    for (;;) held.emplace_back(64 << 20, 'x');
}
