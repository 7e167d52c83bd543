#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "report/store/record.h"

/// The history of runs, behind an interface that knows no database: SQLite is the one back-end.
namespace assay::store {

struct RunRow {
    std::int64_t number = 0;  ///< in this history, from 1; never given twice
    std::string run_id, label, host, started_at, profile, tool_version;
    double duration_s = 0;
    bool valid = true;
    bool has_document = true;  ///< false once prune dropped the raw samples
    bool is_baseline = false;
};

struct RunFilter {
    std::optional<std::string> host;
    std::size_t last = 0;  ///< only the newest so many; 0 is all
};

struct SeriesPoint {
    std::int64_t run = 0;
    std::string started_at;
    double median = 0;
    std::optional<double> low, high;  ///< 95 % interval
};

/// One metric of one host under one set of conditions, in the order of time.
struct Series {
    std::string host, metric, conditions;
    Unit unit = Unit::count;
    Better better = Better::neither;
    std::vector<SeriesPoint> points;
};

struct SeriesFilter {
    std::string host;
    std::string metric = "*";  ///< with * and ?
    std::size_t last = 200;    ///< points of each series, the newest
};

struct PruneRule {
    std::optional<std::string> before;  ///< started before this time, RFC 3339
    std::optional<std::size_t> keep;    ///< all but the newest so many of each host
    bool whole_runs = false;            ///< else only the documents; medians and facts stay
};

class Store {
  public:
    virtual ~Store() = default;

    /// Keeps a run; on return it is on the disk. The same document again is the same number.
    /// Errors: bad_input (another document has this run's id), cannot_create (the disk is full),
    /// try_again, io.
    virtual Expected<std::int64_t> add(const RunRecord& record) = 0;

    /// The host that is meant by its whole name, or by its name without the identity where only one
    /// machine has that. Errors: bad_input, where none or several fit.
    virtual Expected<std::string> host(const std::string& name) = 0;

    /// Newest first.
    virtual Expected<std::vector<RunRow>> list(const RunFilter& filter) = 0;
    /// By number ("12"), by the beginning of its id (4 letters or more), or "latest".
    /// Errors: bad_input, where none or several fit.
    virtual Expected<RunRow> find(std::string_view reference) = 0;

    /// The run's document, byte for byte as it was added; checked against its SHA-256.
    /// Errors: bad_input (pruned, or damaged).
    virtual Expected<std::string> document(const RunRow& run) = 0;
    virtual Expected<std::vector<Fact>> facts(std::int64_t run) = 0;
    /// The medians of one run: series with one point each.
    virtual Expected<std::vector<Series>> medians(std::int64_t run) = 0;
    virtual Expected<std::vector<Series>> series(const SeriesFilter& filter) = 0;

    /// Makes a run that of its host which others are held against.
    virtual Expected<void> set_baseline(const RunRow& run) = 0;
    virtual Expected<std::optional<RunRow>> baseline(const std::string& host) = 0;

    /// Drops what the rule names, never a baseline. Returns how many runs it touched.
    virtual Expected<std::size_t> prune(const PruneRule& rule) = 0;

    /// Is everything in its place? Errors: bad_input with what is not.
    virtual Expected<void> check() = 0;
};

/// Opens the history in that file, or makes a new one; older ones are brought up to date.
/// Errors: permission, cannot_create, bad_input (no history of assay, or of a newer version).
Expected<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path);

}  // namespace assay::store
