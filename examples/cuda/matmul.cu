// Tiles of both operands go through shared memory; every thread computes a small square of the result in registers.
#include <cuda_runtime.h>

constexpr int TILE = 64;  // tune: 32, 64
constexpr int DEPTH = 16;  // tune: 8, 16, 32
constexpr int OWN = 4;  // of a thread, in both directions
constexpr int THREADS = (TILE / OWN) * (TILE / OWN);

__global__ void __launch_bounds__(THREADS)
    matmul_tiles(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int m, int n, int k) {
    __shared__ float left[DEPTH][TILE + 1], right[DEPTH][TILE];
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    int mine_row = threadIdx.x / (TILE / OWN) * OWN, mine_column = threadIdx.x % (TILE / OWN) * OWN;
    float total[OWN][OWN] = {};
    for (int start = 0; start < k; start += DEPTH) {
        for (int i = threadIdx.x; i < TILE * DEPTH; i += THREADS) {
            int r = row + i / DEPTH, d = start + i % DEPTH;
            left[i % DEPTH][i / DEPTH] = r < m && d < k ? a[static_cast<size_t>(r) * k + d] : 0.0f;
        }
        for (int i = threadIdx.x; i < TILE * DEPTH; i += THREADS) {
            int d = start + i / TILE, q = column + i % TILE;
            right[i / TILE][i % TILE] = d < k && q < n ? b[static_cast<size_t>(d) * n + q] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int d = 0; d < DEPTH; ++d)
#pragma unroll
            for (int i = 0; i < OWN; ++i)
#pragma unroll
                for (int j = 0; j < OWN; ++j) total[i][j] += left[d][mine_row + i] * right[d][mine_column + j];
        __syncthreads();
    }
    for (int i = 0; i < OWN; ++i)
        for (int j = 0; j < OWN; ++j) {
            int r = row + mine_row + i, q = column + mine_column + j;
            if (r < m && q < n) c[static_cast<size_t>(r) * n + q] = total[i][j];
        }
}

extern "C" void matmul(const float* a, const float* b, float* c, int m, int n, int k, cudaStream_t stream) {
    dim3 grid((n + TILE - 1) / TILE, (m + TILE - 1) / TILE);
    matmul_tiles<<<grid, THREADS, 0, stream>>>(a, b, c, m, n, k);
}
