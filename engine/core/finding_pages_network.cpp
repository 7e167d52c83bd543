#include <array>

#include "engine/core/finding_page.h"

namespace assay {
namespace {

constexpr std::array kPages{
    FindingPage{
        "self_test",
        "Data went from this host to itself. It shows that the probe works and how fast the stack "
        "is; it says nothing of cables, switches or the way to the peer.",
        "Sender and receiver of the probe were one host (condition `peer` is `self-test`): no "
        "--peer was given, or the peer's address belongs to this host.",
        "Measure against a peer on the control plane (--peer HOST:PORT), the same for source and "
        "target; "
        "for a prediction the operator's own figure can be given with --link, and is then labelled "
        "as declared."},
};

}  // namespace

std::span<const FindingPage> network_pages() {
    return kPages;
}

}  // namespace assay
