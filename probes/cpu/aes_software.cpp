#include "probes/cpu/aes_software.h"

#include <cstdio>

#include "engine/core/units.h"
#include "engine/host/libcrypto.h"
#include "probes/cpu/aes_kernel.h"
#include "probes/cpu/aes_vectors.h"

namespace assay::cpu {

std::string why_in_software() {
    if (!has_aes_instructions())
        return "This processor shows no AES instructions; " + host::libcrypto_version() +
               " computes AES in software";
    if (!host::libcrypto_uses_aes_instructions().value_or(true))
        return "This processor has AES instructions, and " + host::libcrypto_version() +
               " was told not to use them (OPENSSL_ia32cap): it computes AES in software";
    return "";
}

Expected<void> prove_software_path(AesSettings& settings) {
    if (const auto loaded = host::load_software_crypto(); !loaded) {
        settings.drop_software(loaded.error().message + ".");
        return {};
    }
    return self_test(settings.mode, host::CryptoPath::without_aes_instructions);
}

Finding software_rate_finding(double software, double hardware) {
    constexpr double kGiga = static_cast<double>(kNanosecondsPerSecond);
    char text[200];
    std::snprintf(text, sizeof text,
                  "Without AES instructions %s would encrypt %.2f GB/s with a thread here, 1/%.1f "
                  "of the %.2f GB/s with them (the best rounds).",
                  host::libcrypto_version().c_str(), software / kGiga, hardware / software,
                  hardware / kGiga);
    return make_finding("software_aes_rate", text);
}

}  // namespace assay::cpu
