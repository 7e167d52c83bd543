#include <array>

#include "engine/core/units.h"
#include "engine/host/environment_sections.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

// SMBIOS 3.6, 7.18.2: the types that a server of this century may carry.
struct TypeName {
    std::size_t code;
    std::string_view name;
};
constexpr std::array kMemoryTypes{
    TypeName{0x12, "DDR"},    TypeName{0x13, "DDR2"},   TypeName{0x18, "DDR3"},
    TypeName{0x1A, "DDR4"},   TypeName{0x1D, "LPDDR3"}, TypeName{0x1E, "LPDDR4"},
    TypeName{0x20, "HBM"},    TypeName{0x21, "HBM2"},   TypeName{0x22, "DDR5"},
    TypeName{0x23, "LPDDR5"}, TypeName{0x24, "HBM3"},
};

// A structure of the firmware's table (SMBIOS 3.6, 6.1): a formatted area of `length` bytes, then
// strings, each ended by a zero byte, to which fields refer by number from 1.
class FirmwareStructure {
  public:
    explicit FirmwareStructure(std::string_view raw) : raw_(raw) {
        constexpr std::size_t kLengthField = 1;
        length_ = std::min(raw.size() > kLengthField ? byte(kLengthField) : 0, raw.size());
    }

    // Little-endian; nullopt where this structure is too short for the field.
    std::optional<std::uint64_t> number(std::size_t offset, std::size_t bytes) const {
        if (offset + bytes > length_)
            return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t index = bytes; index-- > 0;)
            value = value << 8 | byte(offset + index);
        return value;
    }

    std::optional<std::string> text(std::size_t offset) const {
        const auto wanted = number(offset, 1);
        std::string_view strings = raw_.substr(length_);
        for (std::uint64_t index = 1; wanted && index <= *wanted; ++index) {
            const std::size_t end = strings.find('\0');
            if (end == std::string_view::npos || end == 0)
                return std::nullopt;
            const std::string_view found = trimmed(strings.substr(0, end));
            if (index == *wanted && !found.empty())
                return std::string(found);
            strings.remove_prefix(end + 1);
        }
        return std::nullopt;
    }

  private:
    std::size_t byte(std::size_t offset) const { return static_cast<unsigned char>(raw_[offset]); }
    std::string_view raw_;
    std::size_t length_ = 0;
};

// SMBIOS 3.6, 7.18, "Size" and "Extended Size". 0 is an empty socket.
std::optional<std::uint64_t> module_bytes(const FirmwareStructure& module) {
    constexpr std::size_t kSize = 0x0C, kExtendedSize = 0x1C;
    constexpr std::uint64_t kUnknown = 0xFFFF, kSeeExtended = 0x7FFF, kInKibibytes = 0x8000;
    const auto size = module.number(kSize, 2);
    if (!size || *size == kUnknown)
        return std::nullopt;
    if (*size == kSeeExtended) {
        const auto extended = module.number(kExtendedSize, 4);
        return extended ? std::optional(*extended * kMiB) : std::nullopt;
    }
    return (*size & kInKibibytes) != 0 ? (*size & ~kInKibibytes) * kKiB : *size * kMiB;
}

// 0 is unknown; 0xFFFF points to a field of 4 bytes for speeds that no module reaches yet.
Value speed(const FirmwareStructure& module, std::size_t offset) {
    constexpr std::uint64_t kUnknown = 0, kElsewhere = 0xFFFF;
    const auto value = module.number(offset, 2);
    return value && *value != kUnknown && *value != kElsewhere ? Value(*value) : Value();
}

Value type_name(const FirmwareStructure& module) {
    constexpr std::size_t kType = 0x12;
    for (const TypeName& row : kMemoryTypes)
        if (module.number(kType, 1) == row.code)
            return row.name;
    return {};
}

Value::List modules_of_firmware(const Files& files) {
    constexpr std::string_view kFolder = "sys/firmware/dmi/entries/", kMemoryDevice = "17-";
    constexpr std::size_t kLocator = 0x10, kSpeed = 0x15, kManufacturer = 0x17, kSerial = 0x18,
                          kPartNumber = 0x1A, kConfiguredSpeed = 0x20;
    Value::List modules;
    for (const std::string& name : files.list(kFolder)) {
        if (!name.starts_with(kMemoryDevice))
            continue;
        const auto raw = files.read(std::string(kFolder) + name + "/raw");
        if (!raw)
            continue;
        const FirmwareStructure module(*raw);
        const auto bytes = module_bytes(module);
        if (!bytes || *bytes == 0)
            continue;
        modules.emplace_back(
            Value::Object{{"locator", module.text(kLocator)},
                          {"size_bytes", bytes},
                          {"type", type_name(module)},
                          {"speed_mega_transfers_per_s", speed(module, kSpeed)},
                          {"configured_mega_transfers_per_s", speed(module, kConfiguredSpeed)},
                          {"manufacturer", module.text(kManufacturer)},
                          {"part_number", module.text(kPartNumber)},
                          {"serial_sha256", hashed(module.text(kSerial))}});
    }
    return modules;
}

// Documentation/ABI/testing/sysfs-devices-edac: sizes in MiB; EDAC knows neither speed nor maker.
Value::List modules_of_edac(const Files& files) {
    constexpr std::string_view kFolder = "sys/devices/system/edac/mc/";
    Value::List modules;
    for (const std::string& controller_name : files.list(kFolder)) {
        const std::string controller = std::string(kFolder) + controller_name + "/";
        for (const std::string& name : files.list(controller)) {
            if (!name.starts_with("dimm") && !name.starts_with("rank"))
                continue;
            const std::string folder = controller + name + "/";
            const auto mebibytes = files.read_integer(folder + "size");
            constexpr std::int64_t kLargestMebibytes = std::int64_t{1} << 32;
            if (!mebibytes || *mebibytes <= 0 || *mebibytes > kLargestMebibytes)
                continue;
            modules.emplace_back(
                Value::Object{{"locator", files.read_line(folder + "dimm_label")},
                              {"size_bytes", static_cast<std::uint64_t>(*mebibytes) * kMiB},
                              {"type", files.read_line(folder + "dimm_mem_type")},
                              {"speed_mega_transfers_per_s", Value()},
                              {"configured_mega_transfers_per_s", Value()},
                              {"manufacturer", Value()},
                              {"part_number", Value()},
                              {"serial_sha256", Value()}});
        }
    }
    return modules;
}

}  // namespace

Value memory_modules(const Files& files) {
    Value::List modules = modules_of_firmware(files);
    if (modules.empty())
        modules = modules_of_edac(files);
    return modules.empty() ? Value() : Value(std::move(modules));
}

}  // namespace assay::host
