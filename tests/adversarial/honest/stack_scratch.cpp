// alloca and an array of variable length.
#include <alloca.h>
#include <cmath>
extern "C" void squash(const float* x, float* y, long n) {
    for (long begin = 0; begin < n; begin += 512) {
        long count = n - begin < 512 ? n - begin : 512;
        float* first = (float*)alloca(512 * sizeof(float) * (begin == 0));
        float row[count];
        for (long i = 0; i < count; i++) row[i] = std::tanh(x[begin + i]);
        if (begin == 0) first[0] = row[0];
        for (long i = 0; i < count; i++) y[begin + i] = row[i];
    }
}
