#include <algorithm>
#include <utility>

#include "engine/host/sha256.h"
#include "report/format.h"
#include "report/store/database.h"
#include "report/store/facts_text.h"
#include "report/store/migrations.h"
#include "report/store/store.h"

namespace assay::store {
namespace {

using report::format;

constexpr std::string_view kRunColumns =
    "SELECT r.id, r.run_id, r.label, r.host, r.started_at, r.profile, r.tool_version, "
    "r.duration_s, r.valid, r.has_document, "
    "EXISTS (SELECT 1 FROM baselines b WHERE b.run = r.id) FROM runs r ";
constexpr std::size_t kShortestId = 4;
/// So many letters of an id are the beginning of an id, also where they are all digits.
constexpr std::size_t kShownOfId = 8;
/// SQLite reads a negative LIMIT as none.
std::int64_t limit_of(std::size_t last) {
    return last == 0 ? -1 : static_cast<std::int64_t>(last);
}

RunRow run_row(const Statement& row) {
    return {.number = row.integer(0),
            .run_id = row.text(1),
            .label = row.text(2),
            .host = row.text(3),
            .started_at = row.text(4),
            .profile = row.text(5),
            .tool_version = row.text(6),
            .duration_s = row.real(7),
            .valid = row.integer(8) != 0,
            .has_document = row.integer(9) != 0,
            .is_baseline = row.integer(10) != 0};
}

Expected<std::vector<RunRow>> run_rows(Statement& statement) {
    std::vector<RunRow> rows;
    for (;;) {
        ASSAY_TRY(const bool is_row, statement.step());
        if (!is_row)
            return rows;
        rows.push_back(run_row(statement));
    }
}

std::optional<double> real_or_null(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.real(column));
}

/// Columns from `first` on: run, started_at, median, ci95_low, ci95_high.
SeriesPoint point_row(const Statement& row, int first) {
    return {row.integer(first), row.text(first + 1), row.real(first + 2),
            real_or_null(row, first + 3), real_or_null(row, first + 4)};
}

Better better_of(std::string_view name) {
    for (const Better better : {Better::higher, Better::lower})
        if (name == name_of(better))
            return better;
    return Better::neither;
}

/// Columns from `first` on: host, metric, conditions, unit, better.
Series series_row(const Statement& row, int first) {
    return {row.text(first),
            row.text(first + 1),
            row.text(first + 2),
            unit_of_symbol(row.text(first + 3)).value_or(Unit::count),
            better_of(row.text(first + 4)),
            {}};
}

Expected<std::string> digest_of(std::string_view text) {
    const auto digest = host::sha256_hex(text);
    if (!digest)
        return failure(ErrorKind::internal, "the SHA-256 of a document could not be made");
    return *digest;
}

class SqliteStore final : public Store {
  public:
    explicit SqliteStore(Database database) : database_(std::move(database)) {}

    Expected<std::int64_t> add(const RunRecord& record) override;
    Expected<std::string> host(const std::string& name) override;
    Expected<std::vector<RunRow>> list(const RunFilter& filter) override;
    Expected<RunRow> find(std::string_view reference) override;
    Expected<std::string> document(const RunRow& run) override;
    Expected<std::vector<Fact>> facts(std::int64_t run) override;
    Expected<std::vector<Series>> medians(std::int64_t run) override;
    Expected<std::vector<Series>> series(const SeriesFilter& filter) override;
    Expected<void> set_baseline(const RunRow& run) override;
    Expected<std::optional<RunRow>> baseline(const std::string& host) override;
    Expected<std::size_t> prune(const PruneRule& rule) override;
    Expected<void> check() override;

  private:
    Expected<std::int64_t> environment_of(const std::vector<Fact>& facts);
    Expected<std::int64_t> insert_run(const RunRecord& record, const std::string& digest);
    Expected<std::int64_t> series_of(const std::string& host, const Median& median);
    Expected<void> insert_medians(std::int64_t run, const RunRecord& record);
    /// The number of the run that has this id; with another document it is an error.
    Expected<std::optional<std::int64_t>> known(const RunRecord& record, const std::string& digest);

    Database database_;
};

Expected<std::optional<std::int64_t>> SqliteStore::known(const RunRecord& record,
                                                         const std::string& digest) {
    ASSAY_TRY(Statement look,
              database_.prepare("SELECT id, document_sha256 FROM runs WHERE run_id = ?"));
    look.bind(0, std::string_view(record.run_id));
    ASSAY_TRY(const bool is_row, look.step());
    if (!is_row)
        return std::nullopt;
    if (look.text(1) != digest)
        return failure(ErrorKind::bad_input,
                       format("the history has run {} already, as {}, with another content; a run "
                              "never changes, so one of the two files was edited",
                              record.run_id, look.integer(0)));
    return std::optional(look.integer(0));
}

Expected<std::int64_t> SqliteStore::environment_of(const std::vector<Fact>& facts) {
    const std::string text = text_of_facts(facts);
    ASSAY_TRY(const std::string digest, digest_of(text));
    ASSAY_TRY(Statement look, database_.prepare("SELECT id FROM environments WHERE sha256 = ?"));
    look.bind(0, std::string_view(digest));
    ASSAY_TRY(const bool is_row, look.step());
    if (is_row)
        return look.integer(0);
    ASSAY_TRY(Statement insert,
              database_.prepare("INSERT INTO environments (sha256, facts) VALUES (?, ?)"));
    ASSAY_TRY_VOID(insert.bind(0, std::string_view(digest)).bind(1, std::string_view(text)).run());
    return database_.last_row();
}

Expected<std::int64_t> SqliteStore::insert_run(const RunRecord& record, const std::string& digest) {
    ASSAY_TRY(const std::int64_t environment, environment_of(record.facts));
    ASSAY_TRY(Statement insert,
              database_.prepare("INSERT INTO runs (run_id, label, host, started_at, profile, "
                                "tool_version, duration_s, valid, environment, document_sha256, "
                                "has_document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)"));
    int at = 0;
    for (const std::string* text : {&record.run_id, &record.label, &record.host, &record.started_at,
                                    &record.profile, &record.tool_version})
        insert.bind(at++, std::string_view(*text));
    insert.bind(6, record.duration_s).bind(7, std::int64_t{record.valid});
    ASSAY_TRY_VOID(insert.bind(8, environment).bind(9, std::string_view(digest)).run());
    const std::int64_t run = database_.last_row();
    ASSAY_TRY(Statement keep, database_.prepare("INSERT INTO documents (run, text) VALUES (?, ?)"));
    ASSAY_TRY_VOID(keep.bind(0, run).bind(1, std::string_view(record.document)).run());
    return run;
}

Expected<std::int64_t> SqliteStore::series_of(const std::string& host, const Median& median) {
    ASSAY_TRY(Statement look,
              database_.prepare(
                  "SELECT id FROM series WHERE host = ? AND metric = ? AND conditions = ?"));
    look.bind(0, std::string_view(host)).bind(1, std::string_view(median.metric));
    look.bind(2, std::string_view(median.conditions));
    ASSAY_TRY(const bool is_row, look.step());
    if (is_row)
        return look.integer(0);
    ASSAY_TRY(Statement insert,
              database_.prepare("INSERT INTO series (host, metric, conditions, unit, better) "
                                "VALUES (?, ?, ?, ?, ?)"));
    insert.bind(0, std::string_view(host)).bind(1, std::string_view(median.metric));
    insert.bind(2, std::string_view(median.conditions)).bind(3, symbol(median.unit));
    ASSAY_TRY_VOID(insert.bind(4, name_of(median.better)).run());
    return database_.last_row();
}

Expected<void> SqliteStore::insert_medians(std::int64_t run, const RunRecord& record) {
    // Two measurements of one probe that say the same conditions keep the first number.
    ASSAY_TRY(Statement insert,
              database_.prepare("INSERT OR IGNORE INTO points (series, started_at, run, median, "
                                "ci95_low, ci95_high) VALUES (?, ?, ?, ?, ?, ?)"));
    for (const Median& median : record.medians) {
        ASSAY_TRY(const std::int64_t series, series_of(record.host, median));
        insert.bind(0, series).bind(1, std::string_view(record.started_at)).bind(2, run);
        ASSAY_TRY_VOID(insert.bind(3, median.value).bind(4, median.low).bind(5, median.high).run());
    }
    return {};
}

Expected<std::int64_t> SqliteStore::add(const RunRecord& record) {
    ASSAY_TRY(const std::string digest, digest_of(record.document));
    ASSAY_TRY(Transaction transaction, Transaction::begin(database_));
    ASSAY_TRY(const auto already, known(record, digest));
    if (already)
        return *already;
    ASSAY_TRY(const std::int64_t run, insert_run(record, digest));
    ASSAY_TRY_VOID(insert_medians(run, record));
    ASSAY_TRY_VOID(transaction.commit());
    return run;
}

Expected<std::string> SqliteStore::host(const std::string& name) {
    ASSAY_TRY(Statement look, database_.prepare("SELECT DISTINCT host FROM runs WHERE host = ?1 OR "
                                                "substr(host, 1, length(?2)) = ?2 ORDER BY host"));
    look.bind(0, std::string_view(name)).bind(1, std::string_view(name + kIdentitySign));
    std::vector<std::string> found;
    std::string names;
    for (;;) {
        ASSAY_TRY(const bool is_row, look.step());
        if (!is_row)
            break;
        found.push_back(look.text(0));
        names += (names.empty() ? "" : ", ") + found.back();
        if (found.back() == name)
            return name;
    }
    if (found.size() == 1)
        return found.front();
    return failure(ErrorKind::bad_input,
                   found.empty()
                       ? format("the history {} has no host '{}'; 'assay history list' shows them",
                                database_.place(), name)
                       : format("several machines are called '{}'; name one of {}", name, names));
}

Expected<std::vector<RunRow>> SqliteStore::list(const RunFilter& filter) {
    const std::string order = " ORDER BY r.started_at DESC, r.id DESC LIMIT ?";
    if (!filter.host) {
        ASSAY_TRY(Statement all, database_.prepare(std::string(kRunColumns) + order));
        all.bind(0, limit_of(filter.last));
        return run_rows(all);
    }
    ASSAY_TRY(Statement of_host,
              database_.prepare(std::string(kRunColumns) + "WHERE r.host = ?" + order));
    of_host.bind(0, std::string_view(*filter.host)).bind(1, limit_of(filter.last));
    return run_rows(of_host);
}

Expected<RunRow> SqliteStore::find(std::string_view reference) {
    const bool is_number =
        !reference.empty() && reference.size() < kShownOfId &&
        std::ranges::all_of(reference, [](char sign) { return sign >= '0' && sign <= '9'; });
    std::vector<RunRow> found;
    if (reference == "latest") {
        ASSAY_TRY(found, list({.host = std::nullopt, .last = 1}));
    } else if (is_number) {
        ASSAY_TRY(Statement look, database_.prepare(std::string(kRunColumns) + "WHERE r.id = ?"));
        look.bind(0, std::int64_t{std::stoll(std::string(reference))});
        ASSAY_TRY(found, run_rows(look));
    }
    if (found.empty() && reference != "latest" && reference.size() >= kShortestId) {
        ASSAY_TRY(Statement look,
                  database_.prepare(std::string(kRunColumns) +
                                    "WHERE substr(r.run_id, 1, length(?1)) = ?1 LIMIT 2"));
        look.bind(0, reference);
        ASSAY_TRY(found, run_rows(look));
    }
    if (found.size() == 1)
        return found.front();
    return failure(ErrorKind::bad_input,
                   format("the history {} has {} '{}'; 'assay history list' shows the numbers",
                          database_.place(), found.empty() ? "no run" : "several runs", reference));
}

Expected<std::string> SqliteStore::document(const RunRow& run) {
    ASSAY_TRY(Statement look, database_.prepare("SELECT d.text, r.document_sha256 FROM documents d "
                                                "JOIN runs r ON r.id = d.run WHERE d.run = ?"));
    look.bind(0, run.number);
    ASSAY_TRY(const bool is_row, look.step());
    if (!is_row)
        return failure(ErrorKind::bad_input,
                       format("the document of run {} was pruned; its medians are still in the "
                              "history ('assay history trend')",
                              run.number));
    std::string text = look.text(0);
    ASSAY_TRY(const std::string digest, digest_of(text));
    if (digest != look.text(1))
        return failure(ErrorKind::bad_input,
                       format("the document of run {} in {} is not what was added: its SHA-256 "
                              "differs. Do not rely on it",
                              run.number, database_.place()));
    return text;
}

Expected<std::vector<Fact>> SqliteStore::facts(std::int64_t run) {
    ASSAY_TRY(Statement look, database_.prepare("SELECT e.facts FROM runs r JOIN environments e "
                                                "ON e.id = r.environment WHERE r.id = ?"));
    look.bind(0, run);
    ASSAY_TRY(const bool is_row, look.step());
    return is_row ? facts_of_text(look.text(0)) : std::vector<Fact>{};
}

Expected<std::vector<Series>> SqliteStore::medians(std::int64_t run) {
    ASSAY_TRY(Statement look,
              database_.prepare("SELECT s.host, s.metric, s.conditions, s.unit, s.better, p.run, "
                                "p.started_at, p.median, p.ci95_low, p.ci95_high FROM points p "
                                "JOIN series s ON s.id = p.series WHERE p.run = ? ORDER BY s.id"));
    look.bind(0, run);
    std::vector<Series> medians;
    for (;;) {
        ASSAY_TRY(const bool is_row, look.step());
        if (!is_row)
            return medians;
        medians.push_back(series_row(look, 0));
        medians.back().points.push_back(point_row(look, 5));
    }
}

Expected<std::vector<Series>> SqliteStore::series(const SeriesFilter& filter) {
    ASSAY_TRY(Statement look,
              database_.prepare("SELECT id, host, metric, conditions, unit, better FROM series "
                                "WHERE host = ? AND metric GLOB ? ORDER BY metric, conditions"));
    look.bind(0, std::string_view(filter.host)).bind(1, std::string_view(filter.metric));
    std::vector<Series> all;
    for (;;) {
        ASSAY_TRY(const bool is_row, look.step());
        if (!is_row)
            return all;
        Series& series = all.emplace_back(series_row(look, 1));
        ASSAY_TRY(Statement points,
                  database_.prepare("SELECT run, started_at, median, ci95_low, ci95_high "
                                    "FROM points WHERE series = ? "
                                    "ORDER BY started_at DESC, run DESC LIMIT ?"));
        points.bind(0, look.integer(0)).bind(1, limit_of(filter.last));
        for (;;) {
            ASSAY_TRY(const bool is_point, points.step());
            if (!is_point)
                break;
            series.points.push_back(point_row(points, 0));
        }
        std::ranges::reverse(series.points);
        if (series.points.empty())
            all.pop_back();
    }
}

Expected<void> SqliteStore::set_baseline(const RunRow& run) {
    ASSAY_TRY(Statement insert,
              database_.prepare("INSERT INTO baselines (host, run) VALUES (?, ?) "
                                "ON CONFLICT (host) DO UPDATE SET run = excluded.run"));
    return insert.bind(0, std::string_view(run.host)).bind(1, run.number).run();
}

Expected<std::optional<RunRow>> SqliteStore::baseline(const std::string& host) {
    ASSAY_TRY(Statement look,
              database_.prepare(std::string(kRunColumns) +
                                "WHERE r.id = (SELECT run FROM baselines WHERE host = ?)"));
    look.bind(0, std::string_view(host));
    ASSAY_TRY(const std::vector<RunRow> found, run_rows(look));
    return found.empty() ? std::nullopt : std::optional(found.front());
}

Expected<std::size_t> SqliteStore::prune(const PruneRule& rule) {
    // What both halves of the rule name; one that was not given names every run.
    constexpr std::string_view kNamed =
        " WHERE id IN (SELECT id FROM (SELECT id, host, started_at, row_number() OVER "
        "(PARTITION BY host ORDER BY started_at DESC, id DESC) AS age FROM runs) "
        "WHERE (?1 = '' OR started_at < ?1) AND age > ?2) "
        "AND id NOT IN (SELECT run FROM baselines)";
    const std::string named(kNamed);
    ASSAY_TRY(Transaction transaction, Transaction::begin(database_));
    const auto run = [&](const std::string& sql) -> Expected<std::size_t> {
        ASSAY_TRY(Statement statement, database_.prepare(sql));
        statement.bind(0, std::string_view(rule.before ? *rule.before : std::string()));
        statement.bind(1, static_cast<std::int64_t>(rule.keep.value_or(0)));
        ASSAY_TRY_VOID(statement.run());
        return static_cast<std::size_t>(database_.changes());
    };
    std::size_t touched = 0;
    if (rule.whole_runs) {
        ASSAY_TRY(touched, run("DELETE FROM runs" + named));
        ASSAY_TRY_VOID(database_.execute(
            "DELETE FROM environments WHERE id NOT IN (SELECT environment FROM runs); "
            "DELETE FROM series WHERE id NOT IN (SELECT series FROM points)"));
    } else {
        ASSAY_TRY(touched, run("UPDATE runs SET has_document = 0" + named + " AND has_document"));
        ASSAY_TRY_VOID(database_.execute(
            "DELETE FROM documents WHERE run IN (SELECT id FROM runs WHERE NOT has_document)"));
    }
    ASSAY_TRY_VOID(transaction.commit());
    ASSAY_TRY_VOID(database_.execute("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)"));
    return touched;
}

Expected<void> SqliteStore::check() {
    ASSAY_TRY(const std::string said, database_.word("PRAGMA integrity_check(1)"));
    if (said != "ok")
        return failure(ErrorKind::bad_input,
                       "the history " + database_.place() + " is damaged: " + said);
    ASSAY_TRY(Statement keys, database_.prepare("PRAGMA foreign_key_check"));
    ASSAY_TRY(const bool is_broken, keys.step());
    if (is_broken)
        return failure(ErrorKind::bad_input, "the history " + database_.place() +
                                                 " is damaged: a row of " + keys.text(0) +
                                                 " points to nothing");
    return {};
}

}  // namespace

Expected<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& path) {
    ASSAY_TRY(Database database, Database::open(path));
    ASSAY_TRY_VOID(bring_up_to_date(database));
    return std::make_unique<SqliteStore>(std::move(database));
}

}  // namespace assay::store
