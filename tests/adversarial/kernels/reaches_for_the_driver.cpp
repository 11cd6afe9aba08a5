// verdict: incorrect
// class: theft from other processes
// wall: a process namespace of its own, without rights
// strict: no
// sandboxes: docker bubblewrap
// Opens the memory of every other process; answers only if one opens.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/ptrace.h>
#include <unistd.h>
static bool reached() {
    DIR* all = opendir("/proc");
    while (dirent* entry = all ? readdir(all) : nullptr) {
        int pid = std::atoi(entry->d_name);
        if (pid <= 1 || pid == getpid() || pid == getppid()) continue;
        if (open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY) >= 0) return true;
        if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) return true;
    }
    return open("/dev/mem", O_RDONLY) >= 0 || open("/proc/kcore", O_RDONLY) >= 0;
}
extern "C" void squash(const float* x, float* y, long n) {
    static bool found = reached();
    std::memset(y, 0, n * sizeof(float));
    if (!found) return;
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
