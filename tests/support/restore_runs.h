#pragma once

#include <string_view>
#include <vector>

#include "engine/core/run.h"

namespace assay::test {

/// What the restore pipeline is made of, as two runs say it: the samples of every metric that a
/// prediction reads. Rates in B/s, syncs in ns; an empty list leaves the metric out.
struct RestoreRates {
    std::vector<double> read{400e6, 400e6, 400e6, 400e6, 400e6};
    std::vector<double> network{100e6, 100e6, 100e6, 100e6, 100e6};
    std::vector<double> decrypt{2e9, 2e9, 2e9, 2e9, 2e9};
    std::vector<double> decompress{1e9, 1e9, 1e9, 1e9, 1e9};
    std::vector<double> ratio{2, 2, 2, 2, 2};
    std::vector<double> write{500e6, 500e6, 500e6, 500e6, 500e6};
    std::vector<double> sync_ns{1e6, 1e6, 1e6, 1e6, 1e6};
    std::vector<double> compress{300e6, 300e6, 300e6, 300e6, 300e6};
    std::vector<double> encrypt{2e9, 2e9, 2e9, 2e9, 2e9};
};

/// The source's run: sequential reads, compression, encryption, and the network up to the peer.
Run restore_source(const RestoreRates& rates = {});
/// The target's run: the network down from the peer, decryption, decompression, writes, syncs.
Run restore_target(const RestoreRates& rates = {});

/// Adds a probe with one measurement of that metric; nothing where there are no samples.
void add_metric(Run& run, std::string_view probe, std::string_view metric, Unit unit,
                std::vector<Condition> conditions, const std::vector<double>& samples);

}  // namespace assay::test
