#include "tests/support/program.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>

extern char** environ;

namespace assay::test {

Expected<void> run_program(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t child = 0;
    if (const int error =
            posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
        error != 0)
        return system_failure("start " + words[0], error);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return system_failure("wait for " + words[0], errno);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return failure(ErrorKind::io, words[0] + " failed");
    return {};
}

}  // namespace assay::test
