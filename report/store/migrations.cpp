#include "report/store/migrations.h"

#include <array>
#include <chrono>
#include <thread>

namespace assay::store {
namespace {

/// "assy": tells a history from any other SQLite file.
constexpr std::int64_t kApplicationId = 0x61737379;

/// Step N leads from version N to N + 1. A step that was released never changes.
/// AUTOINCREMENT: the number of a run that was pruned is never given to another.
constexpr std::array kSteps{
    R"(
CREATE TABLE environments (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  facts TEXT NOT NULL
) STRICT;
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  host TEXT NOT NULL,
  started_at TEXT NOT NULL,
  profile TEXT NOT NULL,
  tool_version TEXT NOT NULL,
  duration_s REAL NOT NULL,
  valid INTEGER NOT NULL CHECK (valid IN (0, 1)),
  environment INTEGER NOT NULL REFERENCES environments (id),
  document_sha256 TEXT NOT NULL,
  has_document INTEGER NOT NULL CHECK (has_document IN (0, 1))
) STRICT;
CREATE INDEX runs_by_time ON runs (started_at, id);
CREATE INDEX runs_by_host ON runs (host, started_at, id);
CREATE INDEX runs_by_environment ON runs (environment);
CREATE TABLE documents (
  run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
  text TEXT NOT NULL
) STRICT;
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  host TEXT NOT NULL,
  metric TEXT NOT NULL,
  conditions TEXT NOT NULL,
  unit TEXT NOT NULL,
  better TEXT NOT NULL,
  UNIQUE (host, metric, conditions)
) STRICT;
CREATE TABLE points (
  series INTEGER NOT NULL REFERENCES series (id),
  started_at TEXT NOT NULL,
  run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  median REAL NOT NULL,
  ci95_low REAL,
  ci95_high REAL,
  PRIMARY KEY (series, started_at, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX points_by_run ON points (run);
CREATE TABLE baselines (
  host TEXT PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (id)
) STRICT;
)",
};
constexpr std::int64_t kVersion = kSteps.size();

/// Becoming WAL needs the file for a moment alone, and SQLite does not wait for that itself.
Expected<void> use_write_ahead_log(const Database& database) {
    constexpr std::chrono::milliseconds kPause(10);
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
    for (;;) {
        const auto mode = database.word("PRAGMA journal_mode = WAL");
        if (mode)
            return {};
        if (mode.error().kind != ErrorKind::try_again ||
            std::chrono::steady_clock::now() > deadline)
            return std::unexpected(mode.error());
        std::this_thread::sleep_for(kPause);
    }
}

Expected<void> check_that_it_is_ours(const Database& database) {
    // In this order: another process may take the first step now, tables and mark in one commit.
    // Tables that are seen have their mark; the mark read first would be missing beside them.
    ASSAY_TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_schema"));
    ASSAY_TRY(const std::int64_t application, database.number("PRAGMA application_id"));
    if (application != kApplicationId && (application != 0 || tables != 0))
        return failure(
            ErrorKind::bad_input,
            database.place() + " belongs to another program; name another file with --db FILE");
    ASSAY_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
    if (version > kVersion)
        return failure(ErrorKind::bad_input,
                       "the history " + database.place() +
                           " was written by a newer version of assay; use that one");
    return {};
}

/// One step, unless another process was faster.
Expected<void> take_step(const Database& database, std::int64_t from) {
    ASSAY_TRY(Transaction transaction, Transaction::begin(database));
    ASSAY_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
    if (version != from)
        return {};
    ASSAY_TRY_VOID(database.execute(kSteps[static_cast<std::size_t>(from)]));
    ASSAY_TRY_VOID(database.execute("PRAGMA application_id = " + std::to_string(kApplicationId)));
    ASSAY_TRY_VOID(database.execute("PRAGMA user_version = " + std::to_string(from + 1)));
    return transaction.commit();
}

}  // namespace

Expected<void> bring_up_to_date(const Database& database) {
    // Looked at before anything is written: a file of somebody else stays as it is.
    ASSAY_TRY_VOID(check_that_it_is_ours(database));
    // Room that prune frees goes back to the filesystem; to be said before the first table.
    ASSAY_TRY_VOID(database.execute("PRAGMA auto_vacuum = INCREMENTAL"));
    ASSAY_TRY_VOID(use_write_ahead_log(database));
    // FULL: a commit is on the disk when it returns. NORMAL may lose the last ones with the power.
    ASSAY_TRY_VOID(
        database.execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                         "PRAGMA cell_size_check = ON"));
    for (std::int64_t from = 0; from < kVersion; ++from) {
        ASSAY_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
        if (version == from) {
            ASSAY_TRY_VOID(take_step(database, from));
        }
    }
    return check_that_it_is_ours(database);
}

}  // namespace assay::store
