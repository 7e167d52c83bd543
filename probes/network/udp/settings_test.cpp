#include "probes/network/udp/settings.h"

#include <gtest/gtest.h>

namespace assay::network::udp {
namespace {

Expected<UdpSettings> of(std::map<std::string, std::string, std::less<>> values,
                         Extent extent = Extent::quick) {
    Request request;
    request.values = std::move(values);
    request.extent = extent;
    return udp_settings(request);
}

TEST(UdpSettings, the_default_is_1400_bytes_in_both_directions_and_a_search) {
    const auto settings = of({});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->directions, (std::vector{Direction::up, Direction::down}));
    EXPECT_EQ(settings->payload_bytes, 1400u);
    EXPECT_FALSE(settings->rate_bytes_per_s);
    EXPECT_EQ(settings->datagrams_per_s(), 1000);
    EXPECT_EQ(of({}, Extent::smoke)->directions, std::vector{Direction::up});
    EXPECT_EQ(of({{"direction", "both"}}, Extent::smoke)->directions.size(), 2u);
}

TEST(UdpSettings, a_rate_is_in_payload_bytes_a_second) {
    const auto settings = of({{"rate", "14MB"}, {"payload", "1000"}, {"direction", "down"}});
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->datagrams_per_s(), 14'000);
    EXPECT_EQ(settings->directions, std::vector{Direction::down});
}

TEST(UdpSettings, what_cannot_be_is_a_usage_error) {
    for (const auto& values : {std::map<std::string, std::string, std::less<>>{{"payload", "31"}},
                               {{"payload", "65508"}},
                               {{"rate", "1399"}},
                               {{"rate", "fast"}},
                               {{"direction", "sideways"}}}) {
        const auto settings = of(values);
        ASSERT_FALSE(settings) << values.begin()->second;
        EXPECT_EQ(settings.error().kind, ErrorKind::usage);
    }
}

}  // namespace
}  // namespace assay::network::udp
