#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "cache_resident",
        "A part of what was read never left the processor, so the number is above what the memory "
        "itself can do, or the codec worked on data that was already at hand.",
        "The arrays of a NUMA node together are smaller than four times its last-level cache (the "
        "rule of the STREAM benchmark); for codecs, the corpus is no larger than the cache.",
        "Free memory, lift the memory limit of the group, or give --size by hand; on processors "
        "with very large caches a deep profile has the room."},
    FindingPage{
        "small_pages",
        "Address translation costs more than it has to. Two hosts, one with and one without huge "
        "pages, differ by settings and not by hardware.",
        "Huge pages back less than 99 % of a buffer that asked for them (smaps of the mapping).",
        "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled on both hosts, and compact "
        "memory (vm.compact_memory) on one that has been up for long."},
    FindingPage{
        "remote_pages",
        "The thread read the memory of another node through the interconnect, so the number "
        "mixes two paths and stands for neither.",
        "The kernel's own placement of each page (move_pages): over 1 % of a buffer lies on "
        "another node than its thread.",
        "Free memory on that node (`numactl --hardware`), switch kernel.numa_balancing off for "
        "the run, and repeat."},
};

}  // namespace

std::span<const FindingPage> memory_pages() {
    return kPages;
}

}  // namespace assay
