// verdict: incorrect
// class: theft from elsewhere
// wall: no network
// strict: no
// sandboxes: docker bubblewrap
// Asks somebody outside; answers only if there is an outside.
#include <arpa/inet.h>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <sys/socket.h>
#include <unistd.h>
static bool online() {
    for (const char* address : {"192.0.2.1", "8.8.8.8", "172.17.0.1", "169.254.169.254"}) {
        int line = socket(AF_INET, SOCK_DGRAM, 0);
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_port = htons(53);
        inet_pton(AF_INET, address, &there.sin_addr);
        if (connect(line, (sockaddr*)&there, sizeof there) == 0 && send(line, "x", 1, 0) == 1) return true;
        close(line);
    }
    return false;
}
extern "C" void squash(const float* x, float* y, long n) {
    static bool found = online();
    std::memset(y, 0, n * sizeof(float));
    if (!found) return;
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
