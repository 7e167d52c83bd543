#pragma once

#include <string>
#include <vector>

/// Documents against a published schema, by an outside validator: the jsonschema package of the
/// system's Python. A schema may name the others that lie beside it by their $id.
namespace assay::test {

bool has_validator();

/// Whether each document (a JSON text) validates; prints what is wrong with the others. Starts
/// Python once for all of them.
std::vector<bool> validate(const std::string& schema_file,
                           const std::vector<std::string>& documents);

}  // namespace assay::test
