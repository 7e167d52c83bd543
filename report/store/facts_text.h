#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/store/record.h"

namespace assay::store {

/// Facts as the database keeps them: one a line, path and value with a tab between; a tab, a line's
/// end and a backslash in either are written as \t, \n and \\.
std::string text_of_facts(const std::vector<Fact>& facts);
/// The way back. A line without a tab is passed over.
std::vector<Fact> facts_of_text(std::string_view text);

}  // namespace assay::store
