// Each row with its mean taken away and divided by its deviation, in double where nobody asked for it.
#include <cmath>
#include <cstdint>

extern "C" void layernorm(const float *x, float *y, int64_t rows, int64_t cols)
{
    for (int64_t i = 0; i < rows; i++)
    {
        const float *row = x + i * cols;
        double mean = 0.0;
        for (int64_t j = 0; j < cols; j++)
            mean += row[j];
        mean /= cols;
        double spread = 0.0;
        for (int64_t j = 0; j < cols; j++)
        {
            double d = row[j] - mean;
            spread += d * d;
        }
        spread /= cols;
        for (int64_t j = 0; j < cols; j++)
            y[i * cols + j] = (row[j] - mean) / sqrt(spread + 1e-5);
    }
}
