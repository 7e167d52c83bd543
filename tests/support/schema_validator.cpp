#include "tests/support/schema_validator.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace assay::test {
namespace {

namespace fs = std::filesystem;

/// Prints one line a document: "valid" or "broken".
constexpr const char* kValidator = R"(import json, sys, jsonschema, pathlib
path = pathlib.Path(sys.argv[1])
schema = json.load(open(path))
jsonschema.Draft202012Validator.check_schema(schema)
def absolute(node, base):  # this package does not join "#/..." to a URN
    if isinstance(node, dict):
        return {k: base + v if k == "$ref" and v.startswith("#") else absolute(v, base) for k, v in node.items()}
    return [absolute(v, base) for v in node] if isinstance(node, list) else node
beside = {s["$id"]: absolute(s, s["$id"]) for s in map(json.load, map(open, path.parent.glob("*.schema.json")))}
schema = absolute(schema, schema["$id"])
validator = jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver.from_schema(schema, store=beside))
for number in range(int(sys.argv[3])):
    problems = list(validator.iter_errors(json.load(open(pathlib.Path(sys.argv[2]) / str(number)))))
    print("broken" if problems else "valid", [p.json_path + ": " + p.message[:200] for p in problems[:2]])
)";

}  // namespace

bool has_validator() {
    return std::system("/usr/bin/python3 -c 'import jsonschema' >/dev/null 2>&1") == 0;
}

std::vector<bool> validate(const std::string& schema_file,
                           const std::vector<std::string>& documents) {
    std::string pattern = (fs::temp_directory_path() / "assay_schema_XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    const fs::path folder = pattern;
    std::ofstream(folder / "validate.py") << kValidator;
    for (std::size_t number = 0; number < documents.size(); ++number)
        std::ofstream(folder / std::to_string(number)) << documents[number];
    const std::string command = "/usr/bin/python3 -W ignore " + (folder / "validate.py").string() +
                                " " + schema_file + " " + folder.string() + " " +
                                std::to_string(documents.size());
    std::vector<bool> answers;
    FILE* output = popen(command.c_str(), "r");
    EXPECT_NE(output, nullptr);
    std::vector<char> line(10'000);
    while (output && std::fgets(line.data(), static_cast<int>(line.size()), output)) {
        answers.push_back(std::string_view(line.data()).starts_with("valid"));
        if (!answers.back())
            std::printf("document %zu: %s", answers.size() - 1, line.data());
    }
    EXPECT_EQ(output ? pclose(output) : -1, 0);
    fs::remove_all(folder);
    EXPECT_EQ(answers.size(), documents.size());
    answers.resize(documents.size());
    return answers;
}

}  // namespace assay::test
