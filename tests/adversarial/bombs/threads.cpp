// verdict: timed_out
// Starts threads that never end, and waits for them.
#include <chrono>
#include <thread>
#include <vector>
extern "C" void squash(const float* x, float* y, long n) {
    std::vector<std::thread> all;
    for (int i = 0; i < 64; i++)
        all.emplace_back([] { for (;;) std::this_thread::sleep_for(std::chrono::hours(1)); });
    for (auto& thread : all) thread.join();
}
