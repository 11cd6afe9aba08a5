// One head of attention: all rows of q against all rows of k, softmax, then the weighted rows of v.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

extern "C" void attention(const float* q, const float* k, const float* v, float* out, int64_t n, int64_t d) {
    std::vector<float> score(n);
    for (int64_t i = 0; i < n; ++i) {
        float top = -1e30f;
        for (int64_t j = 0; j < n; ++j) {
            float s = 0.0f;
            for (int64_t e = 0; e < d; ++e) {
                s += q[i * d + e] * k[j * d + e];
            }
            score[j] = s / std::sqrt((float)d);
            top = std::max(top, score[j]);
        }
        float total = 0.0f;
        for (int64_t j = 0; j < n; ++j) {
            score[j] = std::exp(score[j] - top);
            total += score[j];
        }
        for (int64_t e = 0; e < d; ++e) {
            float s = 0.0f;
            for (int64_t j = 0; j < n; ++j) {
                s += score[j] * v[j * d + e];
            }
            out[i * d + e] = s / total;
        }
    }
}
