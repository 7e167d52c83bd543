#include "probes/network/control/agent_session.h"

namespace assay::network::control {

AgentSession::AgentSession(std::uint32_t number, Line line, const Endpoint& from)
    : number_(number),
      line_(std::move(line)),
      from_(from),
      began_(std::chrono::steady_clock::now()),
      heard_(began_),
      sent_(began_) {}

Expected<bool> AgentSession::greet(const Frame& frame, Welcome welcome) {
    if (!frame.is(FrameType::hello))
        return failure(ErrorKind::bad_input, "its first message is no hello");
    ASSAY_TRY(const Hello hello, Hello::decode(frame.fields));
    const auto minor = negotiate(welcome.versions, hello.versions, "the prober");
    if (!minor) {
        send(Frame::of(FrameType::refused, 0, fields_of(minor.error())));
        return false;
    }
    ASSAY_TRY(life_key_, line_.export_key(0));
    minor_ = welcome.minor = *minor;
    program_ = hello.program;
    is_welcome_ = true;
    Fields fields = welcome.encode();
    fields.set("session", std::uint64_t{number_});
    send(Frame::of(FrameType::welcome, 0, std::move(fields)));
    return true;
}

void AgentSession::hear(const PathDatagram& life) {
    if (!is_welcome_ || life.nonce <= newest_life_ || !life.is_genuine(life_key_))
        return;
    newest_life_ = life.nonce;
    heard_now();
}

void AgentSession::send(const Frame& frame) {
    if (const auto sent = line_.send(frame); !sent && !broken_)
        broken_ = sent.error().message;
    sent_ = std::chrono::steady_clock::now();
}

void AgentSession::show_life() {
    if (is_welcome_ && std::chrono::steady_clock::now() >= sent_ + kLifeInterval)
        send(Frame::of(FrameType::alive));
}

std::optional<std::string> AgentSession::ailment(bool is_playing) const {
    if (broken_)
        return broken_;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!is_welcome_ && now >= began_ + kHelloLimit)
        return "it said no hello within 3 s";
    if (is_playing && now >= heard_ + kDeadAfter)
        return "no sign of life for 1 s while its test ran";
    if (is_welcome_ && now >= heard_ + kIdleLimit)
        return "no sign of life for 30 s";
    return std::nullopt;
}

}  // namespace assay::network::control
