#include "probes/network/control/hello.h"

#include <algorithm>
#include <string_view>

namespace assay::network::control {
namespace {

constexpr std::string_view kMagic = "assay";
constexpr std::string_view kEnvironmentPrefix = "environment.";
constexpr std::size_t kMostWordBytes = 128;
constexpr std::uint64_t kMostVersion = 65535;
/// The longest that a cap may say; only the receiving end's arithmetic cares.
constexpr std::uint64_t kMostDurationNs = std::uint64_t{1} << 50;
constexpr std::uint64_t kMostStreams = std::uint64_t{1} << 20;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// A word that may be shown to people.
Expected<std::string> word(const Fields& fields, std::string_view name) {
    ASSAY_TRY(std::string text, fields.text(name, kMostWordBytes));
    if (!is_printable(text))
        return failure(ErrorKind::bad_input, "the other side's message: field '" +
                                                 std::string(name) + "' is not printable");
    return text;
}

void put(Fields& fields, const Versions& versions) {
    fields.set("magic", std::string(kMagic));
    fields.set("major", versions.major);
    fields.set("least_minor", versions.least_minor);
    fields.set("most_minor", versions.most_minor);
}

Expected<Versions> versions_of(const Fields& fields) {
    ASSAY_TRY(const std::string magic, fields.text("magic", kMagic.size()));
    if (magic != kMagic)
        return failure(ErrorKind::bad_input, "the other side speaks another protocol than assay's");
    Versions versions;
    ASSAY_TRY(versions.major, fields.count("major", kMostVersion));
    ASSAY_TRY(versions.least_minor, fields.count("least_minor", kMostVersion));
    ASSAY_TRY(versions.most_minor, fields.count("most_minor", kMostVersion));
    if (versions.least_minor > versions.most_minor)
        return failure(ErrorKind::bad_input, "the other side's versions are in no order");
    return versions;
}

std::string text_of(const Versions& versions) {
    const std::string major = std::to_string(versions.major) + ".";
    return major + std::to_string(versions.least_minor) + " to " + major +
           std::to_string(versions.most_minor);
}

}  // namespace

Expected<std::uint64_t> negotiate(const Versions& ours, const Versions& theirs,
                                  const std::string& theirs_is) {
    const std::uint64_t most = std::min(ours.most_minor, theirs.most_minor);
    if (ours.major == theirs.major && most >= std::max(ours.least_minor, theirs.least_minor))
        return most;
    const bool is_older = theirs.major < ours.major ||
                          (theirs.major == ours.major && theirs.most_minor < ours.least_minor);
    return failure(ErrorKind::unsupported,
                   theirs_is + " speaks versions " + text_of(theirs) +
                       " of the control protocol, this end " + text_of(ours) + "; " +
                       (is_older ? "install a newer assay there" : "install a newer assay here"));
}

Fields Hello::encode() const {
    Fields fields;
    put(fields, versions);
    fields.set("program", program);
    return fields;
}

Expected<Hello> Hello::decode(const Fields& fields) {
    Hello hello;
    ASSAY_TRY(hello.versions, versions_of(fields));
    ASSAY_TRY(hello.program, word(fields, "program"));
    return hello;
}

Fields Welcome::encode() const {
    Fields fields;
    put(fields, versions);
    fields.set("minor", minor);
    fields.set("program", program);
    fields.set("agent_id", agent_id);
    fields.set("boot", boot);
    fields.set("caps.bytes_per_s", caps.most_bytes_per_s);
    fields.set("caps.bytes", caps.most_bytes);
    fields.set("caps.duration_ns", static_cast<std::uint64_t>(caps.longest.count()));
    fields.set("caps.streams", std::uint64_t{caps.most_streams});
    for (const std::string& name : environment.names())
        fields.set(std::string(kEnvironmentPrefix) + name, *environment.find(name));
    return fields;
}

Expected<Welcome> Welcome::decode(const Fields& fields) {
    Welcome welcome;
    ASSAY_TRY(welcome.versions, versions_of(fields));
    ASSAY_TRY(welcome.minor, fields.count("minor", kMostVersion));
    ASSAY_TRY(welcome.program, word(fields, "program"));
    ASSAY_TRY(welcome.agent_id, word(fields, "agent_id"));
    ASSAY_TRY(welcome.boot, word(fields, "boot"));
    ASSAY_TRY(welcome.caps.most_bytes_per_s, fields.number("caps.bytes_per_s"));
    ASSAY_TRY(welcome.caps.most_bytes, fields.count("caps.bytes", ~std::uint64_t{0}));
    ASSAY_TRY(const std::uint64_t longest, fields.count("caps.duration_ns", kMostDurationNs));
    ASSAY_TRY(welcome.caps.most_streams, fields.count("caps.streams", kMostStreams));
    if (welcome.agent_id.empty() || welcome.caps.most_bytes_per_s < 0)
        return failure(ErrorKind::bad_input, "the agent's welcome is malformed");
    welcome.caps.longest = std::chrono::nanoseconds(longest);
    for (const std::string& name : fields.names())
        if (name.starts_with(kEnvironmentPrefix) && name.size() > kEnvironmentPrefix.size())
            welcome.environment.set(name.substr(kEnvironmentPrefix.size()), *fields.find(name));
    return welcome;
}

}  // namespace assay::network::control
