#pragma once

#include <string>

#include "engine/core/error.h"
#include "engine/core/finding.h"
#include "probes/cpu/aes_settings.h"

/// AES without AES instructions: where the library has to do so, and what it costs where it has
/// not.
namespace assay::cpu {

/// No code without AES instructions does more. OpenSSL 3.0 in GCM mode on a Zen 4: 0.07 without
/// them, 1.2 with them.
inline constexpr double kMostSoftwareBytesPerCycle = 0.5;

/// Why the library computes AES in software here, without a full stop; empty where it does not.
std::string why_in_software();

/// Loads the second copy of the library and sees it encrypt the published examples. Where the copy
/// cannot be had, the settings lose that part and say why. Errors: internal (the copy computes
/// wrongly).
Expected<void> prove_software_path(AesSettings& settings);

/// `software_aes_rate` with both rates, of the best rounds, in B/s. software > 0.
Finding software_rate_finding(double software, double hardware);

}  // namespace assay::cpu
