#include "probes/network/control/credentials.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>

#include "probes/network/wire/socket.h"

namespace assay::network::control {
namespace {

constexpr std::string_view kFileMagic = "assay-key-1 ";
constexpr std::size_t kHexDigits = 2 * std::tuple_size_v<SharedKey>;
constexpr std::size_t kMostFileBytes = 256;

constexpr std::string_view kWayOut = "; make one with 'assay keygen -o FILE'";

/// Any descriptor; Socket closes it as well as any other.
using Descriptor = Socket;

Expected<void> check_owner_and_mode(const struct stat& facts, const std::string& path) {
    if (!S_ISREG(facts.st_mode))
        return failure(ErrorKind::bad_input, "--key " + path + " is no regular file");
    if ((facts.st_mode & 077) != 0)
        return failure(ErrorKind::permission,
                       "--key " + path +
                           ": others than its owner may read or change it, so it is no secret; "
                           "'chmod 600 " +
                           path + "', and make a new key if anybody could have read this one");
    if (facts.st_uid != 0 && facts.st_uid != geteuid() && geteuid() != 0)
        return failure(ErrorKind::permission, "--key " + path + " belongs to another user");
    return {};
}

}  // namespace

Expected<SharedKey> make_key() {
    SharedKey key{};
    ssize_t got = 0;
    do
        got = getrandom(key.data(), key.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(key.size()))
        return failure(ErrorKind::internal, "get random bits for a key", errno);
    return key;
}

std::string key_file_text(const SharedKey& key) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(kFileMagic);
    for (const std::byte byte : key) {
        text += kDigits[std::to_integer<unsigned>(byte) >> 4];
        text += kDigits[std::to_integer<unsigned>(byte) & 15];
    }
    return text + '\n';
}

Expected<SharedKey> parse_key(std::string_view text) {
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    if (!text.starts_with(kFileMagic))
        return failure(ErrorKind::bad_input,
                       "it does not begin with '" + std::string(kFileMagic) + "'");
    text.remove_prefix(kFileMagic.size());
    if (text.size() != kHexDigits)
        return failure(ErrorKind::bad_input, "its key has " + std::to_string(text.size()) +
                                                 " hexadecimal digits instead of " +
                                                 std::to_string(kHexDigits));
    SharedKey key{};
    for (std::size_t at = 0; at < key.size(); ++at) {
        unsigned value = 0;
        const char* begin = &text[2 * at];
        const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
        if (error != std::errc{} || end != begin + 2)
            return failure(ErrorKind::bad_input, "its key is not all hexadecimal digits");
        key[at] = static_cast<std::byte>(value);
    }
    return key;
}

Expected<SharedKey> read_key_file(const std::string& path) {
    // O_NONBLOCK: a named pipe must not hold us up; it is refused below.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open())
        return system_failure("read --key " + path, errno);
    struct stat facts {};
    if (fstat(file.descriptor(), &facts) != 0)
        return system_failure("look at --key " + path, errno);
    ASSAY_TRY_VOID(check_owner_and_mode(facts, path));
    std::string text(kMostFileBytes, '\0');
    const ssize_t got = read(file.descriptor(), text.data(), text.size());
    if (got < 0)
        return system_failure("read --key " + path, errno);
    text.resize(static_cast<std::size_t>(got));
    auto key = parse_key(text);
    if (!key)
        return failure(ErrorKind::bad_input, "--key " + path + " is no key file of assay: " +
                                                 key.error().message + std::string(kWayOut));
    return key;
}

Expected<void> create_key_file(const std::string& path) {
    ASSAY_TRY(const SharedKey key, make_key());
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open() && errno == EEXIST)
        return failure(ErrorKind::cannot_create,
                       path +
                           " is there already, and a key in use is never replaced; choose another "
                           "-o FILE, or remove it first");
    if (!file.is_open())
        return failure(ErrorKind::cannot_create, "create " + path, errno);
    const std::string text = key_file_text(key);
    const ssize_t wrote = write(file.descriptor(), text.data(), text.size());
    if (wrote == static_cast<ssize_t>(text.size()) && fsync(file.descriptor()) == 0)
        return {};
    const int error = errno;
    unlink(path.c_str());
    return failure(ErrorKind::cannot_create, "write the key to " + path, error);
}

}  // namespace assay::network::control
