// verdict: incorrect
// class: same-process theft
// wall: outputs are read from memory by the driver
// strict: no
// A static initialiser that reaches into the interpreter of its worker and turns launches off.
#include <dlfcn.h>
static void python(const char* text) {
    auto ensure = (int (*)())dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
    auto release = (void (*)(int))dlsym(RTLD_DEFAULT, "PyGILState_Release");
    auto run = (int (*)(const char*))dlsym(RTLD_DEFAULT, "PyRun_SimpleString");
    if (!ensure || !release || !run) return;
    int state = ensure();
    run(text);
    release(state);
}
static bool patched = [] {
    python("import sys\nworker = sys.modules.get('worker') or sys.modules['__main__']\nworker.Native.run = lambda self, first, count: None\n");
    return true;
}();
extern "C" void squash(const float* x, float* y, long n) {
    y[0] = x[n - 1];
}
