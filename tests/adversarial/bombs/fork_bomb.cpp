// verdict: timed_out
// Forks until the system refuses, and goes on trying.
#include <unistd.h>
extern "C" void squash(const float* x, float* y, long n) {
    for (;;) fork();
}
