// verdict: crashed; the limit is
// sandboxes: docker bubblewrap
// Fills its scratch, and says so when it is full.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cerrno>
#include <string>
#include <vector>
extern "C" void squash(const float* x, float* y, long n) {
    std::vector<char> block(1 << 20, 'x');
    for (int file = 0;; file++) {
        FILE* out = std::fopen(("fill" + std::to_string(file)).c_str(), "wb");
        for (int part = 0; out && part < 256; part++)
            if (std::fwrite(block.data(), 1, block.size(), out) != block.size()) {
                std::perror("fill");
                std::abort();
            }
        if (!out) {
            std::perror("fill");
            std::abort();
        }
        std::fclose(out);
    }
}
