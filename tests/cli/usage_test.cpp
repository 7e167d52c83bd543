#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/assay_process.h"

namespace assay::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

void expect_usage_error(const std::vector<std::string>& words, const std::string& sentence) {
    SCOPED_TRACE(testing::PrintToString(words));
    const Outcome outcome = run_assay(words);
    EXPECT_EQ(outcome.status, 64);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr(sentence));
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST(Usage, errors_are_one_sentence_with_a_way_out_and_exit_64) {
    expect_usage_error({"rnu"}, "Unknown command 'rnu'. Did you mean 'run'?");
    expect_usage_error({"frobnicate"}, "Unknown command 'frobnicate'. See 'assay help'.");
    expect_usage_error({"run", "--profil", "smoke"}, "Did you mean '--profile'?");
    expect_usage_error({"run", "--profile", "smok"}, "Did you mean 'smoke'?");
    expect_usage_error({"run", "--profile"}, "--profile needs a value");
    expect_usage_error({"run", "stray"}, "Unexpected word 'stray'.");
    expect_usage_error({"run", "--budget", "soon"}, "--budget: 'soon'");
    expect_usage_error({"run", "--only", "gpu.*"}, "matches no probe");
    expect_usage_error({"plan", "--seed", "many"}, "--seed: 'many'");
    expect_usage_error({"compare", "one.json"}, "Too few words");
    expect_usage_error({"compare", "a", "b", "--without", "cpus"}, "Did you mean 'cpu'?");
    expect_usage_error({"compare", "a", "b", "--without", "cpu,memory,storage,network"},
                       "nothing is left to compare");
    expect_usage_error({"report", "a", "--format", "pfd"}, "is none of text|json|html");
    expect_usage_error({"help", "rnu"}, "Did you mean 'run'?");
}

TEST(Usage, an_unknown_probe_is_named_and_the_nearest_is_offered) {
    expect_usage_error({"probe", "storage.randm_read"}, "Did you mean 'storage.random_read'?");
    expect_usage_error({"probe", "flops"}, "Did you mean 'cpu.flops'?");
    expect_usage_error({"probe", "xyzzy"}, "'assay list' shows them all");
    expect_usage_error({"probe", "--rounds", "3", "cpu.flops"}, "Name the probe first");
    expect_usage_error({"probe"}, "Too few words for 'assay probe ID'.");
}

TEST(Usage, a_probes_own_options_are_checked_by_its_table) {
    expect_usage_error({"probe", "storage.random_read", "--block", "lots"}, "--block: 'lots'");
    expect_usage_error({"probe", "storage.random_read", "--engin", "aio"}, "'--engine'");
    expect_usage_error({"probe", "storage.random_read", "--rounds", "0"}, "--rounds: '0'");
    expect_usage_error({"probe", "cpu.flops", "--duration", "-1s"}, "--duration");
}

TEST(Usage, no_words_at_all_show_the_overview_on_stderr) {
    const Outcome outcome = run_assay({});
    EXPECT_EQ(outcome.status, 64);
    EXPECT_THAT(outcome.err, HasSubstr("Usage: assay COMMAND"));
}

TEST(Help, is_printed_for_the_program_and_every_command) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"--help"}, {"-h"}, {"help"}}) {
        const Outcome outcome = run_assay(words);
        EXPECT_EQ(outcome.status, 0);
        EXPECT_THAT(outcome.out, HasSubstr("assay run --profile quick"));
        EXPECT_THAT(outcome.err, IsEmpty());
    }
    for (const char* command :
         {"run", "probe", "list", "doctor", "plan", "compare", "predict", "capacity", "explain",
          "report", "history", "agent", "keygen", "check", "version"}) {
        const Outcome by_help = run_assay({"help", command});
        const Outcome by_flag = run_assay({command, "--help"});
        EXPECT_EQ(by_help.status, 0) << command;
        EXPECT_THAT(by_help.out, HasSubstr("Usage: assay " + std::string(command)));
        EXPECT_EQ(by_help.out, by_flag.out);
    }
}

TEST(Help, of_a_probe_shows_its_own_options_and_metrics) {
    const Outcome outcome = run_assay({"help", "probe", "storage.random_read"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("--depth"));
    EXPECT_THAT(outcome.out, HasSubstr("storage.random_read.iops (op/s)"));
    EXPECT_EQ(run_assay({"probe", "storage.random_read", "--help"}).out, outcome.out);
}

TEST(Version, is_one_answer_in_two_ways) {
    const Outcome outcome = run_assay({"version"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("result schema assay.run/1"));
    EXPECT_EQ(run_assay({"--version"}).out, outcome.out);
}

TEST(List, as_json_parses_and_carries_every_probe_with_units) {
    const Outcome outcome = run_assay({"list", "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    TempFolder folder;
    const std::string file = folder.write("list.json", outcome.out);
    const Outcome parsed = run_python(
        "import json, sys\n"
        "for probe in json.load(open(sys.argv[1]))['probes']:\n"
        "    print(probe['id'], *sorted({m['unit'] for m in probe['metrics']}))\n",
        {file});
    ASSERT_EQ(parsed.status, 0) << parsed.err;
    EXPECT_THAT(parsed.out, HasSubstr("cpu.flops FLOP/s ratio\n"));
    EXPECT_THAT(parsed.out, HasSubstr("cpu.clock Hz\n"));
    EXPECT_THAT(parsed.out, HasSubstr("cpu.scaling ratio\n"));
    EXPECT_THAT(parsed.out, HasSubstr("memory.bandwidth B/s ns ratio\n"));
    EXPECT_THAT(parsed.out, HasSubstr("storage.random_read ns op/s\n"));
    EXPECT_THAT(parsed.out, HasSubstr("network.tcp "));
    EXPECT_THAT(run_assay({"list"}).out, HasSubstr("storage.random_read"));
}

TEST(Plan, says_what_a_run_would_do_within_its_budget) {
    const Outcome text = run_assay({"plan", "--profile", "smoke", "--path", "/tmp"});
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr("storage.random_read"));
    EXPECT_THAT(text.out, HasSubstr("budget of 0:20"));
    const Outcome json = run_assay({"plan", "--json", "--budget", "30s", "--path", "/tmp"});
    ASSERT_EQ(json.status, 0) << json.err;
    TempFolder folder;
    const Outcome parsed = run_python(
        "import json, sys\n"
        "plan = json.load(open(sys.argv[1]))\n"
        "assert plan['profile']['budget_s'] == 30\n"
        "assert 0 < plan['duration_s'] <= 30\n"
        "assert plan['total']['bytes_written'] == "
        "sum(p['bytes_written'] for p in plan['probes']) + "
        "sum(f['bytes_written'] for f in plan['shared_files'])\n"
        "assert len(plan['shared_files']) == 1\n",
        {folder.write("plan.json", json.out)});
    EXPECT_EQ(parsed.status, 0) << parsed.err;
}

TEST(Doctor, prints_a_verdict_line_for_the_host_and_each_probe) {
    const Outcome outcome = run_assay({"doctor", "--path", "/tmp"});
    EXPECT_THAT(outcome.out, HasSubstr("CPUs:"));
    for (const char* probe :
         {"storage.random_read", "memory.bandwidth", "cpu.flops", "network.tcp"})
        EXPECT_THAT(outcome.out, HasSubstr(std::string(probe) + "\n"));
    EXPECT_THAT(outcome.out, HasSubstr(" BLOCK, "));
    EXPECT_EQ(outcome.status == 0, outcome.out.find("\n0 BLOCK,") != std::string::npos);
}

TEST(Doctor, blocks_on_a_path_without_direct_io_with_the_status_of_a_run) {
    const Outcome outcome = run_assay({"doctor", "--path", "/dev/shm"});
    EXPECT_EQ(outcome.status, 69) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("BLOCK"));
    EXPECT_THAT(outcome.out, HasSubstr("tmpfs"));
}

TEST(Output, that_cannot_be_created_is_refused_before_anything_is_measured) {
    const Outcome run =
        run_assay({"run", "--profile", "deep", "-o", "/no/such/folder/a.json", "--path", "/tmp"});
    EXPECT_EQ(run.status, 73);
    EXPECT_TRUE(is_one_sentence(run.err)) << run.err;
    EXPECT_THAT(run.err, HasSubstr("/no/such/folder"));
    EXPECT_LT(run.seconds, 5);
    TempFolder folder;
    const Outcome onto_folder = run_assay({"probe", "cpu.flops", "-o", folder.path()});
    EXPECT_EQ(onto_folder.status, 73);
    EXPECT_TRUE(is_one_sentence(onto_folder.err)) << onto_folder.err;
    EXPECT_TRUE(folder.names().empty());
}

TEST(Output, on_a_full_device_is_status_73_and_a_reader_that_left_is_none) {
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    Invocation list = assay({"list"});
    list.out = full;
    const Outcome refused = run_program(list);
    ::close(full);
    EXPECT_EQ(refused.status, 73);
    EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;

    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::close(ends[0]);
    list.out = ends[1];
    const Outcome unread = run_program(list);
    ::close(ends[1]);
    EXPECT_EQ(unread.status, 0);
    EXPECT_THAT(unread.err, IsEmpty());
}

}  // namespace
}  // namespace assay::test
