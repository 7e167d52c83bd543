#pragma once

#include <memory>
#include <optional>
#include <span>

#include "probes/network/control/role.h"
#include "probes/network/tcp/receiving_end.h"
#include "probes/network/tcp/reports.h"
#include "probes/network/tcp/sending_end.h"
#include "probes/network/tcp/wishes.h"

namespace assay::network::tcp {

/// One end of a TCP test: sends, receives, or does both at once. Its report is what reports.h puts:
/// of the sending end, of the receiving end, or of both.
class TcpRole : public control::Role {
  public:
    explicit TcpRole(Wishes wishes) : wishes_(std::move(wishes)) {}

    Expected<Fields> prepare(control::RoleContext& context, const Interrupt& interrupt) override;
    Expected<Fields> play(std::stop_token finish, const Interrupt& interrupt) override;
    Fields progress() const override;

  private:
    Wishes wishes_;
    const host::Host* host_ = nullptr;
    std::unique_ptr<SendingEnd> sending_;
    std::unique_ptr<ReceivingEnd> receiving_;
};

/// "tcp.send", "tcp.receive" and "tcp.both": what the agent can play for network.tcp.
std::span<const control::RoleRow> tcp_roles();
/// Which of them the other end plays for these wishes of its own.
std::string_view role_name(const Wishes& wishes);

}  // namespace assay::network::tcp
