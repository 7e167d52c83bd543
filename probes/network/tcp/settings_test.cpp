#include "probes/network/tcp/settings.h"

#include <gtest/gtest.h>

namespace assay::network::tcp {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

std::vector<TcpCase> cases(Values values, Extent extent = Extent::quick) {
    return tcp_settings({.values = std::move(values), .extent = extent}).value().cases;
}

TEST(TcpSettings, one_and_four_streams_up_in_a_self_test_and_both_ways_to_a_peer) {
    EXPECT_EQ(cases({}), (std::vector<TcpCase>{{1, Direction::up}, {4, Direction::up}}));
    EXPECT_EQ(
        cases({{"peer", "192.0.2.1:4840"}}),
        (std::vector<TcpCase>{
            {1, Direction::up}, {1, Direction::down}, {4, Direction::up}, {4, Direction::down}}));
}

TEST(TcpSettings, options_narrow_it_to_what_was_asked_for) {
    EXPECT_EQ(cases({{"streams", "7"}, {"direction", "both"}, {"mode", "path"}}, Extent::deep),
              (std::vector<TcpCase>{{7, Direction::both, Mode::path}}));
    const auto settings = tcp_settings({.values = {{"congestion", "bbr"}, {"dscp", "46"}}});
    EXPECT_EQ(settings->congestion, "bbr");
    EXPECT_EQ(settings->dscp, 46u);
}

TEST(TcpSettings, a_wider_extent_doubles_the_streams_and_adds_both_and_the_paths_capacity) {
    const auto standard = cases({{"peer", "192.0.2.1:4840"}}, Extent::standard);
    ASSERT_EQ(standard.size(), 13u);
    EXPECT_EQ(standard[8], (TcpCase{16, Direction::up}));
    EXPECT_EQ(standard[10], (TcpCase{4, Direction::both}));
    EXPECT_EQ(standard[11], (TcpCase{1, Direction::up, Mode::path}));
    EXPECT_EQ(standard[12], (TcpCase{1, Direction::down, Mode::path}));
    EXPECT_EQ(cases({}, Extent::deep).size(), 9u);
    EXPECT_EQ(cases({}, Extent::smoke).size(), 2u);
}

TEST(TcpSettings, what_makes_no_sense_is_a_usage_error) {
    for (const Values& values :
         {Values{{"streams", "0"}}, Values{{"streams", "513"}}, Values{{"streams", "four"}},
          Values{{"dscp", "64"}}, Values{{"congestion", "Cubic!"}}, Values{{"congestion", ""}}}) {
        const auto settings = tcp_settings({.values = values});
        ASSERT_FALSE(settings) << values.begin()->second;
        EXPECT_EQ(settings.error().kind, ErrorKind::usage);
    }
    EXPECT_TRUE(tcp_settings({.values = {{"streams", "512"}}}));
}

}  // namespace
}  // namespace assay::network::tcp
