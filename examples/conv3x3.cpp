// Direct 3x3 convolution: every output pixel gathers its neighbourhood, pixels outside the image count as zero.
#include <cstdint>

extern "C" void conv3x3(const float* image, const float* weight, float* out, int64_t channels, int64_t filters,
                        int64_t height, int64_t width) {
    for (int64_t f = 0; f < filters; f++) {
        for (int64_t y = 0; y < height; y++) {
            for (int64_t x = 0; x < width; x++) {
                float sum = 0.0f;
                for (int64_t c = 0; c < channels; c++) {
                    for (int64_t dy = 0; dy < 3; dy++) {
                        for (int64_t dx = 0; dx < 3; dx++) {
                            int64_t row = y + dy - 1;
                            int64_t col = x + dx - 1;
                            if (row < 0 || row >= height || col < 0 || col >= width) continue;
                            sum += image[(c * height + row) * width + col] * weight[((f * channels + c) * 3 + dy) * 3 + dx];
                        }
                    }
                }
                out[(f * height + y) * width + x] = sum;
            }
        }
    }
}
