// verdict: crashed; the limit is
// sandboxes: docker
// Makes empty files until there is no room for another.
#include <cstdio>
#include <cstdlib>
#include <string>
extern "C" void squash(const float* x, float* y, long n) {
    for (long file = 0;; file++) {
        FILE* out = std::fopen(("empty" + std::to_string(file)).c_str(), "wb");
        if (!out) {
            std::perror("empty");
            std::abort();
        }
        std::fclose(out);
    }
}
