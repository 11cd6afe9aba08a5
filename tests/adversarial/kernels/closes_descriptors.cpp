// verdict: crashed
// class: forged descriptors
// wall: a worker that cannot be asked has crashed
// strict: no
// Hangs up once it is being timed.
#include <cmath>
#include <unistd.h>
static long calls = 0;
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
    if (calls++ > 40)
        for (int fd = 3; fd < 256; fd++) close(fd);
}
