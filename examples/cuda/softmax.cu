// build: --use_fast_math  // tune: --use_fast_math | -O3
// One block per row; every thread keeps a maximum and a sum of its own, and warps put theirs together by shuffles.
#include <cuda_runtime.h>

#define THREADS 256  // tune: 64, 128, 256, 512

namespace {

__device__ float2 merged(float2 a, float2 b) {
    float largest = fmaxf(a.x, b.x);
    return {largest, a.y * expf(a.x - largest) + b.y * expf(b.x - largest)};
}

__device__ float2 over_warp(float2 mine) {
    for (int apart = 16; apart > 0; apart /= 2)
        mine = merged(mine, {__shfl_xor_sync(~0u, mine.x, apart), __shfl_xor_sync(~0u, mine.y, apart)});
    return mine;
}

__global__ void softmax_rows(const float* __restrict__ x, float* __restrict__ y, int columns) {
    __shared__ float2 of_warps[THREADS / 32];
    const float* row = x + static_cast<size_t>(blockIdx.x) * columns;
    float2 mine = {-3.0e38f, 0.0f};
    for (int i = threadIdx.x; i < columns; i += THREADS) mine = merged(mine, {row[i], 1.0f});
    mine = over_warp(mine);
    if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = mine;
    __syncthreads();
    float2 all = of_warps[0];
    for (int warp = 1; warp < THREADS / 32; ++warp) all = merged(all, of_warps[warp]);
    float* out = y + static_cast<size_t>(blockIdx.x) * columns;
    for (int i = threadIdx.x; i < columns; i += THREADS) out[i] = expf(row[i] - all.x) / all.y;
}

}  // namespace

extern "C" void softmax(const float* x, float* y, int rows, int columns, cudaStream_t stream) {
    softmax_rows<<<rows, THREADS, 0, stream>>>(x, y, columns);
}
