#include "tests/support/running_agent.h"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <functional>
#include <utility>

#include "tests/support/echo_role.h"

namespace assay::test {
namespace {

using namespace network;
using namespace network::control;

bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace

RunningAgent::RunningAgent(AgentSettings settings) {
    if (!settings.credentials.key && !settings.credentials.certificates)
        settings.credentials.key = *make_key();
    key_ = settings.credentials.key.value_or(SharedKey{});
    if (settings.roles.empty())
        settings.roles = echo_roles();
    if (settings.listen.empty())
        settings.listen = {*Endpoint::of_address("127.0.0.1", 0)};
    settings.tell = [this](const std::string& line) {
        const std::lock_guard lock(mutex_);
        told_ += line + '\n';
    };
    auto agent = Agent::open(this_host(), std::move(settings));
    if (!agent) {
        trouble_ = agent.error().message;
        return;
    }
    agent_ = std::move(*agent);
    thread_ = std::jthread([this](std::stop_token stop) {
        const auto served = agent_->serve(std::move(stop));
        const std::lock_guard lock(mutex_);
        ended_ = true;
        if (!served)
            told_ += "serve: " + served.error().message + '\n';
    });
}

RunningAgent::~RunningAgent() = default;

PeerAddress RunningAgent::address() const {
    return {.where = {.host = endpoint().address_text(), .port = endpoint().port()},
            .credentials = {.key = key_, .certificates = std::nullopt}};
}

std::string RunningAgent::told() {
    const std::lock_guard lock(mutex_);
    return told_;
}

bool RunningAgent::has_told(const std::string& part) {
    return comes_true([&] { return told().find(part) != std::string::npos; });
}

bool RunningAgent::has_ended() {
    return comes_true([&] {
        const std::lock_guard lock(mutex_);
        return ended_;
    });
}

Interrupt within(std::chrono::nanoseconds limit) {
    return {.stop = {}, .deadline = std::chrono::steady_clock::now() + limit};
}

std::string echoed(const Socket& socket, const std::string& word) {
    if (::send(socket.descriptor(), word.data(), word.size(), MSG_NOSIGNAL) < 0)
        return std::strerror(errno);
    std::string back;
    const SteadyTime end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (back.size() < word.size() && std::chrono::steady_clock::now() < end) {
        std::array<char, 64> buffer{};
        const ssize_t got = recv(socket.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got > 0)
            back.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return back;
}

}  // namespace assay::test
