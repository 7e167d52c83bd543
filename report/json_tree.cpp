#include "report/json_tree.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "report/format.h"
#include "report/json.h"

namespace assay::report {
namespace {

/// Builds the tree from the library's events, so that a limit stops the parser instead of being
/// found in a tree that already fills the memory.
class Builder {
  public:
    // The names and signatures of these functions are the library's.
    using number_integer_t = Json::number_integer_t;
    using number_unsigned_t = Json::number_unsigned_t;
    using number_float_t = Json::number_float_t;
    using string_t = Json::string_t;
    using binary_t = Json::binary_t;

    explicit Builder(const JsonLimits& limits) : limits_(limits) {}

    bool null() { return add(JsonNode{}); }
    bool boolean(bool truth) { return add(JsonNode{truth}); }
    bool number_integer(number_integer_t number) { return add(JsonNode{std::int64_t{number}}); }
    bool number_unsigned(number_unsigned_t number) {
        if (std::in_range<std::int64_t>(number))
            return add(JsonNode{static_cast<std::int64_t>(number)});
        return add(JsonNode{std::uint64_t{number}});
    }
    bool number_float(number_float_t number, const string_t&) {
        return std::isfinite(number) ? add(JsonNode{number})
                                     : refuse("a number is beyond the range of a double");
    }
    bool string(string_t& text) {
        if (text.size() > limits_.string_bytes)
            return refuse(format("a text is longer than {} bytes", limits_.string_bytes));
        return add(JsonNode{std::move(text)});
    }
    bool binary(binary_t&) { return refuse("binary data has no place in JSON"); }
    bool start_object(std::size_t) { return open(JsonNode{JsonNode::Object{}}); }
    bool start_array(std::size_t) { return open(JsonNode{JsonNode::List{}}); }
    bool key(string_t& name) {
        if (name.size() > limits_.string_bytes)
            return refuse(format("a name is longer than {} bytes", limits_.string_bytes));
        auto& members = std::get<JsonNode::Object>(open_.back().data);
        if (members.size() >= limits_.list_length)
            return refuse(format("an object has over {} members", limits_.list_length));
        members.push_back({std::move(name), JsonNode{}});
        return true;
    }
    bool end_object() {
        if (const auto twice = repeated_name(std::get<JsonNode::Object>(open_.back().data)))
            return refuse(format("the name \"{}\" is there twice", twice->substr(0, 80)));
        return close();
    }
    bool end_array() { return close(); }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& problem) {
        // 406 is a number that no double can hold.
        problem_ = problem.id == 406
                       ? format("byte {}: a number is beyond the range of a double", position)
                       : format("byte {}: this is no JSON in UTF-8", position);
        return false;
    }

    const std::string& problem() const { return problem_; }
    JsonNode take() { return std::move(root_); }

  private:
    bool refuse(std::string_view why) {
        problem_ = format("at {}: {}", path(), why);
        return false;
    }

    /// "$.probes[3].samples": where the parser is.
    std::string path() const {
        std::string text = "$";
        for (const JsonNode& node : open_) {
            if (const auto* list = std::get_if<JsonNode::List>(&node.data))
                text += format("[{}]", list->size());
            else if (const auto& members = std::get<JsonNode::Object>(node.data); !members.empty())
                text += "." + members.back().name.substr(0, 80);
        }
        return text;
    }

    static std::optional<std::string_view> repeated_name(const JsonNode::Object& members) {
        std::vector<std::string_view> names;
        names.reserve(members.size());
        for (const JsonMember& member : members)
            names.emplace_back(member.name);
        std::ranges::sort(names);
        const auto twice = std::ranges::adjacent_find(names);
        return twice == names.end() ? std::nullopt : std::optional(*twice);
    }

    bool add(JsonNode node) {
        if (++values_ > limits_.values)
            return refuse(format("there are over {} values in all", limits_.values));
        if (open_.empty()) {
            root_ = std::move(node);
            return true;
        }
        JsonNode& parent = open_.back();
        if (auto* list = std::get_if<JsonNode::List>(&parent.data)) {
            if (list->size() >= limits_.list_length)
                return refuse(format("a list has over {} values", limits_.list_length));
            list->push_back(std::move(node));
        } else {
            std::get<JsonNode::Object>(parent.data).back().value = std::move(node);
        }
        return true;
    }

    bool open(JsonNode container) {
        if (open_.size() >= limits_.depth)
            return refuse(format("it is nested over {} levels deep", limits_.depth));
        open_.push_back(std::move(container));
        return true;
    }

    bool close() {
        JsonNode node = std::move(open_.back());
        open_.pop_back();
        return add(std::move(node));
    }

    JsonLimits limits_;
    std::vector<JsonNode> open_;  ///< the containers around the next value, outermost first
    JsonNode root_;
    std::size_t values_ = 0;
    std::string problem_;
};

}  // namespace

const JsonNode* JsonNode::find(std::string_view name) const {
    if (const auto* members = std::get_if<Object>(&data))
        for (const JsonMember& member : *members)
            if (member.name == name)
                return &member.value;
    return nullptr;
}

Expected<JsonNode> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.text_bytes)
        return failure(ErrorKind::bad_input,
                       format("the text has {} bytes, over the {} that are read", text.size(),
                              limits.text_bytes));
    Builder builder(limits);
    if (!Json::sax_parse(text, &builder))
        return failure(ErrorKind::bad_input, builder.problem());
    return builder.take();
}

}  // namespace assay::report
