// Names that sound like system calls.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>
struct Stream {
    const float* from;
    float read(long i) const { return from[i]; }
    void write(float* to, long i) const { to[i] = std::tanh(read(i)); }
};
static float clock(float time) { return time; }
extern "C" void squash(const float* x, float* y, long n) {
    Stream open{x};
    std::vector<long> file_count(std::min(n, 64L));
    std::iota(file_count.begin(), file_count.end(), 0L);
    long signal = 0;
    for (long exit : file_count) signal += exit >= 0;
    // fork(), system("rm"), /proc/self/maps and clock_gettime() are only spoken of here
    for (long i = 0; i < n; i++) open.write(y, i);
    y[0] = clock(y[0]) + 0 * signal;
}
