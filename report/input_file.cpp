#include "report/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "report/descriptor.h"
#include "report/format.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

std::unexpected<Error> too_large(const std::filesystem::path& path, std::uint64_t limit_bytes) {
    return failure(ErrorKind::bad_input,
                   format("read {}: it is larger than {}, so it is no result of assay",
                          path.string(), byte_size(limit_bytes)));
}

}  // namespace

Expected<std::string> read_input_file(const std::filesystem::path& path,
                                      std::uint64_t limit_bytes) {
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!file.is_open())
        return system_failure("open " + path.string(), errno);
    struct stat facts {};
    if (fstat(file.number(), &facts) != 0)
        return system_failure("look at " + path.string(), errno);
    if (!S_ISREG(facts.st_mode))
        return failure(ErrorKind::bad_input,
                       format("read {}: this is {}; name a result file", path.string(),
                              S_ISDIR(facts.st_mode) ? "a folder" : "no regular file"));
    const auto size = static_cast<std::uint64_t>(std::max<off_t>(facts.st_size, 0));
    if (size > limit_bytes)
        return too_large(path, limit_bytes);
    std::string text(size, '\0');
    std::size_t filled = 0;
    for (;;) {
        // One byte more than it had shows whether it has grown.
        if (filled == text.size())
            text.resize(std::min<std::uint64_t>(text.size() + kMiB, limit_bytes + 1));
        const ssize_t got = read(file.number(), text.data() + filled, text.size() - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failure("read " + path.string(), errno);
        if (got == 0)
            break;
        filled += static_cast<std::size_t>(got);
        if (filled > limit_bytes)
            return too_large(path, limit_bytes);
    }
    text.resize(filled);
    return text;
}

}  // namespace assay::report
