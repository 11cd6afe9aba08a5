// verdict: timed_out
// Writes to both streams without an end.
#include <unistd.h>
extern "C" void squash(const float* x, float* y, long n) {
    static char block[1 << 16];
    for (;;) {
        if (write(1, block, sizeof block) < 0) continue;
        if (write(2, block, sizeof block) < 0) continue;
    }
}
