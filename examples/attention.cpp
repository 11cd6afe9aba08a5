// One query at a time: its scores against all keys, their softmax, then the weighted sum of the values.
#include <cmath>
#include <cstdint>
#include <vector>

extern "C" void attention(const float* q, const float* k, const float* v, float* out, int64_t queries, int64_t keys,
                          int64_t dim) {
    const float scale = 1.0f / std::sqrt((float)dim);
    std::vector<float> weights(keys);
    for (int64_t i = 0; i < queries; i++) {
        float largest = -INFINITY;
        for (int64_t j = 0; j < keys; j++) {
            float dot = 0.0f;
            for (int64_t d = 0; d < dim; d++) {
                dot += q[i * dim + d] * k[j * dim + d];
            }
            weights[j] = dot * scale;
            if (weights[j] > largest) largest = weights[j];
        }
        float sum = 0.0f;
        for (int64_t j = 0; j < keys; j++) {
            weights[j] = std::exp(weights[j] - largest);
            sum += weights[j];
        }
        for (int64_t d = 0; d < dim; d++) {
            float mixed = 0.0f;
            for (int64_t j = 0; j < keys; j++) {
                mixed += weights[j] * v[j * dim + d];
            }
            out[i * dim + d] = mixed / sum;
        }
    }
}
