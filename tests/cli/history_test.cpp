#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "report/json_writer.h"
#include "tests/cli/assay_process.h"
#include "tests/support/example_run.h"
#include "tests/support/loop_device.h"

namespace assay::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

std::string document_number(std::size_t index) {
    assay::Run run = example_run();
    run.run_id = "0000000" + std::to_string(index % 10) + "-0000-4000-8000-0000000" +
                 std::to_string(10000 + index);
    run.started_at = "2026-01-0" + std::to_string(1 + index % 9) + "T00:00:00Z";
    return report::run_to_json(run);
}

class HistoryCommand : public testing::Test {
  protected:
    std::string add(std::size_t index) const {
        const std::string file =
            folder_.write("run" + std::to_string(index) + ".json", document_number(index));
        const Outcome outcome = history({"add", file});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return file;
    }
    Outcome history(std::vector<std::string> words) const {
        words.insert(words.begin(), "history");
        words.insert(words.end(), {"--db", folder_.file("h.db")});
        return run_assay(std::move(words));
    }
    TempFolder folder_;
};

TEST_F(HistoryCommand, show_gives_the_file_back_byte_for_byte) {
    const std::string file = add(1);
    const Outcome shown = history({"show", "latest"});
    EXPECT_EQ(shown.status, 0) << shown.err;
    EXPECT_EQ(shown.out, content_of(file));
    EXPECT_THAT(history({"show", "1", "--format", "text"}).out, HasSubstr("prod-01"));
    EXPECT_EQ(history({"show", "2"}).status, 65);
}

TEST_F(HistoryCommand, list_baseline_diff_and_prune_work_together) {
    add(1);
    const std::string file = add(2);
    EXPECT_THAT(history({"list"}).out, AllOf(HasSubstr("esx-guest-07"), HasSubstr("2026-01-03")));
    const std::string rows = folder_.write("rows.json", history({"list", "--format", "json"}).out);
    EXPECT_EQ(run_python("import json,sys; rows=json.load(open(sys.argv[1])); "
                         "print([row['number'] for row in rows])",
                         {rows})
                  .out,
              "[2, 1]\n");
    const Outcome without = history({"diff", "2"});
    EXPECT_EQ(without.status, 65);
    EXPECT_THAT(without.err, HasSubstr("no baseline"));
    EXPECT_EQ(history({"baseline", "1"}).status, 0);
    EXPECT_THAT(history({"baseline"}).out, HasSubstr("2026-01-02"));
    const Outcome diff = history({"diff", "2"});
    EXPECT_EQ(diff.status, 0) << diff.err;
    EXPECT_THAT(diff.out, AllOf(HasSubstr("storage.random_read"), HasSubstr("no fact")));
    EXPECT_EQ(history({"prune"}).status, 64);
    EXPECT_EQ(history({"prune", "--before", "soon"}).status, 64);
    EXPECT_EQ(history({"prune", "--before", "2026-12-31"}).out, "1 runs lost their raw samples\n");
    EXPECT_EQ(history({"show", "2"}).status, 65);
    EXPECT_EQ(history({"show", "1"}).status, 0) << "the baseline stays";
    EXPECT_EQ(history({"add", file}).out, "2 00000002-0000-4000-8000-000000010002\n");
}

TEST_F(HistoryCommand, trend_names_the_run_a_fall_began_with_and_what_changed_that_day) {
    std::vector<std::string> words{"add"};
    for (std::size_t index = 0; index < 24; ++index) {
        assay::Run run = example_run();
        run.run_id = "00000000-0000-4000-8000-0000000" + std::to_string(10000 + index);
        run.started_at = "2026-01-" + std::to_string(10 + index % 20) + "T0" +
                         std::to_string(index / 20) + ":00:00Z";
        if (index >= 20)
            run.started_at = "2026-02-" + std::to_string(index) + "T00:00:00Z";
        const bool is_late = index >= 20;
        scale_metric(run, "storage.random_read.iops",
                     (is_late ? 0.8 : 1.0) * (1 + 0.01 * static_cast<double>(index * 7 % 5)));
        for (Member& section : std::get<Value::Object>(run.environment.data))
            if (section.name == "kernel" && is_late)
                std::get<Value::Object>(section.value.data).front().value = Value("6.2.0");
        words.push_back(folder_.write(std::to_string(index), report::run_to_json(run)));
    }
    ASSERT_EQ(history(words).status, 0);
    const Outcome trend = history({"trend", "--metric", "storage.*"});
    EXPECT_EQ(trend.status, 1) << "an alarm stands; " << trend.err;
    EXPECT_EQ(history({"trend", "--metric", "cpu.*"}).status, 0) << "nothing is worse there";
    EXPECT_THAT(run_assay({"help", "history", "trend"}).out, HasSubstr("1 an alarm stands"));
    // Without the line breaks, which may fall anywhere in a sentence.
    const std::string said = std::regex_replace(trend.out, std::regex("\\s+"), " ");
    for (const char* part :
         {"from run 21 on", "kernel.release: 6.1.0", "6.2.0", "assay history diff 20 21", "-20 %"})
        EXPECT_THAT(said, HasSubstr(part));
    const std::string file =
        folder_.write("trend.json", history({"trend", "--format", "json"}).out);
    EXPECT_EQ(run_python("import json,sys\n"
                         "rows = [r for r in json.load(open(sys.argv[1])) if r['alarms']]\n"
                         "print([(r['metric'], r['state'], r['alarms'][0]['at_run'], "
                         "r['alarms'][0]['environment']) for r in rows][0])\n",
                         {file})
                  .out,
              "('storage.random_read.iops', 'worse', 21, [{'fact': 'kernel.release', "
              "'before': '6.1.0', 'after': '6.2.0'}])\n");
    const std::string page = folder_.file("trend.html");
    const Outcome html =
        history({"trend", "--metric", "storage.*", "--format", "html", "-o", page});
    EXPECT_EQ(html.status, 1) << "the status is that of the numbers; " << html.err;
    EXPECT_THAT(html.out, IsEmpty());
    const std::string plain =
        std::regex_replace(content_of(page), std::regex(" data-column=\"[^\"]*\""), "");
    EXPECT_THAT(plain, AllOf(HasSubstr("<h3>worse</h3>"), HasSubstr("Flag at 21: worse."),
                             HasSubstr("<td>kernel.release</td><td>6.1.0</td><td>6.2.0</td>")));
    const std::string salt = folder_.file("salt");
    for (const char* format : {"text", "json", "html"}) {
        const Outcome copy =
            history({"trend", "--format", format, "--redact", "partner", "--salt", salt});
        EXPECT_EQ(copy.status, 1) << copy.err;
        EXPECT_THAT(copy.out, AllOf(HasSubstr("id-"), HasSubstr("storage.random_read.iops")));
        for (const char* name : {"esx-guest-07", "/srv/data"})
            EXPECT_THAT(copy.out, testing::Not(HasSubstr(name))) << format;
    }
    EXPECT_EQ(history({"trend", "--redact", "public"}).status, 64) << "only numbers are in it";
    EXPECT_EQ(history({"trend", "--metric", "none.*"}).status, 65);
}

TEST_F(HistoryCommand, two_machines_of_one_name_are_two_hosts) {
    std::vector<std::string> words{"add"};
    for (const std::size_t index : {1u, 2u, 3u}) {
        assay::Run run = example_run();
        run.run_id = "00000000-0000-4000-8000-00000000000" + std::to_string(index);
        run.started_at = "2026-01-0" + std::to_string(index) + "T00:00:00Z";
        for (Member& section : std::get<Value::Object>(run.environment.data))
            if (section.name == "host")
                std::get<Value::Object>(section.value.data)
                    .push_back({"identity", Value(index == 2 ? "2222222222" : "1111111111")});
        words.push_back(folder_.write(std::to_string(index), report::run_to_json(run)));
    }
    ASSERT_EQ(history(words).status, 0);
    const auto runs_of = [&](const std::string& host) {
        const Outcome shown = history({"list", "--format", "json", "--host", host});
        EXPECT_EQ(shown.status, 0) << shown.err;
        return run_python(
                   "import json,sys; print([r['number'] for r in json.load(open(sys.argv[1]))])",
                   {folder_.write("rows.json", shown.out)})
            .out;
    };
    EXPECT_EQ(runs_of("esx-guest-07#11111111"), "[3, 1]\n");
    EXPECT_EQ(runs_of("esx-guest-07#22222222"), "[2]\n");
    EXPECT_THAT(history({"trend", "--metric", "cpu.*"}).out, HasSubstr("esx-guest-07#11111111"))
        << "the newest run's";
    const Outcome both = history({"trend", "--host", "esx-guest-07"});
    EXPECT_EQ(both.status, 65);
    EXPECT_THAT(both.err, HasSubstr("esx-guest-07#11111111, esx-guest-07#22222222"));
}

TEST_F(HistoryCommand, refuses_with_one_sentence) {
    const Outcome nothing = history({"list"});
    EXPECT_EQ(nothing.status, 65);
    EXPECT_TRUE(is_one_sentence(nothing.err)) << nothing.err;
    const Outcome word = run_assay({"history", "lst"});
    EXPECT_EQ(word.status, 64);
    EXPECT_THAT(word.err, HasSubstr("Did you mean 'list'?"));
    EXPECT_EQ(history({"add", folder_.file("missing.json")}).status, 65);
    EXPECT_EQ(history({"add", folder_.write("bad.json", "{}")}).status, 65);
}

TEST_F(HistoryCommand, a_run_is_added_by_itself_to_the_users_own_history) {
    Invocation run = assay({"run", "--profile", "smoke", "--only", "memory.*", "--budget", "3s"});
    run.environment.push_back("XDG_STATE_HOME=" + folder_.path());
    const Outcome first = run_program(run);
    ASSERT_TRUE(first.status == 0 || first.status == 3) << first.err;
    EXPECT_THAT(first.err, HasSubstr("number 1 of the history"));
    run.words.emplace_back("--no-history");
    EXPECT_THAT(run_program(run).err, testing::Not(HasSubstr("of the history")));
    Invocation list = assay({"history", "list", "--format", "json"});
    list.environment = run.environment;
    const std::string rows = folder_.write("rows.json", run_program(list).out);
    EXPECT_EQ(run_python("import json,sys; print(len(json.load(open(sys.argv[1]))))", {rows}).out,
              "1\n");
}

TEST_F(HistoryCommand, a_history_that_cannot_be_written_is_a_warning_and_no_lost_run) {
    const Outcome outcome = run_assay({"run", "--profile", "smoke", "--only", "memory.*",
                                       "--budget", "3s", "--db", "/no/such/folder/h.db"});
    EXPECT_TRUE(outcome.status == 0 || outcome.status == 3) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("profile smoke"));
    EXPECT_THAT(outcome.err, HasSubstr("warning: the run is not in the history"));
}

TEST(HistoryDisk, that_is_full_ends_with_73_and_leaves_every_acknowledged_run) {
    if (!is_root())
        GTEST_SKIP() << "needs root for a filesystem on a loop device";
    auto device = LoopDevice::create(16 * kMiB);
    if (!device)
        GTEST_SKIP() << device.error().message;
    auto mounted = MountedExt4::create(device->path(), MountedExt4::Mode::read_write);
    if (!mounted)
        GTEST_SKIP() << mounted.error().message;
    const std::string place = mounted->folder() + "/h.db";
    const TempFolder folder;
    std::size_t acknowledged = 0;
    Outcome last;
    for (std::size_t index = 0; index < 3000; index += 50) {
        std::vector<std::string> words{"history", "add"};
        for (std::size_t each = index; each < index + 50; ++each)
            words.push_back(folder.write(std::to_string(each), document_number(each)));
        words.insert(words.end(), {"--db", place});
        last = run_assay(words);
        acknowledged +=
            static_cast<std::size_t>(std::count(last.out.begin(), last.out.end(), '\n'));
        if (last.status != 0)
            break;
    }
    EXPECT_EQ(last.status, 73) << last.err;
    EXPECT_THAT(last.err, HasSubstr("full"));
    EXPECT_TRUE(is_one_sentence(last.err)) << last.err;
    EXPECT_GT(acknowledged, 50u);
    const Outcome rows =
        run_assay({"history", "list", "--format", "json", "--last", "9999", "--db", place});
    ASSERT_EQ(rows.status, 0) << rows.err;
    EXPECT_EQ(run_python("import json,sys,sqlite3\n"
                         "print(len(json.load(open(sys.argv[1]))))\n"
                         "print(sqlite3.connect(sys.argv[2]).execute("
                         "'pragma integrity_check').fetchone()[0])\n",
                         {folder.write("rows.json", rows.out), place})
                  .out,
              std::to_string(acknowledged) + "\nok\n");
}

}  // namespace
}  // namespace assay::test
