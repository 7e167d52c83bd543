#include "probes/network/roles.h"

#include <array>
#include <vector>

#include "probes/network/tcp/tcp_role.h"

namespace assay::network {
namespace {

/// The tables of the rooms whose probes need an agent. A new room adds its `roles()` here.
std::vector<control::RoleRow> collected() {
    const std::vector<std::span<const control::RoleRow>> tables{
        tcp::tcp_roles(),
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
