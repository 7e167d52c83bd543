#include "cli/command_functions.h"
#include "cli/output.h"
#include "cli/run_options.h"
#include "probes/registry.h"
#include "report/format.h"
#include "report/json.h"

namespace assay::cli {
namespace {

std::string_view name_of(OptionKind kind) {
    switch (kind) {
        case OptionKind::bytes:
            return "bytes";
        case OptionKind::count:
            return "count";
        case OptionKind::duration:
            return "duration";
        case OptionKind::rate:
            return "rate";
        case OptionKind::text:
            return "text";
        case OptionKind::choice:
            return "choice";
        case OptionKind::flag:
            return "flag";
    }
    return "text";
}

using report::Json;

/// An empty text of the probe's row means that there is nothing to say: null.
Json text_or_null(std::string_view text) {
    return text.empty() ? Json() : Json(text);
}

Json probe_document(const Probe& probe) {
    Json metrics = Json::array();
    for (const Metric& metric : probe.metrics)
        metrics.push_back({{"id", metric.id},
                           {"title", metric.title},
                           {"unit", symbol(metric.unit)},
                           {"better", assay::name_of(metric.better)},
                           {"definition", metric.definition},
                           {"source", text_or_null(metric.source)}});
    Json options = Json::array();
    for (const Option& option : probe.options)
        options.push_back({{"name", option.name},
                           {"kind", name_of(option.kind)},
                           {"default", text_or_null(option.default_text)},
                           {"choices", text_or_null(option.choices)},
                           {"help", option.help}});
    return {{"id", probe.id},
            {"title", probe.title},
            {"metrics", std::move(metrics)},
            {"options", std::move(options)}};
}

std::string list_document() {
    Json rows = Json::array();
    for (const Probe* probe : probes::all_probes())
        rows.push_back(probe_document(*probe));
    return Json{{"schema", "assay.list/1"}, {"probes", std::move(rows)}}.dump(
               2, ' ', false, Json::error_handler_t::replace) +
           '\n';
}

std::string probe_text(const Probe& probe) {
    std::string text = fmt::format("{}  {}\n", probe.id, probe.title);
    for (const Metric& metric : probe.metrics)
        text += fmt::format("  {} [{}, {} is better]\n      {}\n", metric.id, symbol(metric.unit),
                            assay::name_of(metric.better), metric.definition);
    for (const Option& option : probe.options) {
        const Flag flag{option, '\0', ""};
        text += fmt::format("  --{} {}  {}\n", option.name, value_name_of(flag), option.help);
    }
    return text + '\n';
}

}  // namespace

Expected<Syntax> list_syntax(std::span<const std::string>) {
    return Syntax{.command = "list",
                  .summary =
                      "Lists the probes of this build with their metrics, units, "
                      "definitions and options.",
                  .operands = {},
                  .flags = {json_flag("the list as a document of schema assay.list/1")},
                  .notes = ""};
}

Expected<ExitStatus> list_command(const Arguments& arguments, Session&) {
    std::string text;
    if (arguments.has("json"))
        text = list_document();
    else
        for (const Probe* probe : probes::all_probes())
            text += probe_text(*probe);
    ASSAY_TRY_VOID(print(text));
    return ExitStatus::done;
}

}  // namespace assay::cli
