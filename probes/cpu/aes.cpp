#include "probes/cpu/aes.h"

#include <array>
#include <string>

#include "engine/core/units.h"
#include "engine/host/quota.h"
#include "probes/cpu/aes_settings.h"
#include "probes/cpu/aes_software.h"
#include "probes/cpu/aes_workload.h"
#include "probes/cpu/crypto_metrics.h"
#include "probes/cpu/settings.h"

namespace assay::cpu {
namespace {

using host::CipherMode;

constexpr std::array kOptions{
    kThreadsOption,
    Option{"record", OptionKind::bytes, "", "",
           "only records of this size, 16 to 16m; without it several, 16k among them"},
};

template <CipherMode mode>
std::vector<CheckLine> check(const RunContext& context, const Request& request) {
    const auto settings = aes_settings(context, request, mode);
    if (!settings)
        return {
            {CheckLevel::block, "encryption", settings.error().message, "", settings.error().kind}};
    std::vector<CheckLine> lines{
        {CheckLevel::ok, "encryption",
         host::libcrypto_version() + ", up to " + threads_text(settings->threads()), "",
         ErrorKind::unsupported}};
    if (const std::string why = why_in_software(); !why.empty())
        lines.push_back({CheckLevel::warn, "AES instructions", why + ", many times slower",
                         "In a virtual machine let the hypervisor pass the feature 'aes' through, "
                         "and leave OPENSSL_ia32cap unset.",
                         ErrorKind::unsupported});
    if (const auto quota = host::quota_finding(context.host))
        lines.push_back(
            {CheckLevel::warn, "CPU quota", quota->message, quota->advice, ErrorKind::unsupported});
    return lines;
}

template <CipherMode mode>
Expected<Footprint> plan(const RunContext& context, const Request& request) {
    ASSAY_TRY(const AesSettings settings, aes_settings(context, request, mode));
    Footprint footprint;
    footprint.memory_bytes = settings.memory_bytes();
    footprint.threads = settings.threads();
    footprint.cases = settings.cases.size();
    footprint.round_shares = settings.round_shares();
    footprint.prepare_time = std::chrono::milliseconds(20);
    footprint.note = "encrypts and decrypts in memory; touches no files";
    return footprint;
}

template <CipherMode mode>
Expected<std::unique_ptr<Workload>> prepare(const RunContext& context, const Request& request) {
    ASSAY_TRY(AesSettings settings, aes_settings(context, request, mode));
    return make_aes_workload(context, std::move(settings));
}

}  // namespace

const Probe kAesGcm{.id = "cpu.aes_256_gcm",
                    .title = "AES-256-GCM through OpenSSL (TLS, backups), by record size",
                    .metrics = kAesGcmMetrics,
                    .options = kOptions,
                    .check = &check<CipherMode::gcm>,
                    .plan = &plan<CipherMode::gcm>,
                    .prepare = &prepare<CipherMode::gcm>};

const Probe kAesCtr{.id = "cpu.aes_256_ctr",
                    .title =
                        "AES-256-CTR through OpenSSL, by record size, and the silicon's "
                        "ceiling",
                    .metrics = kAesCtrMetrics,
                    .options = kOptions,
                    .check = &check<CipherMode::ctr>,
                    .plan = &plan<CipherMode::ctr>,
                    .prepare = &prepare<CipherMode::ctr>};

const Probe kAesXts{.id = "cpu.aes_256_xts",
                    .title = "AES-256-XTS through OpenSSL (disk encryption), by record size",
                    .metrics = kAesXtsMetrics,
                    .options = kOptions,
                    .check = &check<CipherMode::xts>,
                    .plan = &plan<CipherMode::xts>,
                    .prepare = &prepare<CipherMode::xts>};

}  // namespace assay::cpu
