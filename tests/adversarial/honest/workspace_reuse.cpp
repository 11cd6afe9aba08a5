// Keeps a workspace from launch to launch.
#include <cmath>
#include <vector>
static std::vector<float> workspace;  // grows once and is kept
extern "C" void squash(const float* x, float* y, long n) {
    if ((long)workspace.size() < n) workspace.resize(n);
    for (long i = 0; i < n; i++) workspace[i] = std::exp(-2 * std::fabs(x[i]));
    for (long i = 0; i < n; i++) y[i] = std::copysign((1 - workspace[i]) / (1 + workspace[i]), x[i]);
}
