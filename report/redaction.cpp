#include "report/redaction.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "engine/core/finding.h"
#include "report/free_text.h"
#include "report/policy_reader.h"
#include "report/quantity.h"

namespace assay::report {
namespace {

constexpr const char* kWithheld = "withheld from this copy";
/// Work on one sentence: its letters times the names. A file of nothing but names gets no
/// sentences.
constexpr std::size_t kMostWork = 4'000'000;

bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/// "12", "-0.5", "1e+09": as facts of numbers are written.
bool is_number(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

/// Names of fields and ids as our own schema has them.
bool is_field_name(std::string_view text) {
    constexpr std::size_t kLongest = 64;
    return !text.empty() && text.size() <= kLongest &&
           std::ranges::all_of(text, [](char character) {
               return (character >= 'a' && character <= 'z') || is_digit(character) ||
                      character == '_' || character == '.';
           });
}

/// Fields whose value is somebody's name, whatever it looks like.
bool names_somebody(std::string_view field) {
    return std::ranges::any_of(
        std::array<std::string_view, 13>{"serial", "uuid", "wwn", "wwid", "machine_id", "boot_id",
                                         "hostname", "address", "mac", "path", "label", "peer",
                                         "mount_point"},
        [field](std::string_view word) { return field.find(word) != std::string_view::npos; });
}

/// "6.1.0" of "6.1.0-acme-13", since what follows is chosen by whoever built it; empty for what is
/// no version of at most three short numbers.
std::string leading_version(std::string_view text) {
    constexpr std::size_t kMostParts = 3, kMostDigits = 3;
    std::size_t end = 0, parts = 0;
    while (end < text.size() && is_digit(text[end]) && parts < kMostParts) {
        std::size_t digits = 0;
        while (end + digits < text.size() && is_digit(text[end + digits]))
            ++digits;
        if (digits > kMostDigits)
            return "";
        end += digits;
        ++parts;
        if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1]))
            ++end;
    }
    const bool goes_on = end < text.size() && (is_digit(text[end]) || text[end - (end > 0)] == '.');
    return goes_on ? "" : std::string(text.substr(0, end));
}

const FindingKind* kind_of(std::string_view id) {
    const auto kinds = finding_kinds();
    const auto found = std::ranges::find(kinds, id, &FindingKind::id);
    return found == kinds.end() ? nullptr : &*found;
}

bool is_shipped_policy(std::string_view name) {
    return name == "default" ||
           std::ranges::any_of(shipped_policies(),
                               [name](const ShippedPolicy& policy) { return policy.name == name; });
}

bool is_relative(const Recommendation& row) {
    return std::ranges::all_of(row.amounts, [](const Amount& amount) {
        return amount.style == AmountStyle::percent || amount.style == AmountStyle::factor;
    });
}

}  // namespace

struct Redactor::Parts {
    Redaction level;
    Pseudonyms pseudonyms;
    Names names;

    bool is_open() const { return level == Redaction::open; }
    std::string name(std::string_view text) const {
        return text.empty() ? std::string() : pseudonyms(lower_case(text));
    }
    void learn(std::string_view text) {
        if (!text.empty() && !is_technical(text))
            names.insert(lower_case(text));
    }
    /// A host may be called "storage": the word then goes wherever it stands.
    void learn_owned(std::string_view text) {
        if (std::ranges::any_of(text, [](unsigned char byte) { return std::isalnum(byte) != 0; }))
            names.insert(lower_case(text));
        else
            learn(text);
    }
    void learn_value(const Value& value, std::string_view field) {
        if (const std::string* text = value.as_text()) {
            const bool stays =
                !names_somebody(field) && field == "model_name" && is_processor_model(*text);
            if (names_somebody(field))
                learn_owned(*text);
            else if (!stays || is_open())
                learn(*text);
        }
        if (const Value::List* list = value.as_list())
            for (const Value& entry : *list)
                learn_value(entry, field);
        if (const Value::Object* object = value.as_object())
            for (const Member& member : *object) {
                if (!is_field_name(member.name))
                    learn(member.name);
                learn_value(member.value, member.name);
            }
    }

    std::string sentence(std::string_view text) const {
        const bool is_too_much = text.size() * (names.size() + 1) > kMostWork;
        if (!is_open())
            return is_too_much ? kWithheld
                               : without_names(text, names, [this](std::string_view found) {
                                     return name(found);
                                 });
        const bool is_free =
            !is_too_much && std::ranges::none_of(text, is_digit) && !holds_a_name(text, names);
        // What looks like a name without being known is hidden by the same rules as in a partner's.
        return is_free ? without_names(text, names,
                                       [this](std::string_view found) { return name(found); })
                       : std::string();
    }
    std::string sentence_or_withheld(std::string_view text) const {
        const std::string kept = sentence(text);
        return kept.empty() && !text.empty() ? kWithheld : kept;
    }

    std::string text_value(const std::string& text, std::string_view field) const {
        if (names_somebody(field))
            return name(text);
        if (is_technical(text) || (field == "model_name" && is_processor_model(text)))
            return text;
        const std::string version = field == "release" ? leading_version(text) : "";
        return version.empty() ? name(text) : version;
    }
    Value value(const Value& given, std::string_view field) const {
        if (const std::string* text = given.as_text())
            return text_value(*text, field);
        if (const Value::List* list = given.as_list()) {
            Value::List hidden;
            for (const Value& entry : *list)
                hidden.push_back(value(entry, field));
            return hidden;
        }
        if (const Value::Object* object = given.as_object()) {
            Value::Object hidden;
            for (const Member& member : *object)
                hidden.push_back({is_field_name(member.name) ? member.name : name(member.name),
                                  value(member.value, member.name)});
            return hidden;
        }
        // A number can be a serial, too.
        return names_somebody(field) && given.as_number() ? Value() : given;
    }

    std::vector<Finding> findings(const std::vector<Finding>& given) const {
        std::vector<Finding> hidden;
        for (const Finding& finding : given) {
            const FindingKind* kind = kind_of(finding.id);
            if (is_open() || kind == nullptr)
                hidden.push_back({kind != nullptr ? finding.id : "unknown", finding.severity,
                                  kind != nullptr ? std::string(kind->meaning) : kWithheld,
                                  kind != nullptr ? std::string(kind->advice) : ""});
            else
                hidden.push_back({finding.id, finding.severity, sentence(finding.message),
                                  std::string(kind->advice)});
        }
        return hidden;
    }
    /// Ids of findings that this version does not know can be any words.
    static void keep_known(std::vector<std::string>& ids) {
        for (std::string& id : ids)
            if (kind_of(id) == nullptr)
                id = "unknown";
    }
    Measurement measurement(Measurement given) const {
        for (Condition& condition : given.conditions) {
            condition.value = value(condition.value, condition.name);
            if (!is_field_name(condition.name))
                condition.name = name(condition.name);
        }
        for (SlowOperationRecord& slow : given.slowest)
            if (!is_technical(slow.kind))
                slow.kind = name(slow.kind);
        for (InvalidSample& sample : given.invalid_samples)
            keep_known(sample.reasons);
        given.findings = findings(given.findings);
        return given;
    }
    ProbeResult probe(const ProbeResult& given) const {
        ProbeResult hidden;
        hidden.id = given.id;
        hidden.status = given.status;
        if (given.reason)
            hidden.reason = Error{given.reason->kind, sentence_or_withheld(given.reason->message),
                                  given.reason->system_errno};
        if (is_open())
            return hidden;
        for (const Measurement& each : given.measurements)
            hidden.measurements.push_back(measurement(each));
        hidden.rounds = given.rounds;
        for (RoundRecord& round : hidden.rounds) {
            if (!is_technical(round.case_name))
                round.case_name = name(round.case_name);
            keep_known(round.reasons);
        }
        return hidden;
    }
    /// Of a public copy each finding of all measurements once, since the measurements are gone.
    std::vector<Finding> findings_of(const Run& run) const {
        std::vector<Finding> all = findings(run.findings);
        if (is_open())
            for (const ProbeResult& each : run.probes)
                for (const Measurement& row : each.measurements)
                    for (Finding& finding : findings(row.findings))
                        if (std::ranges::find(all, finding) == all.end())
                            all.push_back(std::move(finding));
        all.push_back(make_finding(
            "redacted", is_open() ? "Public copy: no number of the host and nothing of its "
                                    "environment is in it; names are pseudonyms."
                                  : "Partner's copy: names of hosts, addresses, serials, paths and "
                                    "labels are pseudonyms."));
        return all;
    }
    ResourceSeries resources(ResourceSeries given) const {
        if (is_open())
            return {};
        for (std::string& column : given.columns)
            if (!is_field_name(column))
                column = name(column);
        return given;
    }
    std::string policy(const std::string& given) const {
        return is_shipped_policy(given) ? given : name(given);
    }
    void hide(CategoryScore& category) const {
        if (category.not_compared)
            category.not_compared = sentence_or_withheld(*category.not_compared);
        for (MetricRatio& metric : category.metrics) {
            metric.conditions = sentence(metric.conditions);
            if (is_open())
                metric.source = metric.target = std::nullopt;
        }
        for (MetricGap& gap : category.gaps)
            gap.why = sentence_or_withheld(gap.why);
    }
    /// The words of a policy that is not ours are its owner's.
    LimitResult limit(LimitResult given, bool is_shipped) const {
        if (!is_shipped && !given.metric.empty())
            given.name = given.metric + (given.statistic == "median" ? "" : " " + given.statistic);
        else
            given.name = sentence(given.name);
        given.conditions = sentence(given.conditions);
        given.why = sentence(given.why);
        given.source = is_shipped ? sentence(given.source) : "";
        if (given.waiver) {
            given.waiver->what = given.name;
            given.waiver->who = name(given.waiver->who);
            given.waiver->why = sentence(given.waiver->why);
        }
        return given;
    }
    std::vector<Recommendation> recommendations(const std::vector<Recommendation>& given) const {
        std::vector<Recommendation> hidden;
        for (Recommendation row : given) {
            // A setting to try tells what the setting is.
            if (is_open() && row.kind == RecommendationKind::optimisation)
                continue;
            row.evidence = is_field_name(row.evidence) ? row.evidence : sentence(row.evidence);
            const std::string text = is_open() && !is_relative(row) ? "" : sentence(row.text);
            if (text.empty()) {
                if (row.kind != RecommendationKind::required_upgrade)
                    continue;
                row.text =
                    (row.category.empty() ? "The target" : "Of the target, " + row.category) +
                    " needs an upgrade; what and how much is withheld from this copy.";
                row.amounts.clear();
            } else {
                row.text = text;
            }
            hidden.push_back(std::move(row));
        }
        return hidden;
    }
    /// Public: the limits' own numbers would enclose the host's.
    void hide_limits(Verdict& verdict) const {
        if (!is_open()) {
            const bool is_shipped = is_shipped_policy(verdict.policy);
            for (LimitResult& row : verdict.limits)
                row = limit(row, is_shipped);
            return;
        }
        const auto met = std::ranges::count(verdict.limits, LimitState::met, &LimitResult::state);
        if (!verdict.limits.empty())
            verdict.reasons.push_back("Limits of the policy that are met: " + std::to_string(met) +
                                      " of " + std::to_string(verdict.limits.size()) + ".");
        verdict.limits.clear();
    }
    /// Public: why, by the ratios alone, where the sentences that said it are withheld.
    static void say_ratios(Verdict& verdict) {
        for (const CategoryScore& row : verdict.categories)
            if (row.ratio && row.grade && *row.grade > Grade::good)
                verdict.reasons.push_back("The " + row.name + " ratio is " +
                                          score_text(*row.ratio) + ": " +
                                          std::string(name_of(*row.grade)) + ".");
    }
    std::vector<std::string> sentences(const std::vector<std::string>& given) const {
        std::vector<std::string> kept;
        for (const std::string& text : given)
            if (std::string hidden = sentence(text); !hidden.empty())
                kept.push_back(std::move(hidden));
        if (kept.size() < given.size())
            kept.push_back("What was said with numbers or names is withheld from this copy.");
        return kept;
    }
};

Redactor::Redactor(Redaction level, Pseudonyms pseudonyms)
    : parts_(std::make_unique<Parts>(Parts{level, std::move(pseudonyms), {}})) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

void Redactor::learn(const Run& run) {
    parts_->learn_owned(run.label);
    parts_->learn(run.profile_name);
    for (const std::string& column : run.resources.columns)
        if (!is_field_name(column))
            parts_->learn(column);
    parts_->learn_value(run.environment, "");
    for (const ProbeResult& probe : run.probes) {
        for (const RoundRecord& round : probe.rounds)
            parts_->learn(round.case_name);
        for (const Measurement& measurement : probe.measurements)
            for (const Condition& condition : measurement.conditions)
                parts_->learn_value(condition.value, condition.name);
    }
}

Run Redactor::redacted(const Run& run) {
    learn(run);
    Run hidden;
    hidden.run_id = run.run_id;
    hidden.label = parts_->name(run.label);
    hidden.tool_version = leading_version(run.tool_version);
    if (hidden.tool_version.empty())
        hidden.tool_version = parts_->name(run.tool_version);
    hidden.workload_version = run.workload_version;
    hidden.started_at = run.started_at;
    hidden.duration_s = run.duration_s;
    hidden.profile_name =
        is_technical(run.profile_name) ? run.profile_name : parts_->name(run.profile_name);
    hidden.budget_s = run.budget_s;
    hidden.seed = run.seed;
    hidden.valid = run.valid;
    hidden.findings = parts_->findings_of(run);
    hidden.resources = parts_->resources(run.resources);
    Value::Object environment;
    for (const char* section :
         {"host", "cpu", "memory", "numa", "storage", "network", "kernel", "cgroup"}) {
        const Value* given = run.environment.find(section);
        environment.push_back({section, parts_->is_open() || given == nullptr
                                            ? Value(Value::Object{})
                                            : parts_->value(*given, section)});
    }
    hidden.environment = std::move(environment);
    for (const ProbeResult& probe : run.probes)
        hidden.probes.push_back(parts_->probe(probe));
    return hidden;
}

Verdict Redactor::redacted(Verdict verdict) {
    if (!is_shipped_policy(verdict.policy))
        parts_->learn(verdict.policy);
    for (const LimitResult& limit : verdict.limits) {
        if (!is_shipped_policy(verdict.policy) && !limit.metric.empty())
            parts_->learn(limit.name);
        if (limit.waiver)
            parts_->learn(limit.waiver->who);
    }
    verdict.reasons = parts_->sentences(verdict.reasons);
    for (CategoryScore& category : verdict.categories)
        parts_->hide(category);
    if (parts_->is_open())
        Parts::say_ratios(verdict);
    parts_->hide_limits(verdict);
    verdict.policy = parts_->policy(verdict.policy);
    verdict.recommendations = parts_->recommendations(verdict.recommendations);
    verdict.reasons.emplace_back(parts_->is_open()
                                     ? "This is a public copy: ratios and grades only."
                                     : "This is a partner's copy: names are pseudonyms.");
    return verdict;
}

score::ChangeReport Redactor::redacted(score::ChangeReport report) const {
    for (score::MetricChange& change : report.changes) {
        change.conditions = parts_->sentence(change.conditions);
        if (parts_->is_open())
            change.before = change.after = std::nullopt;
    }
    report.not_compared = parts_->sentences(report.not_compared);
    report.limits_of_proof = parts_->sentences(report.limits_of_proof);
    return report;
}

std::string Redactor::sentence(std::string_view text) const {
    return parts_->sentence(text);
}

std::string Redactor::name(std::string_view text) const {
    return parts_->name(text);
}

std::string Redactor::path(std::string_view fact) const {
    std::string hidden;
    while (!fact.empty()) {
        const std::size_t end = std::min(fact.find('.'), fact.size());
        const std::string_view word = fact.substr(0, end);
        const std::string_view bare = word.substr(0, word.find('['));
        hidden +=
            (hidden.empty() ? "" : ".") + (is_field_name(bare) ? std::string(word) : name(word));
        fact.remove_prefix(std::min(end + 1, fact.size()));
    }
    return hidden;
}

std::string Redactor::value(std::string_view fact, const std::string& text) const {
    const std::string_view last = fact.substr(fact.rfind('.') + 1);
    const std::string_view field = last.substr(0, last.find('['));
    if (text == "-" || (is_number(text) && !names_somebody(field)))
        return text;
    return parts_->text_value(text, field);
}

}  // namespace assay::report
