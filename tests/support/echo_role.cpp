#include "tests/support/echo_role.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <utility>

namespace assay::test {
namespace {

using namespace network;
using namespace network::control;

class Echo : public Role {
  public:
    Echo(bool tcp, bool udp, std::uint64_t deaf_ms)
        : tcp_wanted_(tcp), udp_wanted_(udp), deaf_ms_(deaf_ms) {}

    Expected<Fields> prepare(RoleContext& context, const Interrupt& interrupt) override {
        if (tcp_wanted_) {
            ASSAY_TRY(tcp_, context.door.tcp_stream(0, interrupt));
        }
        if (udp_wanted_) {
            ASSAY_TRY(udp_, context.door.udp_flow(0, interrupt));
        }
        Fields answer;
        answer.set("key", context.door.shared_key(7));
        return answer;
    }

    Expected<Fields> play(std::stop_token finish, const Interrupt& interrupt) override {
        while (!finish.stop_requested()) {
            if (auto stopped = interrupt.check("echo"); !stopped) {
                std::this_thread::sleep_for(std::chrono::milliseconds(deaf_ms_));
                return std::unexpected(stopped.error());
            }
            std::array<pollfd, 2> wanted{pollfd{tcp_.descriptor(), POLLIN, 0},
                                         pollfd{udp_.descriptor(), POLLIN, 0}};
            if (poll(wanted.data(), wanted.size(), 20) < 0 && errno != EINTR)
                return system_failure("wait for something to echo", errno);
            if (wanted[0].revents != 0 && !echo(tcp_, tcp_bytes_))
                tcp_.close();
            if (wanted[1].revents != 0)
                static_cast<void>(echo(udp_, udp_bytes_));
        }
        Fields report;
        report.set("tcp_bytes", tcp_bytes_.load());
        report.set("udp_bytes", udp_bytes_.load());
        return report;
    }

    Fields progress() const override {
        Fields counts;
        counts.set("tcp_bytes", tcp_bytes_.load());
        return counts;
    }

  private:
    static bool echo(const Socket& socket, std::atomic<std::uint64_t>& counted) {
        std::array<std::byte, 2048> buffer;
        const ssize_t got = recv(socket.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        counted += static_cast<std::uint64_t>(got);
        return ::send(socket.descriptor(), buffer.data(), static_cast<std::size_t>(got),
                      MSG_NOSIGNAL) == got;
    }

    bool tcp_wanted_, udp_wanted_;
    std::uint64_t deaf_ms_;
    Socket tcp_, udp_;
    std::atomic<std::uint64_t> tcp_bytes_ = 0, udp_bytes_ = 0;
};

/// Is done at once, which only its progress says while the prober has not asked for the report.
class Brief : public Role {
  public:
    Expected<Fields> prepare(RoleContext&, const Interrupt&) override { return Fields{}; }
    Expected<Fields> play(std::stop_token, const Interrupt&) override {
        done_.store(true);
        return Fields{};
    }
    Fields progress() const override {
        Fields counts;
        counts.set("done", std::uint64_t{done_.load()});
        return counts;
    }

  private:
    std::atomic<bool> done_ = false;
};

Expected<std::unique_ptr<Role>> make_brief(const Fields&, const Caps&) {
    return std::make_unique<Brief>();
}

Expected<std::unique_ptr<Role>> make_echo(const Fields& wishes, const Caps&) {
    ASSAY_TRY(const std::uint64_t tcp, wishes.count("tcp", 1));
    ASSAY_TRY(const std::uint64_t udp, wishes.count("udp", 1));
    ASSAY_TRY(const std::uint64_t deaf_ms, wishes.count("deaf_ms", 5000));
    return std::make_unique<Echo>(tcp == 1, udp == 1, deaf_ms);
}

constexpr std::array kRoles{
    RoleRow{.name = "test.echo", .make = make_echo},
    RoleRow{.name = "test.brief", .make = make_brief},
    RoleRow{.name = "test.receive", .make = make_echo, .only_receives = true},
};

}  // namespace

std::span<const RoleRow> echo_roles() {
    return kRoles;
}

Fields EchoWishes::encode() const {
    Fields fields;
    fields.set("tcp", std::uint64_t{tcp ? 1u : 0u});
    fields.set("udp", std::uint64_t{udp ? 1u : 0u});
    fields.set("deaf_ms", deaf_ms);
    return fields;
}

}  // namespace assay::test
