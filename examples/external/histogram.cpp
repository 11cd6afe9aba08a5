// A histogram of small integers, one counter per bin.
#include <cstdint>

extern "C" void histogram(const int32_t* values, int32_t* counts, int64_t n, int64_t bins) {
    for (int64_t b = 0; b < bins; b++) {
        counts[b] = 0;
    }
    for (int64_t i = 0; i < n; i++) {
        counts[values[i]]++;
    }
}
