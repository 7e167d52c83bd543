// The plainest use of libzstd that there is, as a peer of cpu.zstd with the very same library: Debian's zstd program
// carries a copy of its own, built otherwise.
//   zstd_loop FILE BLOCK_BYTES LEVEL SECONDS
// Compresses the file's blocks over and over with one context, then decompresses them. Prints
// "-> SIZE (xRATIO), COMPRESS MB/s, DECOMPRESS MB/s" as `zstd -b` does, but of all passes together. Exit status: 0,
// 64 usage, 70 an error.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

static double now_s(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *get(size_t bytes) {
    void *memory = malloc(bytes);
    if (memory == NULL)
        exit(70);
    return memset(memory, 1, bytes);
}

static size_t checked(size_t result) {
    if (ZSTD_isError(result)) {
        fprintf(stderr, "zstd_loop: %s\n", ZSTD_getErrorName(result));
        exit(70);
    }
    return result;
}

int main(int count, char **arguments) {
    if (count != 5)
        return 64;
    FILE *file = fopen(arguments[1], "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return 70;
    const size_t size = (size_t)ftell(file), block = strtoull(arguments[2], NULL, 10);
    const int level = atoi(arguments[3]);
    const double seconds = atof(arguments[4]);
    if (size == 0 || block == 0 || seconds <= 0)
        return 64;
    rewind(file);
    char *data = get(size), *back = get(size);
    if (fread(data, 1, size, file) != size)
        return 70;
    const size_t blocks = (size + block - 1) / block, bound = ZSTD_compressBound(block);
    char *packed = get(blocks * bound);
    size_t *lengths = get(blocks * sizeof *lengths);
    ZSTD_CCtx *packer = ZSTD_createCCtx();
    ZSTD_DCtx *unpacker = ZSTD_createDCtx();
    if (packer == NULL || unpacker == NULL)
        return 70;
    double rates[2];
    for (int way = 0; way < 2; ++way) {
        double begin = 0, end = 0;
        size_t passes = 0;
        for (; passes < 2 || end - begin < seconds; ++passes) {
            if (passes == 1)
                begin = now_s();  // the first warms up
            for (size_t index = 0; index < blocks; ++index) {
                const size_t at = index * block, length = size - at < block ? size - at : block;
                if (way == 0)
                    lengths[index] = checked(
                        ZSTD_compressCCtx(packer, packed + index * bound, bound, data + at, length, level));
                else
                    checked(ZSTD_decompressDCtx(unpacker, back + at, length, packed + index * bound, lengths[index]));
            }
            end = now_s();
        }
        rates[way] = (double)(passes - 1) * (double)size / (end - begin) / 1e6;
    }
    if (memcmp(data, back, size) != 0)
        return 70;
    size_t total = 0;
    for (size_t index = 0; index < blocks; ++index)
        total += lengths[index];
    printf("-> %zu (x%.3f), %.1f MB/s, %.1f MB/s\n", total, (double)size / (double)total, rates[0], rates[1]);
    return 0;
}
