#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/score/compare.h"
#include "report/json_reader.h"
#include "report/json_writer.h"
#include "report/text.h"

/// Any bytes either are refused with a sentence, or make a run that can be written, read back as
/// the same, judged and shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace assay;
    const auto run = report::read_run({reinterpret_cast<const char*>(data), size});
    if (!run)
        return run.error().message.empty() ? std::abort(), 0 : 0;
    const std::string once = report::run_to_json(*run);
    const auto again = report::read_run(once);
    if (!again) {
        std::fprintf(stderr, "what was written is refused: %s\n", again.error().message.c_str());
        std::abort();
    }
    if (report::run_to_json(*again) != once)
        std::abort();
    Policy policy = score::default_policy();
    policy.bootstrap_draws = 50;
    const Verdict verdict = score::compare(*run, *again, policy);
    report::comparison_to_json(*run, *again, verdict);
    for (const bool utf8 : {true, false}) {
        const report::TextStyle style{.colour = false, .utf8 = utf8, .columns = 80};
        for (const std::string& text : {report::run_to_text(*run, style),
                                        report::comparison_to_text(*run, *again, verdict, style)})
            for (const char letter : text)
                if (letter != '\n' && static_cast<unsigned char>(letter) < 0x20)
                    std::abort();
    }
    return 0;
}
