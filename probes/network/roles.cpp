#include "probes/network/roles.h"

#include <array>
#include <vector>

#include "probes/network/rtt/echo_role.h"
#include "probes/network/tcp/tcp_role.h"
#include "probes/network/udp/roles.h"

namespace assay::network {
namespace {

/// The tables of the rooms whose probes need an agent, one line each.
std::vector<control::RoleRow> collected() {
    const std::vector<std::span<const control::RoleRow>> tables{
        tcp::tcp_roles(),
        udp::kRoles,
        rtt::kRttRoles,
    };
    std::vector<control::RoleRow> rows;
    for (const auto table : tables)
        rows.insert(rows.end(), table.begin(), table.end());
    return rows;
}

}  // namespace

std::span<const control::RoleRow> all_roles() {
    static const std::vector<control::RoleRow> rows = collected();
    return rows;
}

}  // namespace assay::network
