#include "probes/registry.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace assay::probes {
namespace {

TEST(Registry, finds_every_probe_by_its_id_and_nothing_else) {
    for (const Probe* probe : all_probes())
        EXPECT_EQ(find_probe(probe->id), probe);
    EXPECT_EQ(find_probe("storage.random"), nullptr);
    EXPECT_EQ(find_probe(""), nullptr);
}

TEST(Registry, all_ids_are_unique_and_every_metric_stands_under_its_probes_id) {
    std::set<std::string_view> ids, metrics;
    for (const Probe* probe : all_probes()) {
        EXPECT_TRUE(ids.insert(probe->id).second) << probe->id;
        EXPECT_FALSE(probe->metrics.empty()) << probe->id;
        for (const Metric& metric : probe->metrics) {
            EXPECT_TRUE(metrics.insert(metric.id).second) << metric.id;
            EXPECT_TRUE(metric.id.starts_with(std::string(probe->id) + ".")) << metric.id;
            EXPECT_TRUE(metric.definition.ends_with('.')) << metric.id;
        }
    }
}

TEST(Registry, every_row_is_complete_and_every_option_explains_itself) {
    for (const Probe* probe : all_probes()) {
        EXPECT_NE(probe->check, nullptr) << probe->id;
        EXPECT_NE(probe->plan, nullptr) << probe->id;
        EXPECT_NE(probe->prepare, nullptr) << probe->id;
        EXPECT_FALSE(probe->title.empty()) << probe->id;
        std::set<std::string_view> names;
        for (const Option& option : probe->options) {
            EXPECT_TRUE(names.insert(option.name).second) << probe->id << " --" << option.name;
            EXPECT_FALSE(option.help.empty()) << probe->id << " --" << option.name;
            EXPECT_EQ(option.kind == OptionKind::choice, !option.choices.empty())
                << probe->id << " --" << option.name;
        }
    }
}

}  // namespace
}  // namespace assay::probes
