#define _GNU_SOURCE
#include "tests/support/chase_oracle.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Even lines on one page, odd ones on the next, so that all sets of a cache have as many. */
static size_t place(size_t line) {
    return line * 128 + (line / 32 % 2) * 64;
}

static int by_value(const void* a, const void* b) {
    double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

/* Sattolo (1986): a permutation that is a single cycle. */
static void link_cycle(char* base, size_t lines, unsigned long seed) {
    size_t* next = malloc(lines * sizeof *next);
    if (next == NULL)
        return;
    unsigned short state[3] = {(unsigned short)seed, (unsigned short)(seed >> 16), 0x330e};
    for (size_t i = 0; i < lines; ++i)
        next[i] = i;
    for (size_t i = lines - 1; i > 0; --i) {
        size_t j = (size_t)(erand48(state) * (double)i);
        size_t held = next[i];
        next[i] = next[j];
        next[j] = held;
    }
    for (size_t i = 0; i < lines; ++i)
        *(void**)(base + place(i)) = base + place(next[i]);
    free(next);
}

double chase_oracle_ns(size_t lines, int huge, size_t hops, size_t batches, unsigned long seed) {
    const size_t page = (size_t)2 << 20;
    const size_t bytes = (place(lines) + page) / page * page;
    char* mapped =
        mmap(NULL, bytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return -1;
    char* base = (char*)(((uintptr_t)mapped + page - 1) / page * page);
    madvise(base, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    for (size_t i = 0; i < bytes; i += 4096)
        base[i] = 1;
    double* times = malloc(batches * sizeof *times);
    double answer = -1;
    if (times != NULL) {
        link_cycle(base, lines, seed);
        void* volatile* at = (void* volatile*)(base + place(0));
        for (size_t i = 0; i < (lines < 100000 ? 2 * lines : 100000); ++i)
            at = (void* volatile*)*at;
        for (size_t batch = 0; batch < batches; ++batch) {
            double begin = now_ns();
            for (size_t i = 0; i < hops; i += 8) {
                at = (void* volatile*)*at;
                at = (void* volatile*)*at;
                at = (void* volatile*)*at;
                at = (void* volatile*)*at;
                at = (void* volatile*)*at;
                at = (void* volatile*)*at;
                at = (void* volatile*)*at;
                at = (void* volatile*)*at;
            }
            /* The next clock read must not begin before the last load is over. */
            __asm__ volatile("" ::"r"(at) : "memory");
            times[batch] = (now_ns() - begin) / (double)hops;
        }
        qsort(times, batches, sizeof *times, by_value);
        answer = times[batches / 2];
        free(times);
    }
    munmap(mapped, bytes + page);
    return answer;
}
