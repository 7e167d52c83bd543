#include "probes/network/path/blocked_port.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace assay::network::path {
namespace {

PortAttempt attempt(int system_errno, std::optional<std::uint8_t> type = {},
                    std::optional<std::uint8_t> code = {}) {
    PortAttempt made;
    made.protocol = "udp";
    made.where = "192.0.2.7:4840";
    made.system_errno = system_errno;
    made.icmp_type = type;
    made.icmp_code = code;
    return made;
}

TEST(BlockedPort, an_errno_alone_tells_reset_from_silence) {
    EXPECT_EQ(judge_port(attempt(ECONNREFUSED)), PortState::closed);
    EXPECT_EQ(judge_port(attempt(ECONNRESET)), PortState::closed);
    EXPECT_EQ(judge_port(attempt(ETIMEDOUT)), PortState::silent);
    EXPECT_EQ(judge_port(attempt(0)), PortState::silent);
    EXPECT_EQ(judge_port(attempt(EHOSTUNREACH)), PortState::unreachable);
    EXPECT_EQ(judge_port(attempt(ENETUNREACH)), PortState::unreachable);
    EXPECT_EQ(judge_port(attempt(EPERM)), PortState::not_permitted);
}

// Codes of RFC 792 and RFC 1812, section 5.2.7.1.
TEST(BlockedPort, icmp_codes_are_finer_than_the_errno) {
    EXPECT_EQ(judge_port(attempt(ECONNREFUSED, 3, 3)), PortState::closed);
    for (const int code : {9, 10, 13, 14, 15})
        EXPECT_EQ(judge_port(attempt(EHOSTUNREACH, 3, static_cast<std::uint8_t>(code))),
                  PortState::prohibited)
            << code;
    for (const int code : {0, 1, 5, 6, 7, 11, 12})
        EXPECT_EQ(judge_port(attempt(EHOSTUNREACH, 3, static_cast<std::uint8_t>(code))),
                  PortState::unreachable)
            << code;
    EXPECT_EQ(judge_port(attempt(EHOSTUNREACH, 11, 0)), PortState::unreachable);
}

// RFC 4443, section 3.1.
TEST(BlockedPort, icmpv6_has_codes_of_its_own) {
    const auto v6 = [](std::uint8_t type, std::uint8_t code) {
        PortAttempt made = attempt(EACCES, type, code);
        made.ipv6 = true;
        return judge_port(made);
    };
    EXPECT_EQ(v6(1, 4), PortState::closed);
    for (const int code : {1, 5, 6})
        EXPECT_EQ(v6(1, static_cast<std::uint8_t>(code)), PortState::prohibited) << code;
    EXPECT_EQ(v6(1, 0), PortState::unreachable);
    EXPECT_EQ(v6(3, 0), PortState::unreachable);
}

TEST(BlockedPort, the_finding_names_code_and_sender) {
    PortAttempt made = attempt(EHOSTUNREACH, 3, 13);
    made.icmp_from = "192.0.2.1";
    const auto finding = port_finding(made);
    ASSERT_TRUE(finding);
    EXPECT_EQ(finding->id, "port_blocked");
    EXPECT_NE(finding->message.find("code 13 from 192.0.2.1"), std::string::npos)
        << finding->message;
    EXPECT_NE(finding->message.find("prohibited"), std::string::npos);
}

TEST(BlockedPort, an_answer_is_no_finding) {
    PortAttempt made = attempt(0);
    made.answered = true;
    EXPECT_FALSE(port_finding(made));
}

}  // namespace
}  // namespace assay::network::path
