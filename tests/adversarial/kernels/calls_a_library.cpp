// verdict: rejected
// class: delegation
// wall: screen
// Lets a library do the work.
#include <cblas.h>
extern "C" void squash(const float* x, float* y, long n) { cblas_scopy(n, x, 1, y, 1); }
