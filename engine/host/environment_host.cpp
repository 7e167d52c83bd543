#include <array>

#include "engine/host/environment_sections.h"
#include "engine/host/hypervisor.h"
#include "engine/host/identity.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

struct Sign {
    std::string_view text;
    std::string_view name;
};

// CPUID leaf 0x40000000.
constexpr std::array kHypervisorSignatures{
    Sign{"KVMKVMKVM", "kvm"},         Sign{"TCGTCGTCGTCG", "qemu"},
    Sign{"Microsoft Hv", "hyper-v"},  Sign{"VMwareVMware", "vmware"},
    Sign{"XenVMMXenVMM", "xen"},      Sign{"VBoxVBoxVBox", "virtualbox"},
    Sign{" lrpepyh vr", "parallels"}, Sign{"bhyve bhyve ", "bhyve"},
    Sign{"ACRNACRNACRN", "acrn"},
};

// Words in the firmware's vendor and product names that only virtual machines carry.
constexpr std::array kVirtualFirmware{
    Sign{"QEMU", "qemu"},
    Sign{"KVM", "kvm"},
    Sign{"VMware", "vmware"},
    Sign{"VirtualBox", "virtualbox"},
    Sign{"innotek", "virtualbox"},
    Sign{"Xen", "xen"},
    Sign{"Parallels", "parallels"},
    Sign{"BHYVE", "bhyve"},
    Sign{"Virtual Machine", "hyper-v"},
    Sign{"Google Compute Engine", "kvm"},
    Sign{"OpenStack", "openstack"},
};

// Parts of control-group paths and mount roots, the most telling first: a pod's container runs in
// containerd too.
constexpr std::array kContainerPaths{
    Sign{"kubepods", "kubernetes"}, Sign{"/var/lib/kubelet/pods/", "kubernetes"},
    Sign{"/libpod", "podman"},      Sign{"overlay-containers/", "podman"},
    Sign{"/docker/", "docker"},     Sign{"docker-", "docker"},
    Sign{"/lxc/", "lxc"},           Sign{"lxc.payload", "lxc"},
};

template <std::size_t N>
std::optional<std::string> name_within(std::string_view text, const std::array<Sign, N>& signs) {
    for (const Sign& sign : signs)
        if (text.find(sign.text) != std::string_view::npos)
            return std::string(sign.name);
    return std::nullopt;
}

std::optional<bool> cpuinfo_shows_hypervisor(const Files& files) {
    const std::optional<std::string> text = files.read("proc/cpuinfo");
    if (!text)
        return std::nullopt;
    for (const std::string_view line : lines_of(*text)) {
        if (!line.starts_with("flags"))
            continue;
        const std::vector<std::string_view> flags = words_of(line);
        for (const std::string_view flag : flags)
            if (flag == "hypervisor")
                return true;
        return false;
    }
    return std::nullopt;
}

std::optional<HypervisorSign> hypervisor_sign(const Files& files) {
    return is_live(files) ? live_hypervisor() : std::nullopt;
}

// "kvm", "vmware", ...; "none" on bare metal; "unidentified" where there is one without a name.
std::optional<std::string> hypervisor_of(const Files& files,
                                         const std::optional<HypervisorSign>& sign,
                                         const std::string& firmware) {
    if (sign && sign->present)
        if (auto name = name_within(sign->signature, kHypervisorSignatures))
            return name;
    if (auto name = name_within(firmware, kVirtualFirmware))
        return name;
    const std::optional<bool> present =
        sign ? std::optional(sign->present) : cpuinfo_shows_hypervisor(files);
    if (!present)
        return std::nullopt;
    return *present ? "unidentified" : "none";
}

// Hints only: no sign of a container does not prove that there is none, so that is unknown.
std::optional<std::string> container_of(const Files& files) {
    std::string paths = files.read("proc/self/cgroup").value_or("");
    if (auto name = name_within(paths, kContainerPaths))
        return name;
    if (files.exists("run/.containerenv"))
        return "podman";
    if (files.exists(".dockerenv"))
        return "docker";
    if (auto name = files.read_line("run/systemd/container"); name && !name->empty())
        return name;
    // Runtimes bind files of their own over etc/hostname and the like.
    for (const Mount& mount : read_mounts(files))
        if (mount.point.starts_with("/etc/"))
            if (auto name = name_within(mount.root, kContainerPaths))
                return name;
    return std::nullopt;
}

std::optional<std::string> operating_system(const Files& files) {
    constexpr std::string_view kName = "PRETTY_NAME=";
    const std::string text = files.read("etc/os-release").value_or("");
    for (std::string_view line : lines_of(text)) {
        if (!line.starts_with(kName))
            continue;
        line.remove_prefix(kName.size());
        if (line.size() >= 2 && line.front() == line.back() && line.front() == '"')
            line = line.substr(1, line.size() - 2);
        return std::string(line);
    }
    return std::nullopt;
}

}  // namespace

Value host_section(const Files& files) {
    const auto vendor = files.read_line("sys/class/dmi/id/sys_vendor");
    const auto product = files.read_line("sys/class/dmi/id/product_name");
    const std::optional<HypervisorSign> sign = hypervisor_sign(files);
    const std::string firmware = vendor.value_or("") + " " + product.value_or("");
    return Value::Object{
        {"hostname", files.read_line("proc/sys/kernel/hostname")},
        {"identity", machine_identity(files)},
        {"boot_id_sha256", hashed(files.read_line("proc/sys/kernel/random/boot_id"))},
        {"operating_system", operating_system(files)},
        {"machine_vendor", vendor},
        {"machine_product", product},
        {"bios_version", files.read_line("sys/class/dmi/id/bios_version")},
        {"hypervisor", hypervisor_of(files, sign, firmware)},
        {"hypervisor_signature",
         sign && sign->present && !sign->signature.empty() ? Value(sign->signature) : Value()},
        {"container", container_of(files)},
    };
}

}  // namespace assay::host
