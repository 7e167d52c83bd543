#include "probes/memory/bandwidth_cases.h"

#include <algorithm>
#include <string>

namespace assay::memory {
namespace {

// Of the number that stands for the host: a quarter of a full round averages out what a block's
// 0.1 ms cannot.
constexpr double kHeadlineShare = 0.25;
constexpr double kShare = 0.04;

bool is_wanted(const Request& request, Operation operation, std::string_view stores) {
    const std::string* wanted = request.find("operation");
    const std::string* way = request.find("stores");
    return (wanted == nullptr || *wanted == name_of(operation)) &&
           (way == nullptr || operation == Operation::read || *way == stores);
}

/// The widest of the host's vector kernels of each operation and way of storing, and all others.
std::vector<StoreKernel> host_kernels() {
    std::vector<StoreKernel> kernels;
    for (const StoreKernel& kernel : store_kernels()) {
        if (!host::supports(kernel.isa))
            continue;
        const auto narrower = std::ranges::find_if(kernels, [&](const StoreKernel& known) {
            return known.operation == kernel.operation && known.stores == kernel.stores;
        });
        if (narrower == kernels.end())
            kernels.push_back(kernel);
        else
            *narrower = kernel;
    }
    return kernels;
}

/// Quick runs leave out what repeats an answer: single threads but for the non-temporal copy, and
/// what the processor's string instructions and the C library do.
bool is_quick(const StoreKernel& kernel, bool single) {
    if (kernel.stores != "regular" && kernel.stores != "non_temporal")
        return false;
    return !single || (kernel.operation == Operation::copy && kernel.stores == "non_temporal");
}

std::vector<std::size_t> thread_counts(const BandwidthPair& pair, const Request& request) {
    if (request.find("threads") != nullptr || pair.threads == 1)
        return {pair.threads};
    if (pair.nodes.distance == Distance::remote && request.extent < Extent::standard)
        return {pair.threads};
    return {1, pair.threads};
}

void add_store_cases(const BandwidthSettings& settings, std::size_t index, const Request& request,
                     std::vector<BandwidthCase>& cases) {
    const BandwidthPair& pair = settings.pairs[index];
    const bool narrow = request.extent < Extent::standard;
    const bool named = request.find("operation") != nullptr || request.find("stores") != nullptr;
    if (settings.memories[pair.memory].store_bytes_per_array == 0 ||
        (narrow && pair.nodes.distance == Distance::remote && !named))
        return;
    for (const StoreKernel& kernel : host_kernels()) {
        // Remote memory is shown by reads and by the copy that no cache takes part in.
        const bool shows_distance =
            kernel.operation == Operation::copy && kernel.stores == "non_temporal";
        if (!is_wanted(request, kernel.operation, kernel.stores) ||
            (pair.nodes.distance == Distance::remote && !named && !shows_distance))
            continue;
        for (const std::size_t threads : thread_counts(pair, request)) {
            const bool single = threads == 1 && pair.threads > 1;
            if (named || !narrow || is_quick(kernel, single))
                cases.push_back(
                    {.pair = index, .store = kernel, .threads = threads, .round_share = kShare});
        }
    }
}

/// Reads, and the copies and triads that pass the caches by, which is what other tools measure.
/// Quick runs leave out what repeats an answer.
void add_page_cases(const BandwidthSettings& settings, std::size_t index, const Request& request,
                    std::vector<BandwidthCase>& cases) {
    const BandwidthPair& pair = settings.pairs[index];
    if (!pair.small_memory)
        return;
    const bool narrow = request.extent < Extent::standard;
    std::vector<std::optional<StoreKernel>> works{std::nullopt};
    for (const StoreKernel& kernel : host_kernels())
        if (kernel.stores == "non_temporal" && (kernel.operation == Operation::copy ||
                                                (kernel.operation == Operation::triad && !narrow)))
            works.emplace_back(kernel);
    for (const auto& store : works)
        for (const std::size_t threads : thread_counts(pair, request))
            if (!narrow || store || threads == pair.threads)
                cases.push_back({.pair = index,
                                 .store = store,
                                 .threads = threads,
                                 .against_small = true,
                                 .round_share = 2 * kShare});
}

}  // namespace

bool stores_are_measured(const Request& request) {
    const std::string* operation = request.find("operation");
    return operation != nullptr ? *operation != name_of(Operation::read)
                                : request.extent > Extent::smoke;
}

bool pages_are_compared(const BandwidthSettings& settings, const Request& request) {
    return settings.pages == host::PagePreference::huge && request.extent > Extent::smoke &&
           request.find("operation") == nullptr && request.find("stores") == nullptr;
}

Expected<std::vector<BandwidthCase>> bandwidth_cases(const BandwidthSettings& settings,
                                                     const Request& request) {
    std::vector<BandwidthCase> cases;
    for (std::size_t index = 0; index < settings.pairs.size(); ++index) {
        const BandwidthPair& pair = settings.pairs[index];
        const bool read = is_wanted(request, Operation::read, "") &&
                          (request.find("stores") == nullptr || request.find("operation"));
        for (const std::size_t threads : thread_counts(pair, request)) {
            if (!read)
                break;
            const bool headline = threads == pair.threads && pair.nodes.distance == Distance::local;
            cases.push_back({.pair = index,
                             .store = std::nullopt,
                             .threads = threads,
                             .round_share = headline ? kHeadlineShare : kShare});
        }
        if (read && request.extent == Extent::deep && pair.nodes.distance == Distance::local)
            cases.push_back(
                {.pair = index, .store = std::nullopt, .threads = pair.threads, .sustained = true});
        add_store_cases(settings, index, request, cases);
        add_page_cases(settings, index, request, cases);
    }
    if (cases.empty())
        return failure(ErrorKind::usage,
                       "memory.bandwidth: no kernel of this host does --operation " +
                           request.text("operation", "(any)") + " with --stores " +
                           request.text("stores", "(any)") +
                           ", or there is too little memory for its arrays; leave one of the "
                           "options out, or free memory");
    return cases;
}

}  // namespace assay::memory
