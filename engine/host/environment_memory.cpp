#include "engine/core/units.h"
#include "engine/host/counters.h"
#include "engine/host/environment_sections.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

// sys/kernel/mm/hugepages/hugepages-2048kB/...
Value huge_page_pools(const Files& files) {
    constexpr std::string_view kFolder = "sys/kernel/mm/hugepages/", kPrefix = "hugepages-",
                               kSuffix = "kB";
    Value::List pools;
    for (const std::string& name : files.list(kFolder)) {
        if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix))
            continue;
        const std::string_view digits = std::string_view(name).substr(
            kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
        const auto kibibytes = number_of<std::uint32_t>(digits);
        if (!kibibytes)
            continue;
        const std::string folder = std::string(kFolder) + name;
        pools.emplace_back(Value::Object{{"page_bytes", std::uint64_t{*kibibytes} * kKiB},
                                         {"total", files.read_integer(folder + "/nr_hugepages")},
                                         {"free", files.read_integer(folder + "/free_hugepages")}});
    }
    return pools.empty() ? Value() : Value(std::move(pools));
}

Value menu_choice(const Files& files, std::string_view path) {
    const std::optional<std::string> menu = files.read_line(path);
    return menu ? Value(chosen_of(*menu)) : Value();
}

Value distances_from(const Files& files, int node) {
    const auto line =
        files.read_line("sys/devices/system/node/node" + std::to_string(node) + "/distance");
    if (!line)
        return {};
    Value::List distances;
    for (const std::string_view word : words_of(*line)) {
        const auto distance = number_of<int>(word);
        if (!distance)
            return {};
        distances.emplace_back(*distance);
    }
    return distances.empty() ? Value() : Value(std::move(distances));
}

}  // namespace

Value memory_section(const Files& files) {
    const std::optional<MemoryFacts> memory = read_memory(files);
    const auto fact = [&](auto member) { return memory ? Value((*memory).*member) : Value(); };
    return Value::Object{
        {"total_bytes", fact(&MemoryFacts::total_bytes)},
        {"available_bytes", fact(&MemoryFacts::available_bytes)},
        {"swap_total_bytes", fact(&MemoryFacts::swap_total_bytes)},
        {"swap_used_bytes", fact(&MemoryFacts::swap_used_bytes)},
        {"huge_page_pools", huge_page_pools(files)},
        {"transparent_huge_pages",
         menu_choice(files, "sys/kernel/mm/transparent_hugepage/enabled")},
        {"transparent_huge_page_defrag",
         menu_choice(files, "sys/kernel/mm/transparent_hugepage/defrag")},
        {"ksm_run", files.read_integer("sys/kernel/mm/ksm/run")},
        {"numa_balancing", files.read_integer("proc/sys/kernel/numa_balancing")},
        {"modules", memory_modules(files)},
    };
}

Value numa_section(const Files& files, const Topology& topology) {
    Value::List nodes;
    for (const NumaNode& node : topology.nodes)
        nodes.emplace_back(Value::Object{{"node", node.os_index},
                                         {"memory_bytes", node.memory_bytes},
                                         {"cpus", cpu_list_of(node.pus)},
                                         {"distances", distances_from(files, node.os_index)}});
    return Value::Object{{"nodes", nodes.empty() ? Value() : Value(std::move(nodes))}};
}

}  // namespace assay::host
