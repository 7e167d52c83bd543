#pragma once

#include <optional>

#include "cli/arguments.h"
#include "report/redaction.h"

/// --redact and --salt: who the reader of a copy is, and what its pseudonyms are made with.
namespace assay::cli {

Flag redact_flag();  ///< --redact full|partner|public
Flag salt_flag();    ///< --salt FILE

/// What the flags ask for; nullopt where nothing is to be hidden. The salt is the file of --salt,
/// else redaction.salt beside the history; it is made when it is first needed. Errors: usage
/// (--salt without --redact), permission (others than the owner can read the file), bad_input (it
/// holds no salt), cannot_create.
Expected<std::optional<report::Redactor>> chosen_redactor(const Arguments& arguments);

}  // namespace assay::cli
