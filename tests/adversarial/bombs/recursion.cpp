// verdict: crashed; SIGSEGV
// Calls itself until the stack is used up.
#pragma GCC optimize("O0")
#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int deeper(volatile int* at) {
    volatile int here[256];
    here[0] = *at + 1;
    return deeper(here) + here[255];
}
extern "C" void squash(const float* x, float* y, long n) {
    volatile int start = 0;
    y[0] = static_cast<float>(deeper(&start));
}
