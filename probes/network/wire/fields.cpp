#include "probes/network/wire/fields.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace assay::network {
namespace {

bool is_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= Fields::kMostNameBytes &&
           std::ranges::all_of(name, is_allowed);
}

bool is_within_limits(const FieldValue& value) {
    struct Visitor {
        bool operator()(std::uint64_t) const { return true; }
        bool operator()(std::int64_t) const { return true; }
        bool operator()(double number) const { return std::isfinite(number); }
        bool operator()(const std::string& text) const {
            return text.size() <= Fields::kMostTextBytes;
        }
        bool operator()(const std::vector<std::uint64_t>& list) const {
            return list.size() <= Fields::kMostElements;
        }
        bool operator()(const std::vector<double>& list) const {
            return list.size() <= Fields::kMostElements &&
                   std::ranges::all_of(list, [](double number) { return std::isfinite(number); });
        }
    };
    return std::visit(Visitor{}, value);
}

static_assert(std::endian::native == std::endian::little, "encoded as the host stores it");

class Writer {
  public:
    template <class T>
    void put(T number) {
        put_bytes(std::as_bytes(std::span(&number, 1)));
    }
    void put_bytes(std::span<const std::byte> bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

    void operator()(std::uint64_t number) { put(number); }
    void operator()(std::int64_t number) { put(number); }
    void operator()(double number) { put(number); }
    void operator()(const std::string& text) {
        put(static_cast<std::uint32_t>(text.size()));
        put_bytes(std::as_bytes(std::span(text)));
    }
    template <class T>
    void operator()(const std::vector<T>& list) {
        put(static_cast<std::uint32_t>(list.size()));
        put_bytes(std::as_bytes(std::span(list)));
    }

  private:
    std::vector<std::byte> bytes_;
};

std::unexpected<Error> malformed(std::string_view what) {
    return failure(ErrorKind::bad_input,
                   "the message from the other side is malformed: " + std::string(what));
}

/// Takes values off the front; never reads past the end.
class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}

    template <class T>
    Expected<T> number() {
        ASSAY_TRY(const std::span<const std::byte> bytes, take(sizeof(T)));
        T value{};
        std::memcpy(&value, bytes.data(), sizeof(T));
        return value;
    }
    Expected<std::string> text(std::size_t length) {
        ASSAY_TRY(const std::span<const std::byte> bytes, take(length));
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    template <class T>
    Expected<std::vector<T>> list() {
        ASSAY_TRY(const std::uint32_t elements, number<std::uint32_t>());
        if (elements > Fields::kMostElements)
            return malformed("a list is too long");
        ASSAY_TRY(const std::span<const std::byte> bytes, take(elements * sizeof(T)));
        std::vector<T> values(elements);
        if (elements > 0)
            std::memcpy(values.data(), bytes.data(), bytes.size());
        return values;
    }
    bool is_done() const { return left_.empty(); }

  private:
    Expected<std::span<const std::byte>> take(std::size_t bytes) {
        if (bytes > left_.size())
            return malformed("it is cut short");
        const auto taken = left_.first(bytes);
        left_ = left_.subspan(bytes);
        return taken;
    }

    std::span<const std::byte> left_;
};

/// The value of an Expected as a FieldValue; errors pass through.
template <class T>
Expected<FieldValue> as_value(Expected<T> value) {
    if (!value)
        return std::unexpected(value.error());
    return Expected<FieldValue>(std::in_place, std::in_place_type<T>, std::move(*value));
}

Expected<FieldValue> read_text(Reader& reader) {
    ASSAY_TRY(const std::uint32_t length, reader.number<std::uint32_t>());
    return as_value(reader.text(length));
}

Expected<FieldValue> read_value(Reader& reader) {
    ASSAY_TRY(const std::uint8_t kind, reader.number<std::uint8_t>());
    switch (kind) {
        case 0:
            return as_value(reader.number<std::uint64_t>());
        case 1:
            return as_value(reader.number<std::int64_t>());
        case 2:
            return as_value(reader.number<double>());
        case 3:
            return read_text(reader);
        case 4:
            return as_value(reader.list<std::uint64_t>());
        case 5:
            return as_value(reader.list<double>());
        default:
            return malformed("a value is of an unknown kind");
    }
}

std::unexpected<Error> wrong_field(std::string_view name, std::string_view what) {
    return failure(ErrorKind::bad_input, "the other side's message: field '" + std::string(name) +
                                             "' " + std::string(what));
}

template <class T>
Expected<T> field_of_kind(const FieldValue* value, std::string_view name) {
    if (value == nullptr)
        return wrong_field(name, "is missing");
    const T* found = std::get_if<T>(value);
    if (found == nullptr)
        return wrong_field(name, "is of another kind than expected");
    return *found;
}

}  // namespace

void Fields::set(std::string_view name, FieldValue value) {
    if (!is_name(name) || !is_within_limits(value))
        std::abort();
    values_.insert_or_assign(std::string(name), std::move(value));
    if (values_.size() > kMostFields)
        std::abort();
}

const FieldValue* Fields::find(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
}

std::vector<std::string> Fields::names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : values_)
        names.push_back(name);
    return names;
}

Expected<std::uint64_t> Fields::count(std::string_view name, std::uint64_t at_most) const {
    ASSAY_TRY(const std::uint64_t value, field_of_kind<std::uint64_t>(find(name), name));
    if (value > at_most)
        return wrong_field(name, "is " + std::to_string(value) + ", more than the " +
                                     std::to_string(at_most) + " that it may be");
    return value;
}

Expected<std::int64_t> Fields::integer(std::string_view name) const {
    return field_of_kind<std::int64_t>(find(name), name);
}

Expected<double> Fields::number(std::string_view name) const {
    return field_of_kind<double>(find(name), name);
}

Expected<std::string> Fields::text(std::string_view name, std::size_t at_most_bytes) const {
    ASSAY_TRY(std::string value, field_of_kind<std::string>(find(name), name));
    if (value.size() > at_most_bytes)
        return wrong_field(name, "is a longer text than it may be");
    return value;
}

Expected<std::vector<std::uint64_t>> Fields::counts(std::string_view name,
                                                    std::size_t at_most) const {
    ASSAY_TRY(std::vector<std::uint64_t> value,
              field_of_kind<std::vector<std::uint64_t>>(find(name), name));
    if (value.size() > at_most)
        return wrong_field(name, "is a longer list than it may be");
    return value;
}

Expected<std::vector<double>> Fields::numbers(std::string_view name, std::size_t at_most) const {
    ASSAY_TRY(std::vector<double> value, field_of_kind<std::vector<double>>(find(name), name));
    if (value.size() > at_most)
        return wrong_field(name, "is a longer list than it may be");
    return value;
}

std::vector<std::byte> Fields::encode() const {
    Writer writer;
    writer.put(static_cast<std::uint16_t>(values_.size()));
    for (const auto& [name, value] : values_) {
        writer.put(static_cast<std::uint8_t>(name.size()));
        writer.put_bytes(std::as_bytes(std::span(name)));
        writer.put(static_cast<std::uint8_t>(value.index()));
        std::visit(writer, value);
    }
    return writer.take();
}

Expected<Fields> Fields::decode(std::span<const std::byte> bytes) {
    if (bytes.size() > kMostEncodedBytes)
        return malformed("it is too long");
    Reader reader(bytes);
    ASSAY_TRY(const std::uint16_t fields, reader.number<std::uint16_t>());
    if (fields > kMostFields)
        return malformed("it has too many fields");
    Fields result;
    for (std::uint16_t at = 0; at < fields; ++at) {
        ASSAY_TRY(const std::uint8_t length, reader.number<std::uint8_t>());
        ASSAY_TRY(std::string name, reader.text(length));
        if (!is_name(name))
            return malformed("a field has no proper name");
        if (!result.values_.empty() && name <= result.values_.rbegin()->first)
            return malformed("its fields are not in order");
        ASSAY_TRY(FieldValue value, read_value(reader));
        if (!is_within_limits(value))
            return malformed("field '" + name + "' is too long, or not finite");
        result.values_.emplace(std::move(name), std::move(value));
    }
    if (!reader.is_done())
        return malformed("bytes are left over after its last field");
    return result;
}

}  // namespace assay::network
