#include "report/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <barrier>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "engine/core/random.h"
#include "report/json_reader.h"
#include "report/json_writer.h"
#include "report/store/database.h"
#include "report/store/history_document.h"
#include "report/store/trend.h"
#include "tests/support/example_run.h"
#include "tests/support/file_tree.h"
#include "tests/support/schema_validator.h"

namespace assay::store {
namespace {

using testing::HasSubstr;

/// A run of its own: id, time and numbers follow from `index`.
RunRecord record_number(std::size_t index, const std::string& host = "esx-guest-07") {
    Run run = test::example_run();
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%08zx-0000-4000-8000-000000000000", index);
    run.run_id = text.data();
    std::snprintf(text.data(), text.size(), "2026-%02zu-%02zuT%02zu:%02zu:00Z",
                  1 + index / 40320 % 12, 1 + index / 1440 % 28, index / 60 % 24, index % 60);
    run.started_at = text.data();
    for (Member& section : std::get<Value::Object>(run.environment.data))
        if (section.name == "host")
            for (Member& fact : std::get<Value::Object>(section.value.data))
                if (fact.name == "hostname")
                    fact.value = Value(host);
    test::scale_metric(run, "storage.random_read.iops", 1 + 0.001 * static_cast<double>(index));
    std::string document = report::run_to_json(run);
    return record_of(run, std::move(document));
}

class History : public testing::Test {
  protected:
    std::unique_ptr<Store> open() const {
        auto opened = open_sqlite_store(place());
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }
    std::filesystem::path place() const { return tree_.root() / "history.db"; }
    test::FileTree tree_;
};

TEST_F(History, gives_a_run_back_byte_for_byte_also_after_reopening) {
    const RunRecord record = record_number(1);
    EXPECT_EQ(open()->add(record).value(), 1);
    const auto store = open();
    const RunRow row = store->find("latest").value();
    EXPECT_EQ(store->document(row).value(), record.document);
    EXPECT_EQ(row.run_id, record.run_id);
    EXPECT_EQ(row.host, "esx-guest-07");
    EXPECT_EQ(row.label, "prod-01");
    EXPECT_EQ(store->facts(row.number).value(), record.facts);
    EXPECT_TRUE(store->check());
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

TEST_F(History, what_it_writes_for_programs_keeps_to_the_published_schemas) {
    if (!test::has_validator())
        GTEST_SKIP() << "python3-jsonschema is not installed";
    const auto store = open();
    for (std::size_t index = 1; index <= 24; ++index) {
        RunRecord record = record_number(index);
        for (Median& median : record.medians)
            if (index > 18 && median.metric == "storage.random_read.iops")
                median.value *= 0.6;
        ASSERT_TRUE(store->add(record));
    }
    const std::string runs = runs_to_json(store->list({}).value());
    EXPECT_EQ(test::validate(ASSAY_SOURCE_DIR "/report/assay.history.1.schema.json",
                             {runs, "[]\n", replaced(runs, "\"valid\": true", "\"valid\": 1"),
                              replaced(runs, "\"number\"", "\"nummer\"")}),
              (std::vector<bool>{true, true, false, false}));
    const std::string trends = trends_to_json(trends_of(*store, {.host = "esx-guest-07"}).value());
    EXPECT_THAT(trends, HasSubstr("\"kind\": \"worse\"")) << "an alarm is among them";
    EXPECT_EQ(test::validate(ASSAY_SOURCE_DIR "/report/assay.trends.1.schema.json",
                             {trends, replaced(trends, "\"kind\": \"worse\"", "\"kind\": \"bad\""),
                              replaced(trends, "\"state\"", "\"status\"")}),
              (std::vector<bool>{true, false, false}));
}

TEST_F(History, a_series_never_joins_two_machines_of_one_name) {
    const auto store = open();
    for (const std::size_t index : {1u, 2u, 3u, 4u}) {
        RunRecord record = record_number(index);
        EXPECT_EQ(record.host, "esx-guest-07") << "without an identity the name stands alone";
        assay::Run run = report::read_run(record.document).value();
        for (Member& section : std::get<Value::Object>(run.environment.data))
            if (section.name == "host")
                std::get<Value::Object>(section.value.data)
                    .push_back({"identity", Value(index == 3 ? "bbbbbbbbbbbb" : "aaaaaaaaaaaa")});
        record = record_of(run, report::run_to_json(run));
        ASSERT_TRUE(store->add(record));
    }
    const SeriesFilter filter{.host = "esx-guest-07#aaaaaaaa", .metric = "cpu.*"};
    const std::vector<Series> found = store->series(filter).value();
    EXPECT_FALSE(found.empty());
    for (const Series& series : found)
        EXPECT_EQ(series.points.size(), 3u);
    EXPECT_EQ(store->host("esx-guest-07#bbbbbbbb").value(), "esx-guest-07#bbbbbbbb");
    EXPECT_FALSE(store->host("esx-guest-07")) << "which of the two?";
    EXPECT_FALSE(store->host("esx-guest-0")) << "no host begins so by its whole name";
}

TEST_F(History, the_same_file_again_is_the_same_run_and_an_edited_one_is_refused) {
    const auto store = open();
    RunRecord record = record_number(7);
    EXPECT_EQ(store->add(record).value(), 1);
    EXPECT_EQ(store->add(record).value(), 1);
    EXPECT_EQ(store->list({}).value().size(), 1u);
    record.document += " ";
    const auto refused = store->add(record);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
    EXPECT_THAT(refused.error().message, HasSubstr("another content"));
}

TEST_F(History, a_document_that_was_changed_in_the_file_is_not_given_out) {
    open()->add(record_number(1)).value();
    {
        const auto database = Database::open(place());
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->execute("UPDATE documents SET text = replace(text, '7', '8')"));
    }
    const auto store = open();
    const auto refused = store->document(store->find("1").value());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("SHA-256 differs"));
}

TEST_F(History, runs_are_found_by_number_by_the_beginning_of_their_id_and_as_latest) {
    const auto store = open();
    for (const std::size_t index : {3u, 1u, 2u})
        ASSERT_TRUE(store->add(record_number(index)));
    EXPECT_EQ(store->find("latest").value().started_at, record_number(3).started_at);
    EXPECT_EQ(store->find("2").value().run_id, record_number(1).run_id);
    EXPECT_EQ(store->find("00000002").value().number, 3);
    EXPECT_THAT(store->find("0000").error().message, HasSubstr("several runs"));
    EXPECT_THAT(store->find("9").error().message, HasSubstr("no run"));
    EXPECT_THAT(store->find("").error().message, HasSubstr("no run"));
}

TEST_F(History, a_series_has_each_run_of_its_host_in_the_order_of_time) {
    const auto store = open();
    for (const std::size_t index : {2u, 0u, 1u})
        ASSERT_TRUE(store->add(record_number(index)));
    ASSERT_TRUE(store->add(record_number(9, "another")));
    auto series =
        store->series({.host = "esx-guest-07", .metric = "storage.random_read.iops"}).value();
    ASSERT_EQ(series.size(), 2u) << "one for each depth";
    series.erase(series.begin());
    ASSERT_EQ(series[0].points.size(), 3u);
    EXPECT_THAT(series[0].conditions, HasSubstr("depth=32"));
    EXPECT_THAT(series[0].conditions, HasSubstr("profile=quick"));
    for (std::size_t index = 0; index < 3; ++index)
        EXPECT_DOUBLE_EQ(series[0].points[index].median,
                         series[0].points[0].median * (1 + 0.001 * static_cast<double>(index)));
    EXPECT_EQ(
        store->series({.host = "esx-guest-07", .metric = "storage.random_read.iops", .last = 2})
            .value()[1]
            .points.size(),
        2u);
    EXPECT_TRUE(store->series({.host = "nobody"}).value().empty());
}

TEST_F(History, prune_drops_raw_samples_keeps_medians_and_never_touches_a_baseline) {
    const auto store = open();
    for (std::size_t index = 0; index < 5; ++index)
        ASSERT_TRUE(store->add(record_number(index)));
    ASSERT_TRUE(store->set_baseline(store->find("1").value()));
    EXPECT_EQ(store->prune({.before = std::nullopt, .keep = 2}).value(), 2u);
    EXPECT_TRUE(store->document(store->find("1").value()));
    EXPECT_THAT(store->document(store->find("2").value()).error().message, HasSubstr("pruned"));
    EXPECT_FALSE(store->find("2").value().has_document);
    const SeriesFilter iops{.host = "esx-guest-07", .metric = "storage.random_read.iops"};
    EXPECT_EQ(store->series(iops).value()[0].points.size(), 5u);
    EXPECT_EQ(store->prune({.before = "2026-01-02", .keep = 2, .whole_runs = true}).value(), 2u);
    EXPECT_EQ(store->prune({.before = "2025-01-01", .keep = {}, .whole_runs = true}).value(), 0u);
    EXPECT_EQ(store->list({}).value().size(), 3u);
    EXPECT_EQ(store->series(iops).value()[0].points.size(), 3u);
    EXPECT_EQ(store->baseline("esx-guest-07").value()->number, 1);
    EXPECT_FALSE(store->baseline("another").value());
    EXPECT_TRUE(store->check());
    // A number is never given twice, so that notes about a run stay true.
    EXPECT_EQ(store->add(record_number(8)).value(), 6);
}

TEST_F(History, refuses_what_is_no_history_and_leaves_it_as_it_is) {
    const auto text = tree_.root() / "text.db";
    tree_.write("text.db", std::string(5000, 'x'));
    const auto no_database = open_sqlite_store(text);
    ASSERT_FALSE(no_database);
    EXPECT_EQ(no_database.error().kind, ErrorKind::bad_input);
    const auto foreign = tree_.root() / "foreign.db";
    {
        const auto database = Database::open(foreign);
        ASSERT_TRUE(database && database->execute("CREATE TABLE recipes (name TEXT)"));
    }
    const auto refused = open_sqlite_store(foreign);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("belongs to another program"));
    EXPECT_EQ(Database::open(foreign)->word("PRAGMA journal_mode").value(), "delete");
    open();
    ASSERT_TRUE(Database::open(place())->execute("PRAGMA user_version = 99"));
    const auto newer = open_sqlite_store(place());
    ASSERT_FALSE(newer);
    EXPECT_THAT(newer.error().message, HasSubstr("newer version"));
    EXPECT_EQ(open_sqlite_store("/no/such/folder/x.db").error().kind, ErrorKind::cannot_create);
}

TEST_F(History, is_durable_and_strict) {
    open();
    const auto database = Database::open(place());
    EXPECT_EQ(database->word("PRAGMA journal_mode").value(), "wal");
    EXPECT_EQ(database
                  ->number("SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND "
                           "name NOT LIKE 'sqlite_%' AND NOT strict")
                  .value(),
              0);
    EXPECT_FALSE(database->execute("INSERT INTO baselines (host, run) VALUES ('a', 'text')"));
}

TEST_F(History, two_writers_at_once_are_both_stored) {
    constexpr std::size_t kEach = 20;
    const auto write_from = [&](std::size_t first) {
        const auto store = open();
        for (std::size_t index = 0; index < kEach; ++index)
            EXPECT_TRUE(store->add(record_number(first + index)));
    };
    std::thread one(write_from, 0);
    std::thread two(write_from, 1000);
    one.join();
    two.join();
    EXPECT_EQ(open()->list({}).value().size(), 2 * kEach);
    EXPECT_TRUE(open()->check());
}

TEST_F(History, two_that_find_no_history_yet_make_one_together) {
    for (int number = 0; number < 60; ++number) {
        const std::filesystem::path place = tree_.root() / (std::to_string(number) + ".db");
        std::barrier both(2);
        auto other = std::async(std::launch::async, [&] {
            both.arrive_and_wait();
            // It looks while the first writes its tables, now earlier and now later.
            std::this_thread::sleep_for(std::chrono::microseconds(100 * number));
            return open_sqlite_store(place);
        });
        both.arrive_and_wait();
        const auto one = open_sqlite_store(place);
        const auto two = other.get();
        EXPECT_TRUE(one) << one.error().message;
        EXPECT_TRUE(two) << two.error().message;
    }
}

TEST_F(History, a_full_database_refuses_the_run_and_keeps_the_others) {
    open()->add(record_number(1)).value();
    Database database = Database::open(place()).value();
    const std::int64_t pages = database.number("PRAGMA page_count").value();
    ASSERT_TRUE(database.number("PRAGMA max_page_count = " + std::to_string(pages)));
    const auto refused =
        database.execute("CREATE TABLE big AS SELECT hex(randomblob(1000000)) AS text");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::cannot_create);
    EXPECT_THAT(refused.error().message, HasSubstr("full"));
    EXPECT_TRUE(open()->check());
}

/// Writes runs until it is killed; tells each one over the pipe once it is acknowledged.
[[noreturn]] void write_until_killed(const std::filesystem::path& place, std::size_t first,
                                     int pipe_end) {
    auto store = open_sqlite_store(place);
    if (!store)
        ::_exit(2);
    for (std::size_t index = first;; ++index) {
        if (!(*store)->add(record_number(index)))
            ::_exit(3);
        if (::write(pipe_end, &index, sizeof index) != ssize_t{sizeof index})
            ::_exit(4);
    }
}

TEST_F(History, kill_9_during_500_writes_loses_no_acknowledged_run) {
    constexpr std::size_t kWrites = 500;
    std::set<std::string> acknowledged;
    Xoshiro256 random(20261121);
    std::size_t kills = 0;
    for (std::size_t first = 0; acknowledged.size() < kWrites; first += 1000, ++kills) {
        std::array<int, 2> pipe{};
        ASSERT_EQ(::pipe(pipe.data()), 0);
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0)
            write_until_killed(place(), first, pipe[1]);
        ::close(pipe[1]);
        std::this_thread::sleep_for(std::chrono::microseconds(1000 + random.below(200'000)));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
        std::size_t index = 0;
        while (::read(pipe[0], &index, sizeof index) == ssize_t{sizeof index})
            acknowledged.insert(record_number(index).run_id);
        ::close(pipe[0]);
        ASSERT_LT(kills, 2000u) << "too slow: " << acknowledged.size() << " writes";
    }
    const auto store = open();
    EXPECT_TRUE(store->check());
    std::set<std::string> kept;
    const std::vector<RunRow> rows = store->list({}).value();
    for (const RunRow& row : rows) {
        kept.insert(row.run_id);
        EXPECT_TRUE(store->document(row)) << "half a run: " << row.run_id;
    }
    for (const std::string& run_id : acknowledged)
        EXPECT_TRUE(kept.contains(run_id)) << "lost " << run_id;
    EXPECT_GT(kills, 3u);
    RecordProperty("kills", static_cast<int>(kills));
}

}  // namespace
}  // namespace assay::store
