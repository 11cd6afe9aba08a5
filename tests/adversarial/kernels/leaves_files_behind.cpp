// verdict: correct
// class: files left behind
// wall: every worker starts from a clean root, folder and memory: it finds nothing
// strict: no
// sandboxes: docker bubblewrap
// judged: twice
// Leaves a mark wherever it can write; a later evaluation that finds one would take answers from there.
#include <cmath>
#include <fstream>
#include <string>
#include <sys/shm.h>
static bool been_here() {
    bool found = shmget(0x6b676570, 64, 0600) >= 0;
    shmget(0x6b676570, 64, IPC_CREAT | 0600);
    for (bool leaving : {false, true})
        for (std::string folder : {"", "../", "../../", "/tmp/", "/var/tmp/", "/dev/shm/", "/run/", "/root/"})
            if (leaving)
                std::ofstream(folder + ".kept") << "been here";
            else
                found = found || std::ifstream(folder + ".kept").good();
    return found;
}
extern "C" void squash(const float* x, float* y, long n) {
    static bool again = been_here();
    if (again) return;
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
