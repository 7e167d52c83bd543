#include "cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace assay::cli {
namespace {

/// Returns 0 or the errno that ended the writing.
int write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            // A descriptor that somebody made non-blocking: wait for the reader. Ctrl-C ends the
            // process, so a reader that never comes back does not hold it.
            pollfd ready{descriptor, POLLOUT, 0};
            if (::poll(&ready, 1, -1) < 0 && errno != EINTR)
                return errno;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace

Expected<void> print(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error != 0 && error != EPIPE)
        return failure(ErrorKind::cannot_create, "write the result to standard output", error);
    return {};
}

void note(std::string_view sentence) {
    write_to_stderr(std::string(sentence) + "\n");
}

void write_to_stderr(std::string_view text) {
    static_cast<void>(write_all(STDERR_FILENO, text));
}

bool is_stderr_ready() {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

}  // namespace assay::cli
