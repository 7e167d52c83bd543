#include "report/policy_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "engine/score/compare.h"

namespace assay::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Metric kMetrics[] = {
    {"storage.fsync.latency", "", "", Unit::nanoseconds, Better::lower, ""},
    {"storage.fsync.commit", "", "", Unit::nanoseconds, Better::lower, ""},
    {"storage.fsync.rate", "", "", Unit::operations_per_second, Better::higher, ""},
    {"storage.sequential_read.bandwidth", "", "", Unit::bytes_per_second, Better::higher, ""},
    {"storage.sequential_write.bandwidth", "", "", Unit::bytes_per_second, Better::higher, ""},
    {"network.rtt.tcp", "", "", Unit::nanoseconds, Better::lower, ""},
    {"network.tcp.retransmits", "", "", Unit::count, Better::lower, ""},
    {"cpu.sha_256.hash", "", "", Unit::bytes_per_second, Better::higher, ""},
};

PolicyContext context() {
    return {"2026-11-21", kMetrics};
}

Expected<Policy> read(std::string_view text) {
    return read_policy(text, "p.toml", "p", context());
}

/// Places are for errors; two policies that say the same are the same.
Policy without_places(Policy policy) {
    for (Limit& limit : policy.limits)
        limit.place = {};
    return policy;
}

TEST(PolicyReader, of_nothing_is_the_default_policy_under_its_own_name) {
    const auto policy = read("");
    ASSERT_TRUE(policy) << policy.error().message;
    Policy expected = score::default_policy();
    expected.name = "p";
    expected.title.clear();
    EXPECT_EQ(*policy, expected);
}

TEST(PolicyReader, reads_every_word) {
    const auto policy = read(R"(title = "Ours"
confidence = 0.9
fewest_rounds = 7
[overall]
go = 0.9
no_go = 0.7
[category]
go = 0.7
no_go = 0.5
[weights]
cpu = 0.25
memory = 0.25
storage = 0.25
network = 0.25
[metrics."storage.fsync.latency"]
weight = 5
required = true
[[limits]]
name = "commit p99"
metric = "storage.fsync.commit"
conditions = { method = "fdatasync", block_bytes = 4096 }
statistic = "p99"
at_most = "10 ms"
source = "runbook 3"
[[limits]]
name = "reads"
metric = "storage.sequential_read.bandwidth"
at_least = "1GiB/s"
need = "recommended"
[minimum]
cores = 4
memory = "8 GB"
storage_kind = "nvme"
link = "1 Gbit/s"
source = "runbook 2"
[headroom]
memory_used = "90 %"
[[waivers]]
what = "commit p99"
who = "Ada Lovelace"
why = "new array in May"
until = 2027-05-01
)");
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(policy->title, "Ours");
    EXPECT_EQ(policy->confidence, 0.9);
    EXPECT_EQ(policy->fewest_rounds, 7u);
    EXPECT_EQ(policy->go_overall, 0.9);
    EXPECT_EQ(policy->no_go_overall, 0.7);
    EXPECT_EQ(policy->go_category, 0.7);
    EXPECT_EQ(policy->no_go_category, 0.5);
    EXPECT_EQ(policy->categories[2].weight, 0.25);
    ASSERT_EQ(policy->metrics.size(), 1u);
    EXPECT_EQ(policy->metrics[0].weight, 5.0);
    EXPECT_EQ(policy->metrics[0].required, true);
    ASSERT_EQ(policy->limits.size(), 2u);
    const Limit expected{"commit p99",
                         "storage.fsync.commit",
                         {{"block_bytes", 4096.0}, {"method", "fdatasync"}},
                         Statistic::p99,
                         true,
                         10e6,
                         Unit::nanoseconds,
                         Need::required,
                         "runbook 3",
                         {18, 1}};
    EXPECT_EQ(policy->limits[0], expected);
    EXPECT_EQ(policy->limits[1].bound, 0x1p30);
    EXPECT_FALSE(policy->limits[1].is_ceiling);
    EXPECT_EQ(policy->limits[1].need, Need::recommended);
    ASSERT_EQ(policy->facts.size(), 5u);
    EXPECT_EQ(policy->facts[1].bound, 8e9);
    EXPECT_EQ(policy->facts[2].bound, static_cast<double>(StorageKind::nvme));
    EXPECT_EQ(policy->facts[3].bound, 125e6);
    EXPECT_EQ(policy->facts[3].source, "runbook 2");
    EXPECT_NEAR(policy->facts[4].bound, 0.9, 1e-12);
    EXPECT_TRUE(policy->facts[4].is_ceiling);
    ASSERT_EQ(policy->waivers.size(), 1u);
    EXPECT_EQ(policy->waivers[0].until, "2027-05-01");
    EXPECT_EQ(policy->waiver_of("commit p99")->who, "Ada Lovelace");
}

struct Mistake {
    const char* text;
    const char* place;  ///< "line:column"
    const char* says;
};

constexpr const char* kLimit =
    "[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.commit\"\nat_most = \"1 ms\"\n";

TEST(PolicyReader, refuses_every_mistake_with_file_line_and_column) {
    const Mistake mistakes[] = {
        {"titel = \"x\"", "1:1", "'titel' is unknown"},
        {"title = 3", "1:9", "a text is wanted"},
        {"title = \"\"", "1:9", "1 to 300 bytes"},
        {"title = \"a\"\ntitle = \"b\"", "2:9", "redefine"},
        {"title = ", "1:", ""},
        {"a = \"\xff\"", "1:", ""},
        {"confidence = nan", "1:14", "not a finite number"},
        {"confidence = +inf", "1:14", "not a finite number"},
        {"confidence = 1.0", "1:14", "0.5 to 0.999"},
        {"confidence = \"0.9\"", "1:14", "a number is wanted"},
        {"fewest_rounds = 3", "1:17", "5 to 1000"},
        {"fewest_rounds = 5.5", "1:17", "whole number"},
        {"overall = 3", "1:11", "a table is wanted"},
        {"[overall]\ngo = -0.1", "2:6", "0 to 100"},
        {"[overall]\nnogo = 0.1", "2:1", "'nogo' is unknown"},
        {"[category]\ngo = 0.3\nno_go = 0.4", "1:1", "below its no_go"},
        {"[weights]\ncpu = -0.3\nmemory = 0.2\nstorage = 0.4\nnetwork = 0.1", "2:7", "0 to 1"},
        {"[weights]\ncpu = nan\nmemory = 0.2\nstorage = 0.4\nnetwork = 0.1", "2:7", "finite"},
        {"[weights]\ncpu = 0.3\nmemory = 0.2\nstorage = 0.4", "1:1", "has no network"},
        {"[weights]\ncpu = 0.3\nmemory = 0.2\nstorage = 0.4\nnetwork = 0.2", "1:1", "sum to 1.1"},
        {"[weights]\ncpu = 1\nmemory = 0\nstorage = 0\nnetwork = 0\ngpu = 0", "6:1", "'gpu'"},
        {"[metrics.\"storage.fsync.lateny\"]\nweight = 1", "1:", "no scored metric"},
        {"[metrics.\"storage.random_read.iops\"]\nweight = 0", "1:", "weight of 0"},
        {"[metrics.\"storage.fsync.latency\"]\nweight = -1", "2:10", "0 to 1000"},
        {"[metrics.\"storage.fsync.latency\"]\nrequired = 1", "2:12", "true or false"},
        {"limits = 3", "1:10", "list of tables"},
        {"[[limits]]\nmetric = \"storage.fsync.commit\"", "1:1", "no name"},
        {"[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.comit\"", "3:10", "no metric"},
        {"[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.commit\"", "1:1", "one of at_most"},
        {"[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.commit\"\nat_most = \"10 MB/s\"",
         "4:11", "a quantity in ns"},
        {"[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.commit\"\nat_most = 10", "4:11",
         "as a text"},
        {"[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.commit\"\nat_most = \"nan ms\"",
         "4:11", "a quantity in ns"},
        {"[[limits]]\nname = \"x\"\nmetric = \"network.tcp.retransmits\"\nat_most = nan", "4:11",
         "finite"},
        {"[[limits]]\nname = \"x\"\nmetric = \"network.tcp.retransmits\"\nat_most = 0", "4:11",
         "above 0"},
        {"[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.rate\"\nstatistic = \"p99\"\nat_least "
         "= \"1 op/s\"",
         "4:13", "no percentiles"},
        {"[minimum]\ncores = 0", "2:9", "above 0"},
        {"[minimum]\nmemory = 8", "2:10", "a quantity in B"},
        {"[minimum]\nstorage_kind = \"tape\"", "2:16", "hdd"},
        {"[minimum]\ncores = 8\n[recommended]\ncores = 4", "4:1", "below the minimum"},
    };
    for (const Mistake& mistake : mistakes) {
        const auto policy = read(mistake.text);
        ASSERT_FALSE(policy) << mistake.text;
        EXPECT_EQ(policy.error().kind, ErrorKind::bad_policy) << mistake.text;
        EXPECT_THAT(
            policy.error().message,
            AllOf(StartsWith(std::string("p.toml:") + mistake.place), HasSubstr(mistake.says)))
            << mistake.text;
    }
}

TEST(PolicyReader, refuses_mistakes_in_limits_and_waivers) {
    const std::string limit = kLimit;
    const Mistake mistakes[] = {
        {"at_least = \"1 ms\"\n", "1:1", "one of at_most"},
        {"statistic = \"p98\"\n", "5:13", "none of median"},
        {"need = \"optional\"\n", "5:8", "neither required"},
        {"conditions = 3\n", "5:14", "must be a table"},
        {"conditions = { depth = [1] }\n", "5:24", "a number is wanted"},
        {"at_mst = 3\n", "5:1", "'at_mst' is unknown"},
        {"[[limits]]\nname = \"x\"\nmetric = \"storage.fsync.commit\"\nat_most = \"1 ms\"", "5:1",
         "taken already"},
        {"[[limits]]\nname = \"storage\"\nmetric = \"storage.fsync.commit\"\nat_most = \"1 ms\"",
         "5:1", "taken already"},
        {"[[waivers]]\nwhat = \"x\"\nwho = \"a\"\nwhy = \"b\"", "5:1", "has no until"},
        {"[[waivers]]\nwhat = \"x\"\nwho = \"a\"\nwhy = \"b\"\nuntil = 2026-11-20", "9:9",
         "ended on 2026-11-20"},
        {"[[waivers]]\nwhat = \"x\"\nwho = \"a\"\nwhy = \"b\"\nuntil = \"2027-01-01\"", "9:9",
         "without quotes"},
        {"[[waivers]]\nwhat = \"x\"\nwho = \"a\"\nwhy = \"b\"\nuntil = 2027-02-30", "9:", ""},
        {"[[waivers]]\nwhat = \"y\"\nwho = \"a\"\nwhy = \"b\"\nuntil = 2027-01-01", "5:1",
         "no limit, hardware or category"},
        {"[[waivers]]\nwhat = \"x\"\nwhy = \"b\"\nuntil = 2027-01-01", "5:1", "no who"},
    };
    ASSERT_TRUE(read(limit));
    for (const Mistake& mistake : mistakes) {
        const auto policy = read(limit + mistake.text);
        ASSERT_FALSE(policy) << mistake.text;
        EXPECT_THAT(
            policy.error().message,
            AllOf(StartsWith(std::string("p.toml:") + mistake.place), HasSubstr(mistake.says)))
            << mistake.text;
    }
    // The last day counts.
    EXPECT_TRUE(read(limit + "[[waivers]]\nwhat = \"x\"\nwho = \"a\"\nwhy = \"b\"\nuntil = "
                             "2026-11-21"));
}

TEST(PolicyReader, refuses_what_would_need_a_deep_stack) {
    std::string dots = "a";
    for (int depth = 0; depth < 30'000; ++depth)
        dots += ".a";
    EXPECT_FALSE(read(dots + " = 1"));
    EXPECT_FALSE(read("[" + dots + "]"));
    EXPECT_FALSE(read("a = " + std::string(2'000, '[')));
    EXPECT_FALSE(read(std::string(70'000, '#')));
}

TEST(ShippedPolicies, are_five_and_all_are_valid) {
    std::vector<std::string> names;
    for (const ShippedPolicy& shipped : shipped_policies()) {
        names.emplace_back(shipped.name);
        const auto policy = find_policy(names.back(), context());
        ASSERT_TRUE(policy) << policy.error().message;
        EXPECT_EQ(policy->name, shipped.name);
        EXPECT_FALSE(policy->title.empty());
        for (const Limit& limit : policy->limits)
            EXPECT_FALSE(limit.source.empty()) << limit.name;
        for (const FactLimit& limit : policy->facts)
            EXPECT_FALSE(limit.source.empty()) << name_of(limit.fact);
    }
    EXPECT_THAT(
        names, ::testing::UnorderedElementsAre("default", "etcd", "consensus", "warren", "decube"));
}

TEST(ShippedPolicies, default_is_what_is_compiled_in) {
    const auto policy = find_policy("default", context());
    ASSERT_TRUE(policy) << policy.error().message;
    EXPECT_EQ(without_places(*policy), score::default_policy());
}

TEST(ShippedPolicies, have_the_numbers_of_their_sources) {
    const auto bound = [](const char* policy, std::string_view limit) {
        const auto found = find_policy(policy, context());
        for (const Limit& each : found->limits)
            if (each.name == limit)
                return each.bound;
        return 0.0;
    };
    EXPECT_EQ(bound("etcd", "WAL fsync p99"), 10e6);
    EXPECT_EQ(bound("consensus", "commit p99"), 100e6);
    EXPECT_EQ(bound("warren", "Raft apply p99"), 200e6);
    EXPECT_EQ(bound("decube", "CAS store"), 320e6);
    const auto decube = find_policy("decube", context());
    EXPECT_EQ(decube->facts[0].bound, 4);
    EXPECT_EQ(decube->facts[2].bound, 500e9);
    EXPECT_EQ(decube->facts[4].bound, 125e6);
}

TEST(FindPolicy, says_what_there_is_where_a_name_is_unknown) {
    const auto policy = find_policy("etcdd", context());
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().kind, ErrorKind::bad_policy);
    EXPECT_THAT(policy.error().message, AllOf(HasSubstr("neither a shipped policy"),
                                              HasSubstr("etcd"), HasSubstr("No such file")));
}

}  // namespace
}  // namespace assay::report
