#include "engine/host/library_copy.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <utility>

namespace assay::host {
namespace {

constexpr off_t kMostLibraryBytes = off_t{64} << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0)
            close(fd_);  // only read from, or memory: nothing can be lost here
    }
    int get() const { return fd_; }

  private:
    int fd_;
};

std::unexpected<Error> not_possible(const std::string& why) {
    return failure(ErrorKind::unsupported, "A second copy of the library cannot be loaded: " + why);
}

/// The file that `symbol` came from.
Expected<std::string> file_of(const char* symbol) {
    const void* const address = dlsym(RTLD_DEFAULT, symbol);
    Dl_info library{}, program{};
    if (address == nullptr || dladdr(address, &library) == 0 || library.dli_fname == nullptr)
        return not_possible("it is linked into this program");
    if (dladdr(&kMostLibraryBytes, &program) != 0 && program.dli_fbase == library.dli_fbase)
        return not_possible("it is linked into this program");
    return std::string(library.dli_fname);
}

Expected<void> copy_file(const std::string& path, int to) {
    const Descriptor from(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (from.get() < 0)
        return system_failure("open " + path, errno);
    struct stat facts {};
    if (fstat(from.get(), &facts) != 0)
        return system_failure("look at " + path, errno);
    if (!S_ISREG(facts.st_mode) || facts.st_size <= 0 || facts.st_size > kMostLibraryBytes)
        return not_possible(path + " is no file of up to 64 MiB");
    for (off_t left = facts.st_size; left > 0;) {
        const ssize_t moved = sendfile(to, from.get(), nullptr, static_cast<std::size_t>(left));
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved < 0)
            return system_failure("copy " + path + " to memory", errno);
        if (moved == 0)
            return not_possible(path + " became shorter while it was read");
        left -= moved;
    }
    return {};
}

/// Swaps the whole environment: whoever reads meanwhile sees one list or the other, both of which
/// stay; setenv would move what a reader looks at.
class BorrowedEnvironment {
  public:
    explicit BorrowedEnvironment(std::string setting) {
        struct Lists {
            std::string setting;
            std::vector<char*> entries;
        };
        // Never freed: a reader may still hold it.
        static std::vector<std::unique_ptr<Lists>>& kept = *new std::vector<std::unique_ptr<Lists>>;
        kept.push_back(std::make_unique<Lists>(Lists{std::move(setting), {}}));
        kept.back()->entries = environment_with(environ, kept.back()->setting);
        environ = kept.back()->entries.data();
    }
    BorrowedEnvironment(const BorrowedEnvironment&) = delete;
    BorrowedEnvironment& operator=(const BorrowedEnvironment&) = delete;
    ~BorrowedEnvironment() { environ = before_; }

  private:
    char** const before_ = environ;
};

}  // namespace

std::vector<char*> environment_with(char* const* environment, std::string& setting) {
    const std::string_view name = std::string_view(setting).substr(0, setting.find('=') + 1);
    std::vector<char*> entries;
    for (char* const* entry = environment; entry != nullptr && *entry != nullptr; ++entry)
        if (!std::string_view(*entry).starts_with(name))
            entries.push_back(*entry);
    entries.push_back(setting.data());
    entries.push_back(nullptr);
    return entries;
}

// A namespace of the linker's own (dlmopen) would bring a second C library, whose thread-specific
// keys have the numbers of the first one's. The copy shares ours instead; it must be another file
// for the linker to load it, and must look for its own functions before the process's.
Expected<LibraryCopy> LibraryCopy::load(const char* symbol, std::string setting) {
    static std::mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    if (kSanitized)
        return not_possible("the sanitizer of this build allows no library that binds to itself");
    ASSAY_TRY(const std::string path, file_of(symbol));
    const Descriptor memory(memfd_create("assay-library-copy", MFD_CLOEXEC));
    if (memory.get() < 0)
        return system_failure("make a file in memory for a copy of " + path, errno);
    ASSAY_TRY_VOID(copy_file(path, memory.get()));
    const std::string name = "/proc/self/fd/" + std::to_string(memory.get());
    LibraryCopy copy;
    {
        const BorrowedEnvironment environment(std::move(setting));
        copy.handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    }
    if (copy.handle_ == nullptr) {
        const char* const why = dlerror();
        return not_possible(why != nullptr ? why : "the linker does not say why");
    }
    if (copy.find(symbol) == nullptr || copy.find(symbol) == dlsym(RTLD_DEFAULT, symbol))
        return not_possible("the linker gave the first copy again");
    return copy;
}

void* LibraryCopy::find(const char* symbol) const {
    return dlsym(handle_, symbol);
}

}  // namespace assay::host
