#include "report/free_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace assay::report {
namespace {

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}
bool is_letter(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}
bool is_alphanumeric(char character) {
    return is_digit(character) || is_letter(character);
}
bool is_hexadecimal(char character) {
    return is_digit(character) || (character >= 'a' && character <= 'f') ||
           (character >= 'A' && character <= 'F');
}

/// Words of kernels, processors and hypervisors, of the facts that a reader needs in order to
/// understand a number. None of them is chosen by whoever owns the host.
constexpr std::string_view kTechnicalWords =
    // what there is at all
    "none unknown yes no true false on off enabled disabled up down both full half auto all "
    "one self test never always madvise inherit default "
    // file systems and how they are mounted
    "ext2 ext3 ext4 xfs btrfs zfs tmpfs overlay overlayfs nfs nfs4 cifs f2fs fuse vfat rw ro "
    "relatime noatime nodiratime nosuid nodev noexec discard barrier nobarrier data ordered "
    "writeback journal errors remount commit "
    // devices
    "nvme ssd hdd disk sata sas scsi virtio ata usb mmc loop dm md raid0 raid1 raid5 raid6 "
    "raid10 rotational write through back mq deadline kyber bfq cfq noop ethernet loopback "
    "bond bridge veth vlan tun wireless infiniband "
    // virtual machines and containers
    "kvm qemu vmware xen hyperv microsoft amazon google firecracker docker podman lxc "
    "kubernetes systemd nspawn bare metal v1 v2 hybrid unified "
    // kernel
    "linux x86 64 amd64 aarch64 arm64 tsc hpet acpi pm kvm-clock clock clocksource jiffies "
    "refined performance powersave schedutil ondemand conservative userspace intel amd pstate "
    "cpufreq idle passive active guided cubic reno bbr fq codel pfifo fast noqueue mitigation "
    "mitigations vulnerable not affected pti ibrs ibpb retpoline retpolines stibp rsb filling "
    "bti lfence usercopy swapgs barriers speculative store bypass ssb prctl seccomp via and "
    "pte inversion conditional cache flushes smt host state vmx clear cpu buffers microcode "
    "pointer sanitization user protection memory pids blkio freezer devices cpuset cpuacct "
    "name net cls prio perf event hugetlb rdma misc dynamic voluntary preempt preemption smp "
    "rt safe ret guest stale eibrs pbrsb sw sequence bhi dis s untrained return thunk srso "
    "debian ubuntu fedora gnu bookworm trixie kvmkvmkvm vmwarevmware "
    // processors
    "instruction genuineintel authenticamd arm sse2 sse4 avx avx2 avx512 fma aes ni vaes sha "
    "neon sve scalar ssse3 pclmul avx512f "
    // how a number was taken
    "io uring aio sync psync huge small 4k 2m 1g thp read writes reads copy triad random "
    "sequential mixed double single zeros text image incompressible peak open closed regular "
    "nontemporal non temporal fdatasync fsync dsync linked rwf o icmp tcp udp physical "
    "logical same core package node local remote raw file device gcm ctr xts smoke quick "
    "standard deep probe seconds encrypt decrypt compress decompress hash level thread "
    "threads stream streams depth block record bytes b kib mib gib k m g rate offered working "
    "set pages chain chains latency bandwidth scaling cores load under direct buffered vector "
    "burst sustained to from of at in percent ms us ns hit miss ratio loaded uniform named by "
    "loads stores network storage busy available round trip with ";

/// Words that stand in the names of processors.
constexpr std::string_view kProcessorWords =
    "intel r tm xeon gold silver bronze platinum core cpu amd epyc ryzen opteron processor "
    "virtual qemu atom pro threadripper neoverse ampere altra graviton apple arm cortex max "
    "ultra skylake cascadelake broadwell icelake haswell sapphirerapids rome milan genoa ibrs "
    "kvm common version with radeon graphics ";

using Words = std::set<std::string, std::less<>>;

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char character : text)
        if (is_alphanumeric(character))
            words.back() += lower_case(std::string_view(&character, 1));
        else if (!words.back().empty())
            words.emplace_back();
    if (words.back().empty())
        words.pop_back();
    return words;
}

Words set_of(std::string_view list) {
    const std::vector<std::string> words = words_of(list);
    return {words.begin(), words.end()};
}

const Words& technical_words() {
    static const Words words = set_of(kTechnicalWords);
    return words;
}

const Words& processor_words() {
    static const Words words = set_of(kProcessorWords);
    return words;
}

/// A count, a range's end, a version's part: never an identifier.
bool is_short_number(std::string_view word) {
    constexpr std::size_t kMostDigits = 4;
    return word.size() <= kMostDigits && std::ranges::all_of(word, is_digit);
}

/// "6130", "e5", "8370c", "v4", "10ghz", "16".
bool is_model_number(std::string_view word) {
    constexpr std::size_t kMost = 6;
    if (word.ends_with("ghz") || word.ends_with("mhz"))
        word.remove_suffix(3);
    const auto digits = std::ranges::count_if(word, is_digit);
    return word.size() <= kMost && digits > 0 &&
           static_cast<std::size_t>(digits) + 2 >= word.size();
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(
        text, [](char character) { return static_cast<unsigned char>(character) < 0x80; });
}

constexpr std::string_view kBetweenWords = " \t\r\n\"'`()[]{}<>,;|";

/// Where the word around `at` ends.
std::size_t end_of_word(std::string_view text, std::size_t at) {
    return std::min(text.find_first_of(kBetweenWords, at), text.size());
}

std::size_t count_of(std::string_view word, char character) {
    return static_cast<std::size_t>(std::ranges::count(word, character));
}

bool looks_like_path(std::string_view word) {
    for (std::size_t at = word.find('/'); at != std::string_view::npos; at = word.find('/', at + 1))
        if (at + 1 < word.size() && (at == 0 || !is_alphanumeric(word[at - 1])))
            return true;
    return false;
}

bool looks_like_address(std::string_view word) {
    // IPv4, with or without a port or a prefix.
    std::size_t groups = 0, digits = 0;
    for (std::size_t at = 0; at <= word.size(); ++at) {
        if (at < word.size() && is_digit(word[at])) {
            ++digits;
            continue;
        }
        groups += digits > 0 && digits <= 3 ? 1 : 0;
        digits = 0;
    }
    if (groups >= 4 && count_of(word, '.') >= 3)
        return true;
    // IPv6 has a double colon or seven single ones, a MAC five; a time of day has two.
    constexpr std::size_t kMostOfTime = 2;
    if (word.find("::") != std::string_view::npos || count_of(word, ':') > kMostOfTime)
        return true;
    return count_of(word, '-') >= 4 && std::ranges::all_of(word, [](char character) {
               return is_hexadecimal(character) || character == '-';
           });
}

/// A long run of digits and letters, such as a serial, a UUID or a world-wide name.
bool looks_like_identifier(std::string_view word) {
    constexpr std::size_t kLong = 12;
    std::size_t run = 0, digits = 0, letters = 0;
    for (const char character : word) {
        if (!is_alphanumeric(character)) {
            run = digits = letters = 0;
            continue;
        }
        ++run;
        ++(is_digit(character) ? digits : letters);
        if (run >= kLong && digits >= 3 && letters >= 1)
            return true;
    }
    return false;
}

/// "db1.corp.example", "user@host"; not "storage.fsync.latency", nor "0.95", nor "a word.".
bool looks_like_host(std::string_view word) {
    if (word.find('@') != std::string_view::npos && word.size() > 1)
        return true;
    for (const std::string_view ours : {"cpu.", "memory.", "storage.", "network.", "assay."})
        if (word.starts_with(ours))
            return false;
    for (std::size_t at = 1; at + 1 < word.size(); ++at)
        if (word[at] == '.' && is_letter(word[at + 1]) && is_alphanumeric(word[at - 1]) &&
            std::ranges::any_of(word.substr(0, at), is_letter))
            return true;
    return false;
}

bool looks_like_name(std::string_view word) {
    return looks_like_path(word) || looks_like_address(word) || looks_like_host(word) ||
           looks_like_identifier(word);
}

/// Where the name stands in the lower-case text from `from` on, or npos.
std::size_t place_of(std::string_view lower, std::string_view name, std::size_t from) {
    constexpr std::size_t kShort = 2;
    for (std::size_t at = lower.find(name, from); at != std::string_view::npos;
         at = lower.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        const bool stands_alone = (at == 0 || !is_alphanumeric(lower[at - 1])) &&
                                  (end == lower.size() || !is_alphanumeric(lower[end]));
        if (name.size() > kShort || stands_alone)
            return at;
    }
    return std::string_view::npos;
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char character) {
        return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                    : character;
    });
    return lower;
}

bool is_technical(std::string_view text) {
    if (!is_ascii(text) || looks_like_address(text) || looks_like_path(text))
        return false;
    return std::ranges::all_of(words_of(text), [](const std::string& word) {
        return is_short_number(word) || technical_words().contains(word);
    });
}

bool is_processor_model(std::string_view text) {
    return is_ascii(text) && !looks_like_address(text) && !looks_like_path(text) &&
           std::ranges::all_of(words_of(text), [](const std::string& word) {
               return processor_words().contains(word) || is_model_number(word);
           });
}

bool holds_a_name(std::string_view text, const Names& names) {
    const std::string lower = lower_case(text);
    return std::ranges::any_of(names, [&](const std::string& name) {
        return place_of(lower, name, 0) != std::string::npos;
    });
}

namespace {

struct Piece {
    std::string text, lower;
    bool is_open = true;  ///< else it is a replacement, in which nothing is looked for
};

Piece open_piece(std::string_view text) {
    return {std::string(text), lower_case(text), true};
}

/// Of an open piece that holds the name: what stands before the words that it stands in, the
/// replacement, and the rest. The whole words go: what is tied to a name ("NAME.corp", "NAME/sub")
/// tells as much as the name.
std::vector<Piece> split_at(const Piece& piece, std::size_t at, std::string_view name,
                            const std::string& replacement) {
    const std::size_t blank =
        at == 0 ? std::string::npos : piece.text.find_last_of(kBetweenWords, at - 1);
    const std::size_t begin = blank == std::string::npos ? 0 : blank + 1;
    std::size_t end = end_of_word(piece.text, at + name.size());
    while (end > at + name.size() && (piece.text[end - 1] == '.' || piece.text[end - 1] == ':'))
        --end;
    return {open_piece(piece.text.substr(0, begin)), Piece{replacement, "", false},
            open_piece(piece.text.substr(end))};
}

/// Where a quotation that opens at `at` ends (its closing mark), or npos. An apostrophe inside a
/// word opens none.
std::size_t end_of_quotation(std::string_view text, std::size_t at) {
    const char mark = text[at];
    const bool opens =
        (mark == '\'' || mark == '"' || mark == '`') && (at == 0 || !is_alphanumeric(text[at - 1]));
    return opens ? text.find(mark, at + 1) : std::string_view::npos;
}

/// Our sentences put names in quotation marks; our own commands and technical words may stay.
bool is_name_in_quotes(std::string_view quoted) {
    return !quoted.empty() && !is_technical(quoted) && !quoted.starts_with("assay ");
}

std::string without_patterns(std::string_view text,
                             const std::function<std::string(std::string_view)>& replacement) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (const std::size_t close = end_of_quotation(text, at);
            close != std::string_view::npos &&
            is_name_in_quotes(text.substr(at + 1, close - at - 1))) {
            result += text[at] + replacement(text.substr(at + 1, close - at - 1)) + text[close];
            at = close + 1;
            continue;
        }
        const std::size_t end = end_of_word(text, at);
        std::string_view word = text.substr(at, end - at);
        while (!word.empty() && (word.back() == '.' || word.back() == ':' || word.back() == '!'))
            word.remove_suffix(1);
        result += looks_like_name(word) ? replacement(word) : std::string(word);
        result += text.substr(at + word.size(), end - at - word.size());
        if (end < text.size())
            result += text[end];
        at = end + 1;
    }
    return result;
}

}  // namespace

std::string without_names(std::string_view text, const Names& names,
                          const std::function<std::string(std::string_view)>& replacement) {
    std::vector<Piece> pieces{open_piece(text)};
    for (const std::string& name : names)
        for (std::size_t index = 0; index < pieces.size(); ++index) {
            const std::size_t at =
                pieces[index].is_open ? place_of(pieces[index].lower, name, 0) : std::string::npos;
            if (at == std::string::npos)
                continue;
            std::vector<Piece> parts = split_at(pieces[index], at, name, replacement(name));
            const auto place = pieces.begin() + static_cast<std::ptrdiff_t>(index);
            pieces.insert(pieces.erase(place), parts.begin(), parts.end());
        }
    std::string result;
    for (const Piece& piece : pieces)
        result += piece.is_open ? without_patterns(piece.text, replacement) : piece.text;
    return result;
}

}  // namespace assay::report
