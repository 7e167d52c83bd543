#pragma once

#include <stddef.h>

/* A second opinion on the latency of memory: plain C, written without anything of the product. */
#ifdef __cplusplus
extern "C" {
#endif

/* Median over `batches` of the nanoseconds a load, each batch `hops` dependent loads through a
   random cycle of `lines` cache lines that lie 128 bytes apart, on huge pages where `huge` is not
   0. A negative number where the memory is not to be had. */
double chase_oracle_ns(size_t lines, int huge, size_t hops, size_t batches, unsigned long seed);

#ifdef __cplusplus
}
#endif
