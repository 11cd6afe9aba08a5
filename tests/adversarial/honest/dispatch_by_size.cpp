// Chooses by size among functions in a table.
#include <cmath>
using Part = void (*)(const float*, float*, long);
static void few(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
static void many(const float* x, float* y, long n) {
    for (long begin = 0; begin < n; begin += 1024) few(x + begin, y + begin, n - begin < 1024 ? n - begin : 1024);
}
static const Part parts[] = {few, many};
extern "C" void squash(const float* x, float* y, long n) { parts[n > 4096](x, y, n); }
