// Whether the image's compiler, its C++ library and OpenMP work together: built and run while the image is made.
#include <cstdio>
#include <numeric>
#include <vector>

int main() {
    std::vector<double> x(1000);
    std::iota(x.begin(), x.end(), 0.0);
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (int i = 0; i < 1000; ++i) sum += x[i];
    std::printf("%g\n", sum);
    return sum == 499500.0 ? 0 : 1;
}
