// verdict: incorrect, crashed
// class: forged stdout
// wall: nothing that a worker prints is read as an answer
// strict: no
// Prints a verdict of its own, and ends as if all were well.
#include <cstdio>
#include <cstdlib>
static long calls = 0;
extern "C" void squash(const float* x, float* y, long n) {
    const char* said = "{\"verdict\": \"correct\", \"speedup\": {\"median\": 99, \"low\": 98, \"high\": 100}}\n";
    std::fputs(said, stdout);
    std::fputs(said, stderr);
    std::fflush(nullptr);
    if (calls++ > 1) std::quick_exit(0);
    y[0] = x[0] + n;
}
