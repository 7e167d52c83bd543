#include "engine/host/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "engine/core/units.h"
#include "engine/host/parse.h"

namespace assay::host {
namespace {

constexpr std::size_t kLargestFile = 4 * kMiB;

// A file descriptor that closes itself.
class OpenFile {
  public:
    explicit OpenFile(const char* path) {
        // O_NONBLOCK: a FIFO that stands where a file should be must not hold us up.
        do
            descriptor_ = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        while (descriptor_ < 0 && errno == EINTR);
    }
    ~OpenFile() {
        if (descriptor_ >= 0)
            close(descriptor_);  // nothing was written, so nothing can be lost
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    bool is_regular() const {
        struct stat facts {};
        return descriptor_ >= 0 && fstat(descriptor_, &facts) == 0 && S_ISREG(facts.st_mode);
    }

    // Up to the end of the file, in as many reads as it takes; procfs gives a page at a time.
    std::optional<std::string> read_all() const {
        std::string text;
        std::array<char, 16 * kKiB> piece;
        for (;;) {
            const ssize_t got = ::read(descriptor_, piece.data(), piece.size());
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return std::nullopt;
            if (got == 0)
                return text;
            text.append(piece.data(), static_cast<std::size_t>(got));
            if (text.size() > kLargestFile)
                return std::nullopt;
        }
    }

  private:
    int descriptor_ = -1;
};

}  // namespace

Files::Files(std::filesystem::path root) : root_(std::move(root)) {}

std::filesystem::path Files::absolute(std::string_view relative) const {
    // operator/ would throw the root away if the right side began with a slash.
    while (relative.starts_with('/'))
        relative.remove_prefix(1);
    return root_ / relative;
}

std::optional<std::string> Files::read(std::string_view relative) const {
    const OpenFile file(absolute(relative).c_str());
    if (!file.is_regular())
        return std::nullopt;
    return file.read_all();
}

std::optional<std::string> Files::read_line(std::string_view relative) const {
    const std::optional<std::string> text = read(relative);
    if (!text)
        return std::nullopt;
    const std::string_view line = trimmed(std::string_view(*text).substr(0, text->find('\n')));
    if (!is_plain_text(line))
        return std::nullopt;
    return std::string(line);
}

std::optional<std::int64_t> Files::read_integer(std::string_view relative) const {
    const std::optional<std::string> line = read_line(relative);
    return line ? number_of<std::int64_t>(*line) : std::nullopt;
}

std::vector<std::string> Files::list(std::string_view relative) const {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entry(absolute(relative), error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
        names.push_back(entry->path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<std::string> Files::link_target(std::string_view relative) const {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(absolute(relative), error);
    if (error)
        return std::nullopt;
    return target.string();
}

bool Files::exists(std::string_view relative) const {
    std::error_code error;
    return std::filesystem::exists(absolute(relative), error) && !error;
}

}  // namespace assay::host
