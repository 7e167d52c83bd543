#include "cli/redaction_choice.h"

#include <array>
#include <span>

#include "cli/history_place.h"
#include "cli/redaction_salt.h"
#include "engine/host/libcrypto.h"
#include "report/format.h"

namespace assay::cli {
namespace {

/// 48 bits: of 10 000 names two share a pseudonym with a probability of 2 in 10 million.
constexpr std::size_t kPseudonymBytes = 6;

std::string pseudonym(const Salt& salt, std::string_view name) {
    const auto code = host::hmac_sha256(salt, std::as_bytes(std::span(name)));
    // chosen_redactor has tried it: a name must never stand there instead.
    if (!code)
        return "id-unknown";
    std::string text = "id-";
    for (const std::byte byte : std::span(*code).first<kPseudonymBytes>())
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

}  // namespace

Flag redact_flag() {
    return {{"redact", OptionKind::choice, "full", "full|partner|public",
             "who may read it. partner: names, addresses, serials, paths and labels become "
             "pseudonyms. public: ratios and grades only"},
            '\0',
            ""};
}

Flag salt_flag() {
    return {{"salt", OptionKind::text, "", "",
             "what pseudonyms are made with, instead of ~/.local/state/assay/redaction.salt; made "
             "where it is not there. Keep it: the same name has the same pseudonym only with it"},
            '\0',
            "FILE"};
}

Expected<std::optional<report::Redactor>> chosen_redactor(const Arguments& arguments) {
    const std::string level = arguments.text("redact", "full");
    const std::string* named = arguments.find("salt");
    if (level == "full" && named != nullptr)
        return failure(ErrorKind::usage,
                       "--salt is for --redact partner or public; without, nothing is hidden.");
    if (level == "full")
        return std::nullopt;
    std::filesystem::path file;
    if (named != nullptr) {
        file = *named;
    } else {
        ASSAY_TRY(file, state_file("redaction.salt", "--salt"));
    }
    ASSAY_TRY(const Salt salt, read_or_make_salt(file));
    if (const auto tried = host::hmac_sha256(salt, {}); !tried)
        return std::unexpected(tried.error());
    return report::Redactor(
        level == "public" ? report::Redaction::open : report::Redaction::partner,
        [salt](std::string_view name) { return pseudonym(salt, name); });
}

}  // namespace assay::cli
