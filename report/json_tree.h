#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/units.h"

namespace assay::report {

struct JsonMember;

/// A parsed JSON text, as strict and bounded as outside data must be. Whole numbers that fit are
/// std::int64_t, larger ones up to 2^64 - 1 std::uint64_t, all others double (finite).
struct JsonNode {
    using List = std::vector<JsonNode>;
    using Object = std::vector<JsonMember>;  ///< in the order of the text; names differ
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, List,
                 Object>
        data;

    /// The member of that name, or nullptr if this is no object or has none.
    const JsonNode* find(std::string_view name) const;
};

struct JsonMember {
    std::string name;
    JsonNode value;
};

struct JsonLimits {
    std::size_t text_bytes = 64 * kMiB;
    std::size_t depth = 64;
    std::size_t string_bytes = 64 * kKiB;
    std::size_t list_length = 1'000'000;
    std::size_t values = 2'000'000;  ///< in the whole text; a run of an hour has some 100 000
};

/// Errors: bad_input, with the byte or the JSON path: no JSON, no UTF-8, a limit passed, a name
/// twice in one object, a number beyond a double. Never reads past the text; memory is bounded by
/// the limits.
Expected<JsonNode> parse_json(std::string_view text, const JsonLimits& limits = {});

}  // namespace assay::report
