#pragma once

#include <sys/types.h>

#include <string>

#include "engine/core/error.h"

/// What a process may do, and how it gives that up.
namespace assay::cli {

struct Account {
    std::string name;
    uid_t user = 0;
    gid_t group = 0;
};

/// Errors: not_found (no such user), usage (root: nothing would be given up).
Expected<Account> find_account(const std::string& name);

/// From here on this process is that user, without further groups, and no program that it might
/// start could get anything back. Errors: permission (only root can); internal, if the kernel says
/// yes and it is not so.
Expected<void> become(const Account& account);

/// Nothing that this process could start gets more privileges than it has (no_new_privs). Errors:
/// by errno.
Expected<void> renounce_new_privileges();

/// Raises the number of files that this process may have open to what it may raise it to. What the
/// kernel refuses leaves it as it was.
void allow_many_files();

}  // namespace assay::cli
