#include "probes/memory/placement.h"

#include <cstdio>
#include <utility>

#include "engine/host/memory_habits.h"

namespace assay::memory {
namespace {

constexpr double kEnough = 0.99;  // of the pages: huge where asked for, on the wanted node

std::optional<double> huge_ratio_of(std::span<const UsedBuffer> buffers) {
    double huge_bytes = 0, bytes = 0;
    for (const UsedBuffer& used : buffers) {
        const auto ratio = used.buffer->huge_page_ratio();
        if (!ratio)
            return std::nullopt;
        huge_bytes += *ratio * static_cast<double>(used.buffer->size());
        bytes += static_cast<double>(used.buffer->size());
    }
    return huge_bytes / bytes;
}

std::optional<host::PagePlacement> pages_of(std::span<const UsedBuffer> buffers) {
    host::PagePlacement sum;
    for (const UsedBuffer& used : buffers) {
        const auto pages = used.buffer->placement(used.bytes);
        if (!pages)
            return std::nullopt;
        sum.add(*pages);
    }
    return sum;
}

std::string nodes_text(const host::PagePlacement& pages) {
    std::string text;
    for (const auto& [node, count] : pages.nodes)
        text +=
            (text.empty() ? "" : ", ") + std::to_string(count) + " on node " + std::to_string(node);
    return text;
}

void add_remote(const Placement& before, const Placement& now, std::vector<Finding>& findings) {
    if (!now.node || !now.pages)
        return;
    const auto ratio = now.pages->ratio_on(*now.node);
    if (!ratio || *ratio >= kEnough)
        return;
    std::string text = "Only " + percent_text(*ratio) + " of " +
                       std::to_string(now.pages->placed()) + " pages lie on " + now.place + " (" +
                       nodes_text(*now.pages) + ").";
    const auto first = before.pages ? before.pages->ratio_on(*now.node) : std::nullopt;
    if (first && *first >= kEnough)
        text += " When they were filled all did: they were moved meanwhile.";
    findings.push_back(make_finding("remote_pages", std::move(text)));
}

void add_empty(const Placement& now, std::vector<Finding>& findings) {
    if (!now.pages || now.pages->asked == 0 || now.pages->empty == 0)
        return;
    findings.push_back(make_finding(
        "zero_page", std::to_string(now.pages->empty) + " of " + std::to_string(now.pages->asked) +
                         " pages on " + now.place + " hold no memory of their own."));
}

}  // namespace

std::string percent_text(double ratio) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", ratio * 100);
    return text;
}

Placement placement_of(std::span<const UsedBuffer> buffers, std::string place,
                       std::optional<int> node, host::PagePreference asked) {
    Placement placement{.place = std::move(place),
                        .node = node,
                        .asked = asked,
                        .pages = pages_of(buffers),
                        .huge_ratio = huge_ratio_of(buffers),
                        .all_hugetlb = true};
    for (const UsedBuffer& used : buffers)
        placement.all_hugetlb = placement.all_hugetlb && used.buffer->is_hugetlb();
    return placement;
}

Value pages_obtained(const Placement& placement) {
    if (placement.all_hugetlb)
        return "hugetlb";
    if (!placement.huge_ratio)
        return {};
    if (*placement.huge_ratio >= kEnough)
        return "thp";
    return *placement.huge_ratio <= 1 - kEnough ? "4k" : "mixed";
}

std::vector<Finding> placement_findings(const Placement& before, const Placement& now) {
    std::vector<Finding> findings;
    if (now.asked == host::PagePreference::huge && now.huge_ratio && *now.huge_ratio < kEnough)
        findings.push_back(make_finding("small_pages", "Huge pages back " +
                                                           percent_text(*now.huge_ratio) +
                                                           " of the memory on " + now.place + "."));
    add_remote(before, now, findings);
    add_empty(now, findings);
    return findings;
}

std::vector<Finding> kernel_memory_findings(const host::Files& files) {
    const host::MemoryHabits habits = host::read_memory_habits(files);
    std::vector<Finding> findings;
    if (habits.numa_balancing.value_or(0) != 0)
        findings.push_back(make_finding(
            "numa_balancing",
            "kernel.numa_balancing is " + std::to_string(*habits.numa_balancing) + "."));
    if (habits.ksm_run == 1)
        findings.push_back(make_finding("ksm_active", "Kernel samepage merging runs (ksm/run 1)."));
    if (habits.transparent_huge_pages == "never")
        findings.push_back(make_finding(
            "thp_disabled", "Transparent huge pages are set to 'never' on this kernel."));
    return findings;
}

}  // namespace assay::memory
