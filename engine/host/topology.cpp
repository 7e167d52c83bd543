#include "engine/host/topology.h"

#include <hwloc.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "engine/host/counters.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

struct Destroyer {
    void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Handle = std::unique_ptr<hwloc_topology, Destroyer>;

/// hwloc 2.9 takes another root only through the process's environment. No product path reads a
/// fixture tree, so the variable is set in tests alone; the lock keeps two such reads apart.
class FixtureRoot {
  public:
    explicit FixtureRoot(const std::filesystem::path& root) : lock_(mutex()) {
        set_ = setenv("HWLOC_FSROOT", root.c_str(), 1) == 0;
    }
    ~FixtureRoot() { unsetenv("HWLOC_FSROOT"); }
    FixtureRoot(const FixtureRoot&) = delete;
    FixtureRoot& operator=(const FixtureRoot&) = delete;
    bool is_set() const { return set_; }

  private:
    static std::mutex& mutex() {
        static std::mutex only;
        return only;
    }
    std::lock_guard<std::mutex> lock_;
    bool set_ = false;
};

std::unexpected<Error> unreadable(const std::string& step, int reason) {
    return failure(ErrorKind::unavailable,
                   "read the machine's topology through hwloc: " + step +
                       ". Check that sysfs is mounted and readable (sys/devices/system)",
                   reason);
}

Expected<Handle> load(bool live) {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0)
        return unreadable("start it", errno);
    Handle topology(raw);
    // PUs outside the control group's set are shown, marked as not allowed.
    if (hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) != 0 ||
        hwloc_topology_set_icache_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_ALL) != 0)
        return unreadable("set its filters", errno);
    // The x86 backend asks the processor that we run on, which says nothing about a fixture.
    if (!live &&
        hwloc_topology_set_components(raw, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, "x86") != 0)
        return unreadable("leave its x86 backend out", errno);
    if (hwloc_topology_load(raw) != 0)
        return unreadable("load it", errno);
    if (live && hwloc_topology_is_thissystem(raw) == 0)
        return failure(ErrorKind::unavailable,
                       "read the machine's topology through hwloc: it describes another machine. "
                       "Unset the HWLOC_ variables of the environment (HWLOC_FSROOT, "
                       "HWLOC_XMLFILE, HWLOC_SYNTHETIC)");
    return topology;
}

Expected<Handle> load(const Files& files) {
    if (files.root() == "/")
        return load(true);
    const FixtureRoot root(files.root());
    if (!root.is_set())
        return unreadable("name the fixture root " + files.root().string(), errno);
    return load(false);
}

/// "0-3,8" is {0, 1, 2, 3, 8}; empty text is the empty list. nullopt where it is malformed.
std::optional<std::vector<int>> cpus_of_list(std::string_view text) {
    constexpr int kMostCpus = 1 << 16;
    std::vector<int> cpus;
    if (trimmed(text).empty())
        return cpus;
    for (const std::string_view piece : pieces_of(trimmed(text), ',')) {
        const auto dash = piece.find('-');
        const auto first = number_of<int>(piece.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : number_of<int>(piece.substr(dash + 1));
        if (!first || !last || *first < 0 || *last < *first || *last >= kMostCpus)
            return std::nullopt;
        for (int cpu = *first; cpu <= *last; ++cpu)
            cpus.push_back(cpu);
    }
    std::ranges::sort(cpus);
    return cpus;
}

std::vector<int> members(hwloc_const_bitmap_t set) {
    std::vector<int> indices;
    for (int index = hwloc_bitmap_first(set); index >= 0; index = hwloc_bitmap_next(set, index))
        indices.push_back(index);
    return indices;
}

/// The CPUs of this process's affinity mask. Absent where nothing says so.
std::optional<std::set<int>> allowed_by_affinity(const Files& files) {
    if (files.root() != "/") {
        const auto status = files.read("proc/self/status");
        if (!status)
            return std::nullopt;
        constexpr std::string_view kField = "Cpus_allowed_list:";
        const auto found = status->find(kField);
        if (found == std::string::npos)
            return std::nullopt;
        const auto begin = found + kField.size();
        const auto list = cpus_of_list(
            std::string_view(*status).substr(begin, status->find('\n', begin) - begin));
        if (!list)
            return std::nullopt;
        return std::set<int>(list->begin(), list->end());
    }
    // A mask of 1024 CPUs is too small for the largest machines; the kernel then says EINVAL.
    constexpr std::size_t kMostCpus = std::size_t{1} << 16;
    for (std::size_t cpus = CPU_SETSIZE; cpus <= kMostCpus; cpus *= 2) {
        const std::size_t bytes = CPU_ALLOC_SIZE(cpus);
        std::vector<unsigned long> words(bytes / sizeof(unsigned long));
        auto* mask = reinterpret_cast<cpu_set_t*>(words.data());
        if (sched_getaffinity(0, bytes, mask) == 0) {
            std::set<int> allowed;
            for (std::size_t cpu = 0; cpu < cpus; ++cpu)
                if (CPU_ISSET_S(cpu, bytes, mask))
                    allowed.insert(static_cast<int>(cpu));
            return allowed;
        }
        if (errno != EINVAL)
            return std::nullopt;
    }
    return std::nullopt;
}

std::string node_path(int os_index, std::string_view file) {
    return "sys/devices/system/node/node" + std::to_string(os_index) + "/" + std::string(file);
}

/// Memory that was added after boot (hot-plug, a balloon that gave back) is in the machine's count
/// and, on some kernels, never reaches the node's. The only node with memory then has all of it;
/// with several it is unknown whose it is.
void mend_memory(const Files& files, std::vector<NumaNode>& nodes) {
    constexpr double kAgreement = 0.99;  // what the kernel keeps for itself differs by some MiB
    const auto memory = read_memory(files);
    std::uint64_t sum = 0;
    std::size_t with_memory = 0;
    for (const NumaNode& node : nodes) {
        sum += node.memory_bytes.value_or(0);
        with_memory += node.memory_bytes.value_or(0) > 0;
    }
    if (!memory || with_memory == 0 ||
        static_cast<double>(sum) >= kAgreement * static_cast<double>(memory->total_bytes))
        return;
    for (NumaNode& node : nodes) {
        if (node.memory_bytes.value_or(0) == 0)
            continue;
        if (with_memory == 1)
            node.memory_bytes = memory->total_bytes;
        else
            node.memory_bytes.reset();
    }
}

std::vector<NumaNode> read_nodes(hwloc_topology_t topology, const Files& files) {
    std::vector<NumaNode> nodes;
    hwloc_obj_t object = nullptr;
    while ((object = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, object)) != nullptr) {
        NumaNode node;
        node.os_index = static_cast<int>(object->os_index);
        // hwloc makes up one node where the kernel has none.
        const auto cpus = files.read_line(node_path(node.os_index, "cpulist"));
        if (!cpus && !files.exists(node_path(node.os_index, "meminfo")))
            continue;
        // The kernel's own list, since hwloc gives a node without CPUs those that are near to it.
        const auto list = cpus ? cpus_of_list(*cpus) : std::nullopt;
        node.pus = list ? *list : members(object->cpuset);
        const auto bytes = object->attr->numanode.local_memory;
        if (bytes > 0 || files.exists(node_path(node.os_index, "meminfo")))
            node.memory_bytes = bytes;
        nodes.push_back(std::move(node));
    }
    std::ranges::sort(nodes, {}, &NumaNode::os_index);
    mend_memory(files, nodes);
    return nodes;
}

int logical_index(hwloc_topology_t topology, hwloc_obj_type_t type, hwloc_obj_t pu, int otherwise) {
    const hwloc_obj_t found = hwloc_get_ancestor_obj_by_type(topology, type, pu);
    return found == nullptr ? otherwise : static_cast<int>(found->logical_index);
}

std::vector<Pu> read_pus(hwloc_topology_t topology, const std::vector<NumaNode>& nodes,
                         const std::optional<std::set<int>>& affinity) {
    const hwloc_const_cpuset_t granted = hwloc_topology_get_allowed_cpuset(topology);
    std::vector<Pu> pus;
    hwloc_obj_t object = nullptr;
    while ((object = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, object)) != nullptr) {
        Pu pu;
        pu.os_index = static_cast<int>(object->os_index);
        // Where the kernel names no cores, a PU counts as a core of its own.
        pu.core = logical_index(topology, HWLOC_OBJ_CORE, object,
                                static_cast<int>(object->logical_index));
        pu.package = logical_index(topology, HWLOC_OBJ_PACKAGE, object, 0);
        for (const NumaNode& node : nodes)
            if (std::ranges::binary_search(node.pus, pu.os_index))
                pu.numa_node = node.os_index;
        pu.allowed = hwloc_bitmap_isset(granted, object->os_index) != 0 &&
                     (!affinity || affinity->contains(pu.os_index));
        pus.push_back(pu);
    }
    std::ranges::sort(pus, {}, &Pu::os_index);
    return pus;
}

std::string kind_of(hwloc_obj_cache_type_t type) {
    switch (type) {
        case HWLOC_OBJ_CACHE_DATA:
            return "data";
        case HWLOC_OBJ_CACHE_INSTRUCTION:
            return "instruction";
        case HWLOC_OBJ_CACHE_UNIFIED:
            return "unified";
    }
    return "unified";
}

std::vector<Cache> read_caches(hwloc_topology_t topology) {
    constexpr std::array kTypes{HWLOC_OBJ_L1CACHE,  HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE,
                                HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L3CACHE,  HWLOC_OBJ_L3ICACHE,
                                HWLOC_OBJ_L4CACHE,  HWLOC_OBJ_L5CACHE};
    std::vector<Cache> caches;
    for (const hwloc_obj_type_t type : kTypes) {
        hwloc_obj_t object = nullptr;
        while ((object = hwloc_get_next_obj_by_type(topology, type, object)) != nullptr)
            caches.push_back({.level = static_cast<int>(object->attr->cache.depth),
                              .kind = kind_of(object->attr->cache.type),
                              .size_bytes = object->attr->cache.size,
                              .pus = members(object->cpuset)});
    }
    return caches;
}

}  // namespace

Expected<Topology> read_topology(const Files& files) {
    ASSAY_TRY(const Handle handle, load(files));
    hwloc_topology_t raw = handle.get();
    Topology topology;
    topology.packages = std::max(0, hwloc_get_nbobjs_by_type(raw, HWLOC_OBJ_PACKAGE));
    topology.nodes = read_nodes(raw, files);
    topology.pus = read_pus(raw, topology.nodes, allowed_by_affinity(files));
    topology.caches = read_caches(raw);
    std::set<int> cores;
    for (const Pu& pu : topology.pus)
        cores.insert(pu.core);
    topology.cores = static_cast<int>(cores.size());
    if (topology.pus.empty())
        return unreadable("it shows no processor", 0);
    return topology;
}

std::vector<int> Topology::allowed_cpus() const {
    std::vector<int> cpus;
    for (const Pu& pu : pus)
        if (pu.allowed)
            cpus.push_back(pu.os_index);
    return cpus;
}

std::vector<int> Topology::allowed_cpus_of_node(int os_index) const {
    std::vector<int> cpus;
    for (const Pu& pu : pus)
        if (pu.allowed && pu.numa_node == os_index)
            cpus.push_back(pu.os_index);
    return cpus;
}

std::vector<int> Topology::pinning_order() const {
    std::vector<int> order;
    std::vector<const Pu*> waiting;
    for (const Pu& pu : pus)
        if (pu.allowed)
            waiting.push_back(&pu);
    // Each pass takes one PU of every core that has one left: the cores first, then the siblings.
    while (!waiting.empty()) {
        std::set<int> cores_of_pass;
        std::vector<const Pu*> left;
        for (const Pu* pu : waiting) {
            if (cores_of_pass.insert(pu->core).second)
                order.push_back(pu->os_index);
            else
                left.push_back(pu);
        }
        waiting = std::move(left);
    }
    return order;
}

std::optional<std::uint64_t> Topology::last_level_cache_bytes() const {
    const std::vector<int> allowed = allowed_cpus();
    int last_level = 0;
    std::uint64_t bytes = 0;
    for (const Cache& cache : caches) {
        const bool reached = std::ranges::any_of(
            cache.pus, [&](int pu) { return std::ranges::binary_search(allowed, pu); });
        if (!reached || cache.kind == "instruction" || cache.level < last_level)
            continue;
        bytes = cache.level > last_level ? cache.size_bytes : bytes + cache.size_bytes;
        last_level = cache.level;
    }
    return bytes == 0 ? std::nullopt : std::optional(bytes);
}

}  // namespace assay::host
