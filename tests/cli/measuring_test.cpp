#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/cli/assay_process.h"

/// The program while it measures for real: each takes seconds, and wants the host for itself.
namespace assay::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// Multiplies all numbers of one metric in a result file, as a stranger's tool would: by its JSON.
Outcome scale_in_file(const std::string& from, const std::string& to, const std::string& factors) {
    const std::string script =
        "import json, sys\n"
        "run = json.load(open(sys.argv[1]))\n"
        "factors = json.loads(sys.argv[3])\n"
        "for probe in run['probes']:\n"
        "    for m in probe['measurements']:\n"
        "        factor = factors.get(m['metric'])\n"
        "        if factor is None: continue\n"
        "        m['samples'] = [s * factor for s in m['samples']]\n"
        "        for s in m.get('invalid_samples') or []: s['value'] *= factor\n"
        "        for key, value in m['summary'].items():\n"
        "            if key != 'n' and value is not None: m['summary'][key] = value * factor\n"
        "json.dump(run, open(sys.argv[2], 'w'))\n";
    return run_python(script, {from, to, factors});
}

/// The program gave up because other work on this host suffered: the test cannot be made now.
bool is_host_busy(const Outcome& outcome) {
    return outcome.status == 75;
}
constexpr const char* kBusy = "other work on this host suffers; the program stepped back";

TEST(Measuring, a_smoke_run_ends_in_time_and_its_file_can_be_judged) {
    TempFolder folder;
    const std::string a = folder.file("a.json");
    const Outcome run =
        run_assay({"run", "--profile", "smoke", "--path", folder.path(), "--label", "a", "-o", a});
    EXPECT_LE(run.seconds, 20.4);
    if (is_host_busy(run))
        GTEST_SKIP() << kBusy;
    // A noisy host makes a run inconclusive; it never makes it late.
    EXPECT_THAT(run.status, testing::AnyOf(0, 3)) << run.err;
    EXPECT_THAT(run.out, HasSubstr("storage"));
    EXPECT_THAT(run.err, HasSubstr(a));
    EXPECT_THAT(folder.names(), testing::ElementsAre("a.json"));

    EXPECT_EQ(schema_violation(a), "");
    EXPECT_EQ(run_assay({"report", a, "--format", "json"}).out, content_of(a));
    // Three rounds a side are too thin for GO, whatever they say.
    const Outcome same = run_assay({"compare", a, a});
    EXPECT_EQ(same.status, 3) << same.out;
    if (run.status != 0)
        GTEST_SKIP() << "the host was too noisy for a valid run:\n" << run.out << run.err;
    EXPECT_THAT(same.out, AllOf(HasSubstr("1.00"), HasSubstr("SELF-TEST")));

    const std::string b = folder.file("b.json");
    const Outcome scaled =
        scale_in_file(a, b, R"({"storage.random_read.iops": 0.35, "cpu.flops.double": 3.0})");
    ASSERT_EQ(scaled.status, 0) << scaled.err;
    const Outcome judged = run_assay({"compare", a, b});
    EXPECT_EQ(judged.status, 2) << judged.out;
    EXPECT_THAT(judged.out, HasSubstr("NO-GO"));
}

TEST(Measuring, a_probe_alone_puts_the_document_and_nothing_else_on_stdout) {
    TempFolder folder;
    const Outcome outcome = run_assay({"probe", "cpu.flops", "--rounds", "3", "--duration", "100ms",
                                       "--seed", "7", "--label", "alone", "--json"});
    if (is_host_busy(outcome))
        GTEST_SKIP() << kBusy;
    EXPECT_THAT(outcome.status, testing::AnyOf(0, 3)) << outcome.err;
    const std::string file = folder.write("probe.json", outcome.out);
    EXPECT_EQ(schema_violation(file), "");
    const Outcome parsed = run_program(
        {.words = {
             "/usr/bin/python3", "-c",
             "import json, sys\n"
             "run = json.load(open(sys.argv[1]))\n"
             "print(run['label'], run['profile']['seed'], [p['id'] for p in run['probes']])\n",
             file}});
    EXPECT_EQ(parsed.out, "alone 7 ['cpu.flops']\n") << parsed.err;
}

TEST(Measuring, quiet_says_nothing_on_stderr) {
    const Outcome outcome = run_assay(
        {"probe", "cpu.flops", "--rounds", "3", "--duration", "100ms", "--quiet", "--json"});
    if (is_host_busy(outcome))
        GTEST_SKIP() << kBusy;
    EXPECT_THAT(outcome.status, testing::AnyOf(0, 3));
    EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Measuring, starts_no_other_program) {
    if (run_words({"strace", "-V"}).status != 0)
        GTEST_SKIP() << "strace is not installed";
    TempFolder folder;
    const std::string trace = folder.file("trace");
    Invocation invocation =
        assay({"run", "--profile", "smoke", "--budget", "5s", "--path", folder.path(), "--quiet"});
    invocation.words.insert(invocation.words.begin(),
                            {"strace", "-f", "-e", "trace=execve,execveat", "-o", trace});
    const Outcome outcome = run_program(invocation);
    const std::string calls = content_of(trace);
    if (calls.find("execve") == std::string::npos)
        GTEST_SKIP() << "strace may not trace here: " << outcome.err;
    std::size_t count = 0;
    for (std::size_t at = calls.find("execve"); at != std::string::npos;
         at = calls.find("execve", at + 1))
        ++count;
    EXPECT_EQ(count, 1u) << calls;
    EXPECT_THAT(calls, HasSubstr(ASSAY_BINARY));
}

// Signals.

Invocation long_run(const TempFolder& folder) {
    return assay(
        {"run", "--profile", "quick", "--path", folder.path(), "-o", folder.file("a.json")});
}

void expect_clean_interrupt(int signal, std::string_view moment) {
    SCOPED_TRACE(moment);
    TempFolder folder;
    Process process(long_run(folder));
    if (!process.wait_for_error_text(moment)) {
        const Outcome outcome = process.finish();
        if (is_host_busy(outcome))
            GTEST_SKIP() << kBusy;
        FAIL() << "it never said '" << moment << "': " << outcome.err;
    }
    const auto before = SteadyClock::now();
    process.signal(signal);
    const Outcome outcome = process.finish();
    const std::chrono::duration<double> taken = SteadyClock::now() - before;
    EXPECT_EQ(outcome.status, 130) << outcome.signal;
    EXPECT_LT(taken.count(), 1.0);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_TRUE(folder.names().empty());
}

TEST(Interrupt, ends_the_run_with_130_in_under_a_second_while_it_prepares) {
    expect_clean_interrupt(SIGINT, "preparing storage.random_read");
}

TEST(Interrupt, ends_the_run_with_130_in_under_a_second_while_it_measures) {
    expect_clean_interrupt(SIGINT, "ETA");
}

TEST(Interrupt, a_termination_request_and_a_lost_terminal_are_honoured_alike) {
    expect_clean_interrupt(SIGTERM, "preparing");
    expect_clean_interrupt(SIGHUP, "preparing");
}

TEST(Interrupt, is_not_held_up_by_a_stderr_that_nobody_reads) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    while (::write(ends[1], "x", 1) == 1) {
    }
    // From now on a write waits, as on a terminal behind Ctrl-S.
    ASSERT_EQ(::fcntl(ends[1], F_SETFL, 0), 0);
    TempFolder folder;
    Invocation invocation = long_run(folder);
    invocation.err = ends[1];
    Process process(invocation);
    process.read_for(std::chrono::milliseconds(500));
    const auto before = SteadyClock::now();
    process.signal(SIGINT);
    const Outcome outcome = process.finish();
    const std::chrono::duration<double> taken = SteadyClock::now() - before;
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_EQ(outcome.status, 130);
    EXPECT_LT(taken.count(), 1.0);
    EXPECT_TRUE(folder.names().empty());
}

TEST(Interrupt, killing_the_program_at_any_moment_leaves_nothing_behind) {
    TempFolder folder;
    for (int moment_ms = 50; moment_ms < 4000; moment_ms += 400) {
        Process process(assay({"run", "--profile", "smoke", "--path", folder.path()}));
        process.read_for(std::chrono::milliseconds(moment_ms));
        process.signal(SIGKILL);
        const Outcome outcome = process.finish();
        EXPECT_EQ(outcome.signal, SIGKILL) << "it ended before it was killed: " << outcome.err;
        EXPECT_TRUE(folder.names().empty()) << "after " << moment_ms << " ms";
        EXPECT_FALSE(process.has_left_children());
    }
}

}  // namespace
}  // namespace assay::test
