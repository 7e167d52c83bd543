#include "cli/history_place.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

namespace assay::cli {
namespace {

/// An absolute path from a variable; a relative one counts as not set (XDG base directories).
const char* folder_variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
    return value != nullptr && *value == '/' ? value : nullptr;
}

/// Makes the folder and those above it; the last one for this user alone, since a history tells
/// what machines there are.
Expected<void> make_folder(const std::filesystem::path& folder, const std::string& option) {
    std::error_code error;
    std::filesystem::create_directories(folder.parent_path(), error);
    if (!error && (::mkdir(folder.c_str(), S_IRWXU) == 0 || errno == EEXIST))
        return {};
    const int reason = error ? error.value() : errno;
    return failure(
        ErrorKind::cannot_create,
        "make the folder " + folder.string() + "; name another place with " + option + " FILE",
        reason);
}

Expected<std::filesystem::path> state_folder(const std::string& option) {
    if (const char* given = folder_variable("XDG_STATE_HOME"))
        return std::filesystem::path(given) / "assay";
    if (const char* home = folder_variable("HOME"))
        return std::filesystem::path(home) / ".local" / "state" / "assay";
    return failure(ErrorKind::cannot_create,
                   "There is no place for " + option +
                       ": neither XDG_STATE_HOME nor HOME is set. Name one with " + option +
                       " FILE.");
}

}  // namespace

Flag database_flag() {
    return {{"db", OptionKind::text, "", "",
             "the history to use, instead of ~/.local/state/assay/history.db"},
            '\0',
            "FILE"};
}

Flag no_history_flag() {
    return {
        {"no-history", OptionKind::flag, "", "", "do not add the run to the history"}, '\0', ""};
}

Expected<std::filesystem::path> history_place(const Arguments& arguments) {
    if (const std::string* file = arguments.find("db"))
        return *file;
    ASSAY_TRY(const std::filesystem::path folder, state_folder("--db"));
    return folder / "history.db";
}

Expected<std::filesystem::path> state_file(const char* name, const std::string& option) {
    ASSAY_TRY(const std::filesystem::path folder, state_folder(option));
    ASSAY_TRY_VOID(make_folder(folder, option));
    return folder / name;
}

Expected<std::unique_ptr<store::Store>> open_history(const Arguments& arguments) {
    ASSAY_TRY(const std::filesystem::path place, history_place(arguments));
    std::error_code error;
    if (!std::filesystem::exists(place, error))
        return failure(ErrorKind::bad_input, "There is no history at " + place.string() +
                                                 " yet: 'assay run' and 'assay history add "
                                                 "FILE.json' begin one.");
    return store::open_sqlite_store(place);
}

Expected<std::unique_ptr<store::Store>> open_or_create_history(const Arguments& arguments) {
    ASSAY_TRY(const std::filesystem::path place, history_place(arguments));
    if (arguments.find("db") == nullptr) {
        ASSAY_TRY_VOID(make_folder(place.parent_path(), "--db"));
    }
    return store::open_sqlite_store(place);
}

}  // namespace assay::cli
