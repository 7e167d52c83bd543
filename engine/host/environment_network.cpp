#include <filesystem>

#include "engine/host/environment_sections.h"
#include "engine/host/nic_offloads.h"

namespace assay::host {
namespace {

constexpr std::string_view kInterfaceFolder = "sys/class/net/";
// Hosts of many containers have thousands of interfaces; the first of them tell enough.
constexpr std::size_t kMostInterfaces = 64;

std::optional<std::int64_t> positive(std::optional<std::int64_t> number) {
    return number && *number > 0 ? number : std::nullopt;
}

Value offloads_of(const Files& files, const std::string& name) {
    const NicOffloads offloads = is_live(files) ? read_nic_offloads(name) : NicOffloads{};
    return Value::Object{{"receive_checksum", offloads.receive_checksum},
                         {"transmit_checksum", offloads.transmit_checksum},
                         {"scatter_gather", offloads.scatter_gather},
                         {"tcp_segmentation", offloads.tcp_segmentation},
                         {"generic_segmentation", offloads.generic_segmentation},
                         {"generic_receive", offloads.generic_receive},
                         {"large_receive", offloads.large_receive}};
}

Value driver_of(const Files& files, const std::string& folder) {
    const auto target = files.link_target(folder + "/device/driver");
    return target ? Value(std::filesystem::path(*target).filename().string()) : Value();
}

Value is_virtual(const Files& files, const std::string& folder) {
    const auto target = files.link_target(folder);
    return target ? Value(target->find("/virtual/") != std::string::npos) : Value();
}

Value interface_facts(const Files& files, const std::string& name) {
    const std::string folder = std::string(kInterfaceFolder) + name;
    const auto node = files.read_integer(folder + "/device/numa_node");
    return Value::Object{
        {"name", name},
        {"driver", driver_of(files, folder)},
        {"virtual", is_virtual(files, folder)},
        {"operstate", files.read_line(folder + "/operstate")},
        // The kernel writes -1 where the speed is not known.
        {"speed_mbps", positive(files.read_integer(folder + "/speed"))},
        {"duplex", files.read_line(folder + "/duplex")},
        {"mtu", positive(files.read_integer(folder + "/mtu"))},
        {"numa_node", node && *node >= 0 ? Value(node) : Value()},
        {"mac_sha256", hashed(files.read_line(folder + "/address"))},
        {"offloads", offloads_of(files, name)},
    };
}

// Hardware always; a software interface only while it is up.
bool is_worth_telling(const Files& files, const std::string& name) {
    const std::string folder = std::string(kInterfaceFolder) + name;
    if (name == "lo")
        return false;
    return files.exists(folder + "/device") || files.read_line(folder + "/operstate") == "up";
}

}  // namespace

Value network_section(const Files& files) {
    Value::List interfaces;
    int left_out = 0;
    const std::vector<std::string> names = files.list(kInterfaceFolder);
    for (const std::string& name : names) {
        if (!is_worth_telling(files, name))
            continue;
        if (interfaces.size() < kMostInterfaces)
            interfaces.push_back(interface_facts(files, name));
        else
            ++left_out;
    }
    return Value::Object{
        {"interfaces", names.empty() ? Value() : Value(std::move(interfaces))},
        {"interfaces_left_out", names.empty() ? Value() : Value(left_out)},
        {"tcp_congestion_control", files.read_line("proc/sys/net/ipv4/tcp_congestion_control")},
        {"default_queue_discipline", files.read_line("proc/sys/net/core/default_qdisc")},
        {"receive_buffer_max_bytes", files.read_integer("proc/sys/net/core/rmem_max")},
        {"send_buffer_max_bytes", files.read_integer("proc/sys/net/core/wmem_max")},
    };
}

}  // namespace assay::host
