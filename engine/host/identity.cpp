#include "engine/host/identity.h"

#include <optional>
#include <string_view>

#include "engine/host/sha256.h"

namespace assay::host {
namespace {

constexpr std::string_view kBootId = "proc/sys/kernel/random/boot_id";

/// Hashed with a label, so that the number is of no use to whoever looks for the id itself.
std::optional<std::string> labelled_hash(std::string_view label,
                                         const std::optional<std::string>& id) {
    constexpr std::size_t kDigits = 32;
    if (!id || id->empty())
        return std::nullopt;
    auto digest = sha256_hex(std::string(label) + '\n' + *id);
    if (digest)
        digest->resize(kDigits);
    return digest;
}

}  // namespace

std::optional<std::string> machine_identity(const Files& files) {
    return labelled_hash("assay host, machine id", files.read_line("etc/machine-id"));
}

Expected<std::string> host_identity(const Files& files) {
    if (auto id = machine_identity(files))
        return *id;
    if (auto id = labelled_hash("assay host, boot id", files.read_line(kBootId)))
        return *id;
    return failure(ErrorKind::unavailable,
                   "this host has neither /etc/machine-id nor a boot id, so that runs could not "
                   "tell which peer they were measured to; run systemd-machine-id-setup");
}

std::string boot_identity(const Files& files) {
    return labelled_hash("assay, boot", files.read_line(kBootId)).value_or("");
}

}  // namespace assay::host
