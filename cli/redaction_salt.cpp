#include "cli/redaction_salt.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "report/descriptor.h"

namespace assay::cli {
namespace {

using report::Descriptor;

constexpr std::string_view kBegin = "assay-salt-1 ";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kTextBytes = kBegin.size() + 2 * sizeof(Salt) + 1;

std::string text_of(const Salt& salt) {
    std::string text(kBegin);
    for (const std::byte byte : salt) {
        text += kDigits[std::to_integer<std::size_t>(byte >> 4)];
        text += kDigits[std::to_integer<std::size_t>(byte & std::byte{0x0f})];
    }
    return text + "\n";
}

std::optional<Salt> parse(std::string_view text) {
    if (text.size() != kTextBytes || !text.starts_with(kBegin) || text.back() != '\n')
        return std::nullopt;
    text.remove_prefix(kBegin.size());
    Salt salt{};
    for (std::size_t index = 0; index < salt.size(); ++index) {
        const std::size_t high = kDigits.find(text[2 * index]);
        const std::size_t low = kDigits.find(text[2 * index + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos)
            return std::nullopt;
        salt[index] = static_cast<std::byte>(high * kDigits.size() + low);
    }
    return salt;
}

/// nullopt: there is no such file.
Expected<std::optional<Salt>> read_salt(const std::string& path) {
    // A named pipe that stands there would hold an open without O_NONBLOCK for ever.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open() && errno == ENOENT)
        return std::nullopt;
    if (!file.is_open())
        return system_failure("read the salt " + path, errno);
    struct stat status {};
    if (::fstat(file.number(), &status) != 0)
        return system_failure("read the salt " + path, errno);
    if (!S_ISREG(status.st_mode))
        return failure(ErrorKind::bad_input, "The salt " + path + " is no regular file.");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return failure(ErrorKind::permission,
                       "The salt " + path +
                           " can be read or changed by others than its owner, who could then "
                           "find the names again. Make it private (chmod 600), or name a new "
                           "file with --salt.");
    std::string text(kTextBytes + 1, '\0');
    const ssize_t count = ::read(file.number(), text.data(), text.size());
    if (count < 0)
        return system_failure("read the salt " + path, errno);
    text.resize(static_cast<std::size_t>(count));
    const std::optional<Salt> salt = parse(text);
    if (!salt)
        return failure(ErrorKind::bad_input,
                       "The file " + path +
                           " holds no salt of assay. Name another with --salt: one that is not "
                           "there is made.");
    return salt;
}

Expected<Salt> random_salt() {
    Salt salt{};
    // Up to 256 bytes come whole once the kernel's pool is filled.
    if (::getrandom(salt.data(), salt.size(), 0) != static_cast<ssize_t>(salt.size()))
        return failure(ErrorKind::internal, "get random numbers from the kernel", errno);
    return salt;
}

/// The file appears whole or not at all: written under a name of its own, then linked.
Expected<void> make_salt(const std::string& path) {
    ASSAY_TRY(const Salt salt, random_salt());
    const std::string text = text_of(salt);
    const std::string draft = path + "." + std::to_string(::getpid());
    const Descriptor file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file.is_open())
        return failure(ErrorKind::cannot_create, "create the salt " + path, errno);
    int error = 0;
    if (::write(file.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.number()) != 0)
        error = errno != 0 ? errno : EIO;
    // Somebody else's salt that came first is as good: it is read in a moment.
    else if (::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST)
        error = errno;
    ::unlink(draft.c_str());
    if (error != 0)
        return failure(ErrorKind::cannot_create, "write the salt " + path, error);
    return {};
}

}  // namespace

Expected<Salt> read_or_make_salt(const std::filesystem::path& file) {
    ASSAY_TRY(const std::optional<Salt> known, read_salt(file.string()));
    if (known)
        return *known;
    ASSAY_TRY_VOID(make_salt(file.string()));
    ASSAY_TRY(const std::optional<Salt> made, read_salt(file.string()));
    if (!made)
        return failure(ErrorKind::cannot_create,
                       "The salt " + file.string() + " vanished as soon as it was made.");
    return *made;
}

}  // namespace assay::cli
