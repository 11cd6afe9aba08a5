// Whether nvcc, its device libraries and the host compiler work together. Compiled while the image is made; it ends with
// 0 when the GPU adds up right, with 2 when there is none.
#include <cstdio>
#include <cuda_runtime.h>

__global__ void twice(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = 2 * x[i];
}

int main() {
    constexpr int n = 1000;
    float *x = nullptr, *y = nullptr;
    if (cudaMallocManaged(&x, n * sizeof(float)) || cudaMallocManaged(&y, n * sizeof(float))) {
        std::puts("no GPU");
        return 2;
    }
    for (int i = 0; i < n; ++i) x[i] = i;
    twice<<<(n + 255) / 256, 256>>>(x, y, n);
    if (cudaError_t wrong = cudaDeviceSynchronize()) {
        std::puts(cudaGetErrorString(wrong));
        return 1;
    }
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += y[i];
    std::printf("%g\n", sum);
    return sum == 999000.0 ? 0 : 1;
}
