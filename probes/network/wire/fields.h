#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/error.h"

namespace assay::network {

/// What one named value of a message may be.
using FieldValue = std::variant<std::uint64_t, std::int64_t, double, std::string,
                                std::vector<std::uint64_t>, std::vector<double>>;

/// The named values of a control message: what one end of a test tells the other. Names that a
/// reader does not know are simply not asked for, so that versions can differ by what they add.
///
/// Encoded, little-endian: u16 number of fields; then for each, in the order of names: u8 length of
/// the name, the name, u8 kind (the index in FieldValue), and the value: 8 bytes for a number; u32
/// length and bytes for a text; u32 number and 8 bytes each for a list.
class Fields {
  public:
    static constexpr std::size_t kMostFields = 256;
    static constexpr std::size_t kMostNameBytes = 48;  ///< of [a-z0-9_.]
    static constexpr std::size_t kMostTextBytes = 4096;
    static constexpr std::size_t kMostElements = 65536;
    static constexpr std::size_t kMostEncodedBytes = std::size_t{1} << 20;

    /// Sets or replaces. What breaks one of the limits above, or is not finite, is our bug: aborts.
    void set(std::string_view name, FieldValue value);

    bool has(std::string_view name) const { return values_.contains(name); }
    const FieldValue* find(std::string_view name) const;  ///< nullptr if absent

    // Each: errors bad_input, naming the field, where it is absent, of another kind, or beyond
    // `at_most`. What may be absent is asked for with `has` first.
    Expected<std::uint64_t> count(std::string_view name, std::uint64_t at_most) const;
    Expected<std::int64_t> integer(std::string_view name) const;
    Expected<double> number(std::string_view name) const;  ///< finite
    Expected<std::string> text(std::string_view name, std::size_t at_most_bytes) const;
    Expected<std::vector<std::uint64_t>> counts(std::string_view name, std::size_t at_most) const;
    Expected<std::vector<double>> numbers(std::string_view name, std::size_t at_most) const;

    std::size_t size() const { return values_.size(); }
    std::vector<std::string> names() const;  ///< sorted
    bool operator==(const Fields&) const = default;

    std::vector<std::byte> encode() const;
    /// Bytes from outside. Errors: bad_input (cut short, left-over bytes, a limit, a name twice or
    /// out of order, a number that is not finite, an unknown kind).
    static Expected<Fields> decode(std::span<const std::byte> bytes);

  private:
    std::map<std::string, FieldValue, std::less<>> values_;
};

}  // namespace assay::network
