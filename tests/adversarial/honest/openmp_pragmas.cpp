// OpenMP, with as many threads as it is given.
#include <cmath>
#include <omp.h>
extern "C" void squash(const float* x, float* y, long n) {
    int parts = omp_get_max_threads();
#pragma omp parallel for schedule(static) num_threads(parts)
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
