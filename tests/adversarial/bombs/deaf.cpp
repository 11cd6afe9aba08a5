// verdict: timed_out
// Ignores every signal that can be ignored, and sleeps.
#include <csignal>
#include <unistd.h>
extern "C" void squash(const float* x, float* y, long n) {
    for (int number = 1; number < 65; number++) std::signal(number, SIG_IGN);
    for (;;) sleep(1000);
}
