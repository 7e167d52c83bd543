#pragma once

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Runs the real program as a user's shell would, and catches what it says.
namespace assay::test {

using SteadyClock = std::chrono::steady_clock;

struct Outcome {
    int status = -1;       ///< exit status; -1 if a signal ended it
    int signal = 0;        ///< that signal
    bool is_late = false;  ///< it had to be killed because the time-out passed
    double seconds = 0;
    std::string out, err;
};

struct Invocation {
    std::vector<std::string> words;            ///< argv, the program first
    std::optional<uid_t> user = std::nullopt;  ///< become this user first; needs root
    int out = -1;                              ///< stdout goes here instead of into Outcome::out
    int err = -1;                              ///< the same for stderr
    std::chrono::seconds time_out{60};
    std::vector<std::string> environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                                         "TSAN_OPTIONS=atexit_sleep_ms=0", "TERM=dumb"};
};

inline bool is_root() {
    return ::geteuid() == 0;
}

/// A child with pipes on its stdout and stderr. Killed, if it still runs, when destroyed.
class Process {
  public:
    explicit Process(const Invocation& invocation)
        : start_(SteadyClock::now()), deadline_(start_ + invocation.time_out) {
        std::array<int, 2> out{}, err{};
        if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("pipe2 failed");
        std::vector<char*> argv, environment;
        for (const std::string& word : invocation.words)
            argv.push_back(const_cast<char*>(word.c_str()));
        for (const std::string& row : invocation.environment)
            environment.push_back(const_cast<char*>(row.c_str()));
        argv.push_back(nullptr);
        environment.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ < 0)
            throw std::runtime_error("fork failed");
        if (pid_ == 0)
            become(invocation, argv, environment, out[1], err[1]);
        ::close(out[1]);
        ::close(err[1]);
        out_ = out[0];
        err_ = err[0];
    }
    ~Process() {
        if (!reaped_) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(out_);
        ::close(err_);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }

    /// Is any process left of those that it may have started? Ask after finish().
    bool has_left_children() const { return ::kill(-pid_, 0) == 0 || errno != ESRCH; }

    /// Reads until stderr holds `text`; false if the process ends or the time-out passes first.
    bool wait_for_error_text(std::string_view text) {
        while (outcome_.err.find(text) == std::string::npos)
            if (!pump())
                return false;
        return true;
    }

    const std::string& error_text() const { return outcome_.err; }  ///< read so far

    /// Reads for so long, or until the process ends. For waits that are a matter of chance by
    /// intent (kill at a random moment).
    void read_for(std::chrono::milliseconds duration) {
        const auto until = SteadyClock::now() + duration;
        while (SteadyClock::now() < until && pump(until)) {
        }
    }

    /// Reads to the end and reaps.
    Outcome finish() {
        while (pump()) {
        }
        if (SteadyClock::now() >= deadline_) {
            outcome_.is_late = true;
            ::kill(pid_, SIGKILL);
        }
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        reaped_ = true;
        outcome_.seconds = std::chrono::duration<double>(SteadyClock::now() - start_).count();
        if (WIFEXITED(status))
            outcome_.status = WEXITSTATUS(status);
        else if (WIFSIGNALED(status))
            outcome_.signal = WTERMSIG(status);
        return outcome_;
    }

  private:
    [[noreturn]] static void become(const Invocation& invocation, std::vector<char*>& argv,
                                    std::vector<char*>& environment, int out, int err) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::setpgid(0, 0);
        ::dup2(invocation.out >= 0 ? invocation.out : out, STDOUT_FILENO);
        ::dup2(invocation.err >= 0 ? invocation.err : err, STDERR_FILENO);
        if (invocation.user && (::setgroups(0, nullptr) != 0 || ::setgid(*invocation.user) != 0 ||
                                ::setuid(*invocation.user) != 0))
            ::_exit(126);
        ::execvpe(argv[0], argv.data(), environment.data());
        ::_exit(127);
    }

    /// Waits for output and takes it; false at the end of both streams or of the time.
    bool pump(std::optional<SteadyClock::time_point> until = std::nullopt) {
        const auto end = until && *until < deadline_ ? *until : deadline_;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()).count();
        if (left <= 0 || (out_ended_ && err_ended_))
            return false;
        std::array<pollfd, 2> ready{pollfd{out_ended_ ? -1 : out_, POLLIN, 0},
                                    pollfd{err_ended_ ? -1 : err_, POLLIN, 0}};
        if (::poll(ready.data(), ready.size(), static_cast<int>(left)) < 0)
            return errno == EINTR;
        if (ready[0].revents != 0)
            out_ended_ = !take(out_, outcome_.out);
        if (ready[1].revents != 0)
            err_ended_ = !take(err_, outcome_.err);
        return true;
    }

    static bool take(int descriptor, std::string& text) {
        std::array<char, 4096> piece{};
        const ssize_t count = ::read(descriptor, piece.data(), piece.size());
        if (count > 0)
            text.append(piece.data(), static_cast<std::size_t>(count));
        return count > 0;
    }

    SteadyClock::time_point start_, deadline_;
    pid_t pid_ = -1;
    int out_ = -1, err_ = -1;
    bool out_ended_ = false, err_ended_ = false, reaped_ = false;
    Outcome outcome_;
};

inline Outcome run_program(const Invocation& invocation) {
    return Process(invocation).finish();
}

inline Outcome run_words(std::vector<std::string> words) {
    Invocation invocation;
    invocation.words = std::move(words);
    return run_program(invocation);
}

/// What a Python script makes of a file; status 0 unless it raised.
inline Outcome run_python(const std::string& script, const std::vector<std::string>& files) {
    std::vector<std::string> words{"/usr/bin/python3", "-c", script};
    words.insert(words.end(), files.begin(), files.end());
    return run_words(std::move(words));
}

/// The words of a call of assay.
inline Invocation assay(std::vector<std::string> words) {
    Invocation invocation;
    invocation.words = std::move(words);
    invocation.words.insert(invocation.words.begin(), ASSAY_BINARY);
    return invocation;
}

inline Outcome run_assay(std::vector<std::string> words) {
    return run_program(assay(std::move(words)));
}

/// A folder of its own that is gone afterwards.
class TempFolder {
  public:
    explicit TempFolder(std::string_view under = "/tmp") {
        std::string name = std::string(under) + "/assay-test-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed under " + std::string(under));
        path_ = name;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    std::string path() const { return path_.string(); }
    std::string file(std::string_view name) const { return (path_ / name).string(); }
    std::string write(std::string_view name, std::string_view content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return file(name);
    }
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(path_))
            found.push_back(entry.path().filename().string());
        return found;
    }

  private:
    std::filesystem::path path_;
};

inline std::string content_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// One line, a sentence, nothing like a crash: what every refusal must look like.
inline bool is_one_sentence(const std::string& text) {
    return text.size() > 20 && text.back() == '\n' && text.find('\n') == text.size() - 1;
}

/// Why the file does not validate against the published schema; empty if it does, and where
/// python3-jsonschema is not installed.
inline std::string schema_violation(const std::string& file) {
    if (run_python("import jsonschema", {}).status != 0)
        return "";
    const Outcome outcome = run_python(
        "import json, sys, jsonschema\n"
        "schema = json.load(open(sys.argv[1]))\n"
        "validator = jsonschema.validators.validator_for(schema)\n"
        "validator.check_schema(schema)\n"
        "validator(schema).validate(json.load(open(sys.argv[2])))\n",
        {std::string(ASSAY_SOURCE_DIR) + "/report/assay.run.1.schema.json", file});
    return outcome.status == 0 ? "" : "refused: " + outcome.err;
}

}  // namespace assay::test
