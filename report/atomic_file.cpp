#include "report/atomic_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

#include "report/descriptor.h"
#include "report/format.h"

namespace assay::report {
namespace {

constexpr mode_t kNewFileMode = 0666;  // the user's umask takes away what he does not give
constexpr int kNameAttempts = 100;
constexpr std::size_t kProbeBytes = 4096;

std::string_view way_out(int system_errno) {
    switch (system_errno) {
        case ENOENT:
        case ENOTDIR:
            return "make the folder, or name a file in one that exists";
        case EACCES:
        case EPERM:
        case EROFS:
            return "choose a folder that you may write to";
        case ENOSPC:
        case EDQUOT:
            return "free some space there, or choose another place";
        case ENAMETOOLONG:
            return "choose a shorter name";
        default:
            return "choose another place";
    }
}

std::unexpected<Error> cannot_create(std::string_view action, const std::filesystem::path& path,
                                     int system_errno) {
    return std::unexpected(
        Error{ErrorKind::cannot_create,
              format("{} {}: {}; {}", action, path.string(),
                     std::generic_category().message(system_errno), way_out(system_errno)),
              system_errno});
}

std::unexpected<Error> refused(const std::filesystem::path& path, std::string_view why) {
    return failure(ErrorKind::cannot_create, format("write {}: {}", path.string(), why));
}

/// Where the content really goes.
struct Target {
    std::filesystem::path path;    ///< symbolic links resolved
    std::filesystem::path folder;  ///< never empty
    std::optional<mode_t> mode;    ///< of the file that is replaced
};

Expected<Target> find_target(const std::filesystem::path& path) {
    if (path.filename().empty() || path.filename() == "." || path.filename() == "..")
        return refused(path, "this names a folder; name a file in it");
    Target target{path, {}, std::nullopt};
    struct stat facts {};
    if (lstat(path.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode)) {
        std::error_code problem;
        target.path = std::filesystem::canonical(path, problem);
        if (problem)
            return refused(path, "this symbolic link points to nothing; remove it or name another");
    }
    if (stat(target.path.c_str(), &facts) == 0) {
        if (S_ISDIR(facts.st_mode))
            return refused(path, "this is a folder; name a file in it");
        if (!S_ISREG(facts.st_mode))
            return refused(path,
                           "this is a device or a pipe, which would be replaced by a file; name a "
                           "regular file");
        target.mode = facts.st_mode & 07777;
    } else if (errno != ENOENT) {
        return cannot_create("write", path, errno);
    }
    target.folder = target.path.parent_path();
    if (target.folder.empty())
        target.folder = ".";
    return target;
}

/// "FOLDER/.assay-0123456789abcdef": nobody can put a link in its place beforehand.
Expected<std::filesystem::path> random_name(const std::filesystem::path& folder) {
    std::array<unsigned char, 8> bytes{};
    ssize_t got = 0;
    do {
        got = getrandom(bytes.data(), bytes.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(bytes.size()))
        return cannot_create("make a temporary name in", folder, got < 0 ? errno : EIO);
    std::string name = ".assay-";
    for (const unsigned char byte : bytes)
        name += format("{:02x}", byte);
    return folder / name;
}

/// A file that nobody sees yet. Removes its name, if it has one, unless it was published.
class Temporary {
  public:
    /// Without a name. nullopt where this filesystem cannot.
    static Expected<std::optional<Temporary>> unnamed(const std::filesystem::path& folder) {
        Descriptor file(open(folder.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, kNewFileMode));
        if (file.is_open())
            return Temporary(std::move(file), {});
        // Kernels and filesystems without O_TMPFILE say one of these.
        if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)
            return std::nullopt;
        return cannot_create("create a file in", folder, errno);
    }

    static Expected<Temporary> named(const std::filesystem::path& folder) {
        for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
            ASSAY_TRY(std::filesystem::path name, random_name(folder));
            Descriptor file(
                open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFileMode));
            if (file.is_open())
                return Temporary(std::move(file), std::move(name));
            if (errno != EEXIST)
                return cannot_create("create a file in", folder, errno);
        }
        return cannot_create("create a file in", folder, EEXIST);
    }

    Temporary(Temporary&& other) noexcept
        : file_(std::move(other.file_)), name_(std::exchange(other.name_, {})) {}
    Temporary& operator=(Temporary&&) = delete;
    ~Temporary() {
        // The name is ours, and a failure to remove it has no better place to be told.
        if (!name_.empty())
            ::unlink(name_.c_str());
    }

    /// Writes and syncs. `path` is what the error's sentence names.
    Expected<void> fill(std::string_view content, const Target& target,
                        const std::filesystem::path& path) {
        if (target.mode && fchmod(file_.number(), *target.mode) != 0)
            return cannot_create("keep the permissions of", path, errno);
        while (!content.empty()) {
            const ssize_t written = ::write(file_.number(), content.data(), content.size());
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0)
                return cannot_create("write", path, written < 0 ? errno : ENOSPC);
            content.remove_prefix(static_cast<std::size_t>(written));
        }
        if (fsync(file_.number()) != 0)
            return cannot_create("sync", path, errno);
        return {};
    }

    /// Puts the file in its place. Errors: errno, as a number, for the caller to judge.
    std::expected<void, int> publish(const Target& target) {
        if (name_.empty()) {
            if (!target.mode) {
                const auto linked = link_to(target.path);
                if (linked || linked.error() != EEXIST)
                    return linked;
            }
            const auto name = random_name(target.folder);
            if (!name)
                return std::unexpected(EIO);
            if (const auto linked = link_to(*name); !linked)
                return linked;
            name_ = *name;
        }
        if (std::rename(name_.c_str(), target.path.c_str()) != 0)
            return std::unexpected(errno);
        name_.clear();
        return {};
    }

  private:
    Temporary(Descriptor file, std::filesystem::path name)
        : file_(std::move(file)), name_(std::move(name)) {}

    std::expected<void, int> link_to(const std::filesystem::path& path) const {
        const std::string own = format("/dev/fd/{}", file_.number());
        if (linkat(AT_FDCWD, own.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0)
            return {};
        if (errno == EEXIST)
            return std::unexpected(EEXIST);
        // Without /dev/fd (a bare chroot) only the privileged way is left.
        if (linkat(file_.number(), "", AT_FDCWD, path.c_str(), AT_EMPTY_PATH) == 0)
            return {};
        return std::unexpected(errno);
    }

    Descriptor file_;
    std::filesystem::path name_;
};

/// The new name survives a power cut only once the folder is synced. A folder that may be written
/// but not read, or whose filesystem has no such call, cannot be synced by anybody.
Expected<void> sync_folder(const Target& target) {
    const Descriptor folder(open(target.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open())
        return errno == EACCES ? Expected<void>{}
                               : Expected<void>(cannot_create("sync", target.folder, errno));
    if (fsync(folder.number()) != 0 && errno != EINVAL && errno != EROFS)
        return cannot_create("sync", target.folder, errno);
    return {};
}

}  // namespace

Expected<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                     TemporaryKind kind) {
    ASSAY_TRY(const Target target, find_target(path));
    if (kind == TemporaryKind::unnamed) {
        ASSAY_TRY(std::optional<Temporary> unnamed, Temporary::unnamed(target.folder));
        if (unnamed) {
            ASSAY_TRY_VOID(unnamed->fill(content, target, path));
            // Some filesystems make unnamed files but cannot name them later: then the other way.
            if (unnamed->publish(target))
                return sync_folder(target);
        }
    }
    ASSAY_TRY(Temporary named, Temporary::named(target.folder));
    ASSAY_TRY_VOID(named.fill(content, target, path));
    if (const auto published = named.publish(target); !published)
        return cannot_create("write", path, published.error());
    return sync_folder(target);
}

Expected<void> check_writable(const std::filesystem::path& path) {
    ASSAY_TRY(const Target target, find_target(path));
    const std::string page(kProbeBytes, '\0');
    ASSAY_TRY(std::optional<Temporary> unnamed, Temporary::unnamed(target.folder));
    if (unnamed)
        return unnamed->fill(page, target, path);
    ASSAY_TRY(Temporary named, Temporary::named(target.folder));
    return named.fill(page, target, path);
}

}  // namespace assay::report
