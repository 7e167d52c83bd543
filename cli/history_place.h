#pragma once

#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "report/store/store.h"

/// Where the history is, and what all that use it do first.
namespace assay::cli {

Flag database_flag();    ///< --db FILE
Flag no_history_flag();  ///< --no-history

/// --db FILE, else XDG_STATE_HOME/assay/history.db, else HOME/.local/state/assay/history.db, whose
/// folder is made for this user alone. Errors: cannot_create (neither variable is set, or the
/// folder cannot be made).
Expected<std::filesystem::path> history_place(const Arguments& arguments);

/// A file in the folder where the history is by default, which is made for this user alone.
/// `option` names the way out where there is no such place. Errors: cannot_create.
Expected<std::filesystem::path> state_file(const char* name, const std::string& option);

/// For reading: a history that is not there is an error, not a new one.
/// Errors: bad_input, and the store's.
Expected<std::unique_ptr<store::Store>> open_history(const Arguments& arguments);
/// For adding.
Expected<std::unique_ptr<store::Store>> open_or_create_history(const Arguments& arguments);

}  // namespace assay::cli
