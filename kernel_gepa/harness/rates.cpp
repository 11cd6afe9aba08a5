// What this machine can do at most: bytes per second from memory and caches, float32 operations per second.
//
//     rates THREADS COLD_BYTES   prints one line per rate:   bytes SET_BYTES READ WRITE COPY   |   flops RATE
//
// Everything is the best of several ways of doing it, each the best of several tries: the figures are to be a bound that
// no kernel passes. One thread is timed by its CPU time, as the bench times it; more by the wall.

#include <omp.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif
#ifdef __x86_64__
#include <immintrin.h>
#endif

typedef int64_t Line __attribute__((vector_size(64)));
typedef float Wide __attribute__((vector_size(64)));
typedef float Half __attribute__((vector_size(32)));

static int threads;
static volatile int64_t sink;

static double seconds(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

// ---------------------------------------------------------------- reading

template <int STREAMS, int AHEAD>
static void read(char *, const char *from, size_t bytes) {
    const size_t part = bytes / STREAMS / 64;
    const Line *p = (const Line *)from;
    Line sums[8] = {};
    for (size_t i = 0; i + 8 / STREAMS <= part; i += 8 / STREAMS)
        for (int s = 0; s < STREAMS; s++)
            for (int k = 0; k < 8 / STREAMS; k++) {
                const Line *at = p + s * part + i + k;
                if (AHEAD) __builtin_prefetch((const char *)at + AHEAD, 0, 3);
                sums[s * (8 / STREAMS) + k] += *at;
            }
    for (Line &s : sums) sink = sink + s[0] + s[7];
}

// ---------------------------------------------------------------- writing

static void write_plain(char *to, const char *, size_t bytes) {
    Line *p = (Line *)to;
    Line v = {1, 2, 3, 4, 5, 6, 7, 8};
    asm volatile("" : "+m"(v));
    for (size_t i = 0; i < bytes / 64; i++) {
        p[i] = v;
        asm volatile("" ::: "memory");  // or the compiler makes a memset of it
    }
}

static void write_library(char *to, const char *, size_t bytes) { memset(to, 3, bytes); }

static void copy_plain(char *to, const char *from, size_t bytes) {
    Line *p = (Line *)to;
    const Line *q = (const Line *)from;
    for (size_t i = 0; i + 4 <= bytes / 64; i += 4) {
        Line a = q[i], b = q[i + 1], c = q[i + 2], d = q[i + 3];
        p[i] = a, p[i + 1] = b, p[i + 2] = c, p[i + 3] = d;
        asm volatile("" ::: "memory");
    }
}

static void copy_library(char *to, const char *from, size_t bytes) { memcpy(to, from, bytes); }

#ifdef __x86_64__
static inline void stream(char *to, Line v) {
#ifdef __AVX512F__
    _mm512_stream_si512((__m512i *)to, (__m512i)v);
#else
    __m128i parts[4];
    memcpy(parts, &v, 64);
    for (int i = 0; i < 4; i++) _mm_stream_si128((__m128i *)to + i, parts[i]);
#endif
}

static void write_around(char *to, const char *, size_t bytes) {
    const Line v = {1, 2, 3, 4, 5, 6, 7, 8};
    for (size_t i = 0; i < bytes; i += 64) stream(to + i, v);
    _mm_sfence();
}

static void write_string(char *to, const char *, size_t bytes) {
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(3) : "memory");
}

template <int AHEAD>
static void copy_around(char *to, const char *from, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) {
        if (AHEAD) __builtin_prefetch(from + i + AHEAD, 0, 3);
        stream(to + i, *(const Line *)(from + i));
    }
    _mm_sfence();
}

static void copy_string(char *to, const char *from, size_t bytes) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
}
#endif

typedef void (*Work)(char *to, const char *from, size_t bytes);

static const std::vector<Work> READS = {read<1, 0>, read<2, 0>, read<4, 0>, read<8, 0>, read<1, 1024>, read<4, 1024>};
static const std::vector<Work> WRITES = {
    write_plain, write_library,
#ifdef __x86_64__
    write_around, write_string,
#endif
};
static const std::vector<Work> COPIES = {
    copy_plain, copy_library,
#ifdef __x86_64__
    copy_around<0>, copy_around<1024>, copy_string,
#endif
};

// ---------------------------------------------------------------- how fast

// Seconds of `times` rounds of one piece of work that all threads do at once, each on memory of its own.
template <class Do>
static double timed(Do work) {
    if (threads == 1) {
        const double before = seconds(CLOCK_THREAD_CPUTIME_ID);
        work(0);
        return seconds(CLOCK_THREAD_CPUTIME_ID) - before;
    }
    double before = 0, after = 0;
#pragma omp parallel num_threads(threads)
    {
#pragma omp barrier
#pragma omp master
        before = seconds(CLOCK_MONOTONIC);
#pragma omp barrier
        work(omp_get_thread_num());
#pragma omp barrier
#pragma omp master
        after = seconds(CLOCK_MONOTONIC);
    }
    return after - before;
}

static char *memory(size_t bytes) {
    char *found = (char *)aligned_alloc(2 << 20, (bytes + (2 << 20) - 1) >> 21 << 21);
    if (!found) abort();
#ifdef __linux__
    madvise(found, bytes, MADV_HUGEPAGE);
#endif
    memset(found, 1, bytes);
    return found;
}

// Whether a way of doing it has had its tries. On a busy machine threads wait long for each other, and learn little.
struct Tries {
    int most, made = 0;
    double began = seconds(CLOCK_MONOTONIC);

    bool left() { return made++ < 2 || (made <= most && seconds(CLOCK_MONOTONIC) - began < 0.1); }
};

struct Memory {
    char *bytes;
    size_t size, share;  // of one thread, in whole lines

    char *of(int thread, size_t offset) const { return bytes + thread * share + offset; }
};

// The best rate at which a set that is used over and over goes by: what a cache of that size gives.
static double again(const std::vector<Work> &ways, const Memory &m, size_t set, bool both) {
    const size_t share = std::max<size_t>(set / threads / (both ? 2 : 1) / 4096, 1) * 4096;
    const size_t moved = share * (both ? 2 : 1) * threads;
    const int times = std::max<size_t>(1, ((threads == 1 ? 2 : 64) << 20) / moved);  // barriers take their time
    double best = 0;
    for (Work way : ways)
        for (Tries tries{set > (32 << 20) ? 3 : 12}; tries.left();) {
            const double took = timed([&](int thread) {
                for (int t = 0; t < times; t++) way(m.of(thread, 0), m.of(thread, both ? share : 0), share);
            });
            best = std::max(best, moved * (double)times / took);
        }
    return best;
}

// The same for a burst on memory that no cache holds, before which nothing waits to be written back.
static double fresh(const std::vector<Work> &ways, const Memory &m, const Memory &other, size_t burst, bool both) {
    const size_t share = burst / threads / (both ? 2 : 1) / 4096 * 4096, gap = m.share / 2 / 4096 * 4096;
    double best = 0;
    for (Work way : ways)
        for (Tries tries{6}; tries.left();) {
            timed([&](int thread) { read<4, 1024>(nullptr, other.of(thread, 0), other.share); });
            const double took = timed([&](int thread) { way(m.of(thread, 0), m.of(thread, both ? gap : 0), share); });
            best = std::max(best, share * (both ? 2.0 : 1.0) * threads / took);
        }
    return best;
}

template <class Vector, int CHAINS>
static double arithmetic() {
    double best = 0;
    const long steps = 100000;
    for (Tries tries{12}; tries.left();) {
        const double took = timed([&](int) {
            Vector x[CHAINS] = {}, a = {}, b = {};
            for (size_t i = 0; i < sizeof(Vector) / 4; i++) a[i] = 0.999f, b[i] = 0.001f;
            asm volatile("" : "+m"(a), "+m"(b));
            for (long step = 0; step < steps; step++)
                for (Vector &value : x) value = value * a + b;
            for (Vector &value : x) asm volatile("" : "+m"(value));
        });
        best = std::max(best, 2.0 * (sizeof(Vector) / 4) * CHAINS * steps * threads / took);
    }
    return best;
}

int main(int, char **arguments) {
    threads = atoi(arguments[1]);
    const size_t cold = strtoull(arguments[2], nullptr, 10);
    const Memory m = {memory(cold), cold, cold / threads / 4096 * 4096};
    const Memory other = {memory(cold), cold, cold / threads / 4096 * 4096};
    for (size_t set : {(size_t)16 << 10, (size_t)256 << 10, (size_t)4 << 20, cold / 4, cold}) {
        double read = again(READS, m, set, false), write = again(WRITES, m, set, false), copy = again(COPIES, m, set, true);
        if (set == cold)
            for (size_t burst : {(size_t)2 << 20, (size_t)16 << 20}) {
                read = std::max(read, fresh(READS, m, other, burst, false));
                write = std::max(write, fresh(WRITES, m, other, burst, false));
                copy = std::max(copy, fresh(COPIES, m, other, burst, true));
            }
        printf("bytes %zu %.6g %.6g %.6g\n", set, read, write, copy);
    }
    double flops = std::max({arithmetic<Wide, 8>(), arithmetic<Wide, 12>(), arithmetic<Wide, 24>()});
    flops = std::max({flops, arithmetic<Half, 8>(), arithmetic<Half, 12>()});
    printf("flops %.6g\n", flops);
}
