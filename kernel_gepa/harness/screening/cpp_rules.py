"""What has no place in the C++ of a kernel, with the reason a reader is given."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILES = "reads files or starts programs"
THREADS = "starts threads of its own (use OpenMP)"
CLOCK = "reads a clock"
PROCESSES = "handles signals or processes"
STACK = "walks the stack"
LINKER = "looks symbols up or replaces them"
MEMORY = "reaches into the process's memory"
NETWORK = "opens connections"
SETTINGS = "reads or changes the process's settings"
INTERPRETER = "reaches into the interpreter"
LIBRARY_CALL = "calls a library instead of computing"

# Full matches of what stands between the angle brackets.
HEADERS = {
    FILES: r"fstream|filesystem|unistd\.h|fcntl\.h|dirent\.h|ftw\.h|glob\.h|spawn\.h|sys/.*|aio\.h|/.*|.*\.\..*",
    THREADS: r"thread|future|pthread\.h|threads\.h|condition_variable|stop_token|semaphore|semaphore\.h|barrier|latch",
    CLOCK: r"chrono|ctime|time\.h|x86intrin_clock",
    PROCESSES: r"csignal|signal\.h|setjmp\.h|csetjmp|ucontext\.h|sched\.h|linux/.*|asm/.*|asm-generic/.*",
    NETWORK: r"netdb\.h|ifaddrs\.h|poll\.h|arpa/.*|net/.*|netinet/.*",
    LINKER: r"dlfcn\.h|link\.h|elf\.h",
    STACK: r"execinfo\.h|unwind\.h|stacktrace|source_location",
    INTERPRETER: r"Python\.h|pybind11/.*|patchlevel\.h|cpython/.*",
    LIBRARY_CALL: r"(torch|ATen|c10|oneapi|Eigen|boost|tbb)/.*|(mkl|cblas|dnnl|openblas|fftw).*",
}
# An extension for torch is written with its headers; what it calls is looked at instead.
INLINE_HEADERS = r"(torch|ATen|c10|pybind11)/.*"

_CALLS = {
    FILES: "open openat open64 creat fopen fopen64 freopen fdopen tmpfile popen system read write pread pwrite unlink "
    "remove rename opendir readdir scandir nftw readlink realpath execve execvp execl execlp execv posix_spawn "
    "posix_spawnp memfd_create ioctl fcntl dup dup2 pipe sendfile splice ifstream ofstream basic_ifstream filebuf "
    "getcwd chdir mkstemp mkdir stat lstat fstat access dprintf",
    THREADS: "pthread_create thrd_create jthread async packaged_task clone3 io_uring_setup timer_create",
    CLOCK: "clock clock_gettime gettimeofday time times getrusage clock_getres ftime nanosleep usleep clock_nanosleep "
    "__rdtsc _rdtsc __builtin_ia32_rdtsc __builtin_ia32_rdtscp __rdtscp __rdpmc _rdpmc __builtin_readcyclecounter "
    "omp_get_wtime steady_clock system_clock high_resolution_clock sleep_for sleep_until",
    PROCESSES: "fork vfork clone wait waitpid wait4 signal sigaction sigprocmask kill tgkill raise ptrace syscall "
    "atexit on_exit at_quick_exit quick_exit exit _exit _Exit abort longjmp siglongjmp setjmp prctl setpriority nice "
    "sched_setaffinity sched_yield sched_setscheduler pthread_setaffinity_np setrlimit prlimit alarm setitimer pause "
    "daemon setsid unshare setns",
    LINKER: "dlopen dlsym dlvsym dladdr dlinfo dl_iterate_phdr dlmopen dlclose",
    MEMORY: "mmap mmap64 mprotect munmap mremap madvise shm_open shmget shmat process_vm_readv process_vm_writev sbrk "
    "brk mallopt malloc_trim mallinfo __malloc_hook __free_hook __realloc_hook userfaultfd pkey_mprotect",
    NETWORK: "socket socketpair connect bind listen accept send sendto sendmsg recv recvfrom recvmsg getpeername "
    "getsockname gethostbyname getaddrinfo",
    SETTINGS: "getenv secure_getenv setenv putenv unsetenv clearenv environ __environ program_invocation_name",
    STACK: "backtrace backtrace_symbols _Unwind_Backtrace __builtin_return_address __builtin_frame_address getcontext "
    "makecontext swapcontext",
}
REFUSED = {name: reason for reason, names in _CALLS.items() for name in names.split()}

# Words that also are good names for variables and functions of one's own: refused only when the text does not say
# itself what they are.
EVERYDAY = words(
    "open read write remove rename access stat pipe time times clock signal wait kill raise clone exit abort pause "
    "alarm nice brk send recv accept listen bind connect async barrier times daemon fork"
)

# Symbols of the C library that a kernel has no reason to define with C linkage: everybody's calls would arrive there.
INTERPOSED = words(
    "malloc calloc realloc free memalign aligned_alloc posix_memalign memcpy memmove memset memcmp bcmp strlen strcmp "
    "strncmp strcpy printf fprintf puts write read open close send recv mmap munmap clock_gettime clock gettimeofday "
    "time nanosleep getrandom rand srand random expf exp exp2f exp2 logf log log2f log2 tanhf tanh sinf sin cosf cos "
    "sqrtf sqrt powf pow erff erf fabsf fabs floorf ceilf roundf rintf fmaf fma pthread_create pthread_mutex_lock "
    "sched_yield getenv dlsym dlopen abort exit _exit __cxa_atexit __libc_start_main _init _fini"
)

# Loader sections and symbol tricks; a plain `constructor` is the commonest.
ATTRIBUTES = {
    "constructor": "runs code when it is loaded",
    "destructor": "runs code when it is unloaded",
    "ifunc": "runs code when it is loaded",
    "init_array": "runs code when it is loaded",
    "alias": LINKER,
    "weakref": LINKER,
}

PATHS = r"(^|[\"':=\s])/(proc|sys|dev|etc|tmp|run|home|root|var|mnt)(/|\"|$)|LD_PRELOAD|LD_LIBRARY_PATH"
