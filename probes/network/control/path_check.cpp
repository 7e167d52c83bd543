#include "probes/network/control/path_check.h"

namespace assay::network::control {
namespace {

/// Takes one UDP flow, which validates the path in both directions; nothing else.
class PathCheck : public Role {
  public:
    Expected<Fields> prepare(RoleContext& context, const Interrupt& interrupt) override {
        ASSAY_TRY(flow_, context.door.udp_flow(0, interrupt));
        return Fields{};
    }
    Expected<Fields> play(std::stop_token, const Interrupt&) override { return Fields{}; }

  private:
    Socket flow_;
};

Expected<std::unique_ptr<Role>> make_path_check(const Fields&, const Caps&) {
    return std::make_unique<PathCheck>();
}

}  // namespace

const RoleRow kPathCheckRole{.name = "control.udp_path", .make = make_path_check};

Expected<std::optional<Error>> udp_path_trouble(Peer& peer, const Interrupt& interrupt) {
    ASSAY_TRY(const std::unique_ptr<Test> test,
              peer.begin(kPathCheckRole.name, Fields{}, interrupt));
    const auto flow = test->door().udp_flow(0, interrupt);
    if (flow) {
        ASSAY_TRY_VOID(test->prepared(interrupt));
        ASSAY_TRY_VOID(test->start(interrupt));
        ASSAY_TRY_VOID(test->finish(interrupt));
        return std::nullopt;
    }
    if (flow.error().kind == ErrorKind::timed_out || flow.error().kind == ErrorKind::unavailable)
        return flow.error();
    return std::unexpected(flow.error());
}

Expected<bool> udp_path_is_open(Peer& peer, const Interrupt& interrupt) {
    ASSAY_TRY(const std::optional<Error> trouble, udp_path_trouble(peer, interrupt));
    return !trouble;
}

}  // namespace assay::network::control
