#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "engine/score/change.h"

/// Copies of results for readers who may not know everything. What is hidden leaves the run and the
/// verdict before any writer sees them, so no format can show it.
///
///   full     nothing is hidden
///   partner  numbers stay; each text that came from the host or its owner is a pseudonym, unless
///            it is made of technical words only ("ext4", "kvm", a processor's model)
///   public   ratios and grades stay; no number of a host, nothing of its environment
namespace assay::report {

enum class Redaction { full, partner, open };

/// The same name gives the same pseudonym. Whoever does not have what it is made with can neither
/// find the name nor test a guess.
using Pseudonyms = std::function<std::string(std::string_view name)>;

class Redactor {
  public:
    /// level: partner or open.
    Redactor(Redaction level, Pseudonyms pseudonyms);
    Redactor(Redactor&&) noexcept;
    Redactor& operator=(Redactor&&) noexcept;
    ~Redactor();

    /// Learns the names that this run holds, so that sentences of a verdict which quote them lose
    /// them, too. To be called with each run that a verdict is of.
    void learn(const Run& run);

    /// Learns and hides. The copy is a valid run that carries the finding "redacted".
    Run redacted(const Run& run);
    /// Learns the names of the policy's owner, too. The reasons say that it is a copy; the decision
    /// and every ratio stay.
    Verdict redacted(Verdict verdict);
    score::ChangeReport redacted(score::ChangeReport report) const;

    /// A sentence that may quote anything. Of a public copy empty, unless it has neither a digit
    /// nor a name in it.
    std::string sentence(std::string_view text) const;

    /// Of a partner's copy: a name, a fact's path and a fact's or a condition's value by the last
    /// word of its path, as they stand where the run that they came from is gone. A number stays,
    /// unless its field is somebody's.
    std::string name(std::string_view text) const;
    std::string path(std::string_view fact) const;
    std::string value(std::string_view fact, const std::string& text) const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace assay::report
