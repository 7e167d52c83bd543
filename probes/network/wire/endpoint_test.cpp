#include "probes/network/wire/endpoint.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace assay::network {
namespace {

TEST(Endpoint, ipv4_reads_and_writes_the_usual_text) {
    const auto endpoint = Endpoint::of_address("192.0.2.7", 4711);
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->text(), "192.0.2.7:4711");
    EXPECT_EQ(endpoint->family_name(), "ipv4");
    EXPECT_EQ(endpoint->port(), 4711);
    EXPECT_EQ(endpoint->size(), sizeof(sockaddr_in));
}

TEST(Endpoint, ipv6_is_bracketed_and_shortened) {
    const auto endpoint = Endpoint::of_address("2001:db8:0:0:0:0:0:1", 65535);
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->text(), "[2001:db8::1]:65535");
    EXPECT_EQ(endpoint->family_name(), "ipv6");
    EXPECT_EQ(endpoint->size(), sizeof(sockaddr_in6));
}

TEST(Endpoint, a_name_or_nonsense_is_a_usage_error_that_quotes_it) {
    for (const char* text : {"localhost", "", "1.2.3", "::g", "256.0.0.1"}) {
        const auto endpoint = Endpoint::of_address(text, 1);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_EQ(endpoint.error().kind, ErrorKind::usage);
        EXPECT_NE(endpoint.error().message.find(text), std::string::npos);
    }
}

TEST(Endpoint, of_a_descriptor_that_is_no_socket_is_an_error) {
    EXPECT_FALSE(Endpoint::of_socket(-1));
}

}  // namespace
}  // namespace assay::network
