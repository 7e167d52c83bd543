#include "probes/network/control/reach.h"

#include <gtest/gtest.h>

#include "tests/support/running_agent.h"

namespace assay::network::control {
namespace {

TEST(Reach, blames_no_firewall_for_silence_in_too_little_time) {
    test::RunningAgent agent;
    if (!agent.trouble().empty())
        GTEST_SKIP() << agent.trouble();
    const std::vector<Endpoint> candidates{agent.endpoint()};
    const auto late = reach(candidates, test::within(std::chrono::nanoseconds(0)));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::timed_out);
    EXPECT_NE(late.error().message.find(": only 0 ms were left for it"), std::string::npos)
        << late.error().message;
    EXPECT_EQ(late.error().message.find("firewall"), std::string::npos) << late.error().message;
    EXPECT_TRUE(reach(candidates, test::within()));
}

}  // namespace
}  // namespace assay::network::control
