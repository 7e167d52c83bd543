#include "cli/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace assay::cli {

Expected<Account> find_account(const std::string& name) {
    constexpr std::size_t kRecordBytes = std::size_t{1} << 14;
    std::vector<char> buffer(kRecordBytes);
    passwd record{};
    passwd* found = nullptr;
    const int error = ::getpwnam_r(name.c_str(), &record, buffer.data(), buffer.size(), &found);
    if (error != 0)
        return system_failure("look up the user '" + name + "'", error);
    if (found == nullptr)
        return failure(ErrorKind::not_found, "--user: there is no user '" + name +
                                                 "'; make one with 'adduser --system', or name "
                                                 "another, 'nobody' for instance");
    if (found->pw_uid == 0)
        return failure(ErrorKind::usage,
                       "--user " + name + " is root itself, and would give nothing up");
    return Account{.name = name, .user = found->pw_uid, .group = found->pw_gid};
}

Expected<void> become(const Account& account) {
    const std::string what = "become user '" + account.name + "'";
    if (::setgroups(0, nullptr) != 0 ||
        ::setresgid(account.group, account.group, account.group) != 0 ||
        ::setresuid(account.user, account.user, account.user) != 0)
        return system_failure(what, errno);
    if (::setuid(0) == 0 || ::geteuid() != account.user || ::getegid() != account.group)
        return failure(ErrorKind::internal, what + ": the way back is still open");
    return {};
}

Expected<void> renounce_new_privileges() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return system_failure("renounce new privileges", errno);
    return {};
}

void allow_many_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace assay::cli
