#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "tests/house/rules.h"

/// The floor plan and the style rules, held by machine: first each rule against text that breaks
/// it (a rule that cannot fail holds nothing), then all rules against this tree.
namespace assay::house {
namespace {

const std::vector<Source>& tree() {
    static const std::vector<Source> sources = read_tree(ASSAY_SOURCE_DIR);
    return sources;
}

std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// One line a violation, as compilers write it, so that editors jump to it.
std::string listed(const Violations& violations) {
    std::string text;
    for (const Violation& violation : violations)
        text +=
            violation.path + ":" + std::to_string(violation.line) + ": " + violation.what + "\n";
    return text;
}

using Rule = std::function<Violations(const Source&)>;
void expect_held(const Rule& rule) {
    ASSERT_GT(tree().size(), 20u) << "the tree was not found at " << ASSAY_SOURCE_DIR;
    Violations found;
    for (const Source& source : tree()) {
        const Violations here = rule(source);
        found.insert(found.end(), here.begin(), here.end());
    }
    EXPECT_TRUE(found.empty()) << listed(found);
}

bool breaks(const Rule& rule, const std::string& path, const std::string& text) {
    return !rule(source_of(path, text)).empty();
}

// ---- The reader that all rules stand on.

TEST(HouseSource, comments_and_the_content_of_literals_are_blanked_line_by_line) {
    const Source source = source_of("report/x.cpp",
                                    "int a; // fork()\n"
                                    "/* fork()\n fork() */ int b;\n"
                                    "auto c = \"fork() // \\\" \"; int d = 1'000; char e = '\"';\n"
                                    "auto f = R\"x(fork()\n)\" )x\"; int g;\n");
    ASSERT_EQ(source.skeleton.size(), 6u);
    for (const std::string& line : source.skeleton)
        EXPECT_EQ(line.find("fork"), std::string::npos) << line;
    EXPECT_NE(source.skeleton[2].find("int b;"), std::string::npos);
    EXPECT_NE(source.skeleton[3].find("int d = 1'000; char e = ' ';"), std::string::npos);
    EXPECT_NE(source.skeleton[5].find("int g;"), std::string::npos);
    EXPECT_NE(source.code[3].find("fork()"), std::string::npos) << "code keeps literals";
}

TEST(HouseSource, rooms_are_folders_and_tests_are_known_by_name) {
    EXPECT_EQ(source_of("engine/core/x.h", "").room(), "engine/core");
    EXPECT_EQ(source_of("engine/probe.h", "").room(), "engine");
    EXPECT_EQ(source_of("probes/cpu/isa/x.h", "").room(), "probes/cpu");
    EXPECT_EQ(source_of("cli/serve/x.h", "").room(), "cli");
    EXPECT_EQ(source_of("report/json_test.cpp", "").stem(), "report/json");
    EXPECT_TRUE(source_of("report/json_test.cpp", "").is_test());
    EXPECT_TRUE(source_of("tests/support/fake.h", "").is_test());
    EXPECT_TRUE(source_of("report/json.cpp", "").is_product());
}

// ---- Each rule goes red on text that breaks it, and stays green beside it.

TEST(HouseRule, include_direction_sees_arrows_that_point_up_or_sideways) {
    EXPECT_TRUE(breaks(include_direction, "engine/core/a.h", "#include \"engine/host/clock.h\"\n"));
    EXPECT_TRUE(breaks(include_direction, "engine/core/a.h", "#include <unistd.h>\n"));
    EXPECT_TRUE(breaks(include_direction, "engine/host/a.h", "#include \"engine/probe.h\"\n"));
    EXPECT_TRUE(breaks(include_direction, "engine/measure/a.h", "#include \"report/json.h\"\n"));
    EXPECT_TRUE(
        breaks(include_direction, "engine/score/a.h", "#include \"engine/host/clock.h\"\n"));
    EXPECT_TRUE(breaks(include_direction, "probes/cpu/a.h", "#include \"probes/memory/b.h\"\n"));
    EXPECT_TRUE(breaks(include_direction, "probes/cpu/a.h", "#include \"report/json.h\"\n"));
    EXPECT_TRUE(breaks(include_direction, "report/a.cpp", "#include \"cli/arguments.h\"\n"));
    EXPECT_TRUE(breaks(include_direction, "report/a.cpp", "#include \"b.h\"\n"))
        << "names begin at the root";
    EXPECT_TRUE(breaks(include_direction, "stuff/a.cpp", "")) << "no such room";
    EXPECT_FALSE(breaks(include_direction, "engine/score/a.h",
                        "#include <vector>\n#include \"engine/measure/statistics.h\"\n"));
    EXPECT_FALSE(breaks(include_direction, "probes/registry.cpp", "#include \"probes/cpu/b.h\"\n"));
    EXPECT_FALSE(breaks(include_direction, "cli/a.cpp", "#include \"report/json.h\"\n"));
    EXPECT_FALSE(
        breaks(include_direction, "report/a_test.cpp", "#include \"tests/support/fake.h\"\n"));
    EXPECT_FALSE(breaks(include_direction, "report/a.cpp", "// #include \"cli/arguments.h\"\n"));
}

TEST(HouseRule, third_party_wrappers_sees_second_users_wrong_rooms_and_unknown_libraries) {
    const auto in = [](const char* path, const char* text) { return source_of(path, text); };
    const Source ring = in("probes/storage/ring.cpp", "#include <liburing.h>\n");
    const Source ring_header = in("probes/storage/ring.h", "#include <liburing.h>\n");
    EXPECT_TRUE(third_party_wrappers({ring, ring_header}).empty()) << "a pair is one wrapper";
    EXPECT_FALSE(third_party_wrappers({ring, in("probes/storage/b.cpp", "#include <liburing.h>\n")})
                     .empty());
    EXPECT_FALSE(third_party_wrappers({in("cli/a.cpp", "#include <liburing.h>\n")}).empty());
    EXPECT_FALSE(third_party_wrappers({in("cli/a.cpp", "#include <gtest/gtest.h>\n")}).empty());
    EXPECT_TRUE(third_party_wrappers({in("cli/a_test.cpp", "#include <gtest/gtest.h>\n")}).empty());
    EXPECT_FALSE(third_party_wrappers({in("cli/a.cpp", "#include <curl/curl.h>\n")}).empty());
    EXPECT_TRUE(third_party_wrappers({in("cli/a.cpp", "#include <sys/stat.h>\n")}).empty());
    EXPECT_EQ(wrappers_in_use({ring, ring_header}),
              std::vector<std::string>{"probes/storage/ring"});
}

TEST(HouseRule, no_other_programs_sees_each_way_to_start_one) {
    for (const char* call : {"system(x)", "::popen (x)", "execve(a, b, c)", "posix_spawnp(x)",
                             "fork()", "vfork()", "clone(x)", "syscall(SYS_clone3, x)"})
        EXPECT_TRUE(breaks(no_other_programs, "cli/a.cpp", call)) << call;
    EXPECT_FALSE(breaks(no_other_programs, "cli/a.cpp", "std::system_error(x); text(\"fork()\");"));
    EXPECT_FALSE(breaks(no_other_programs, "tests/cli/a_test.cpp", "popen(x)"));
}

TEST(HouseRule, only_host_asks_the_machine_sees_paths_and_instructions) {
    const Rule rule = only_host_asks_the_machine;
    for (const char* text : {"open(\"/proc/stat\")", "files.read(\"sys/class/net\")",
                             "__get_cpuid(1, a)", "#include <cpuid.h>", "_xgetbv(0)"}) {
        EXPECT_TRUE(breaks(rule, "probes/cpu/a.cpp", text)) << text;
        EXPECT_FALSE(breaks(rule, "engine/host/a.cpp", text)) << text;
    }
    for (const char* text : {"// \"/proc/stat\"", "\"see /proc/stat\"", "\"proc/x is unreadable\""})
        EXPECT_FALSE(breaks(rule, "probes/cpu/a.cpp", text)) << text;
}

TEST(HouseRule, only_cli_prints_and_exits_sees_both_and_knows_last_words) {
    const Rule rule = only_cli_prints_and_exits;
    for (const char* text :
         {"std::printf(x);", "perror(x);", "std::cerr << x;", "fmt::print(x);", "std::exit(1);",
          "_exit(1);", "std::getenv(x);", "std::fprintf(stderr, x);"}) {
        EXPECT_TRUE(breaks(rule, "report/a.cpp", text)) << text;
        EXPECT_FALSE(breaks(rule, "cli/a.cpp", text)) << text;
    }
    EXPECT_FALSE(breaks(rule, "report/a.cpp", "std::fprintf(stderr, x);\nstd::abort();\n"));
    EXPECT_FALSE(breaks(rule, "report/a.cpp", "std::snprintf(a, b, c);"));
}

TEST(HouseRule, no_bare_unit_factors_sees_them_only_as_whole_numbers) {
    for (const char* text : {"x / 1e9", "x * 1024;", "(1'000'000'000)", "x / 1024.0", "1e-9 * x"})
        EXPECT_TRUE(breaks(no_bare_unit_factors, "report/a.cpp", text)) << text;
    for (const char* text :
         {"x / 11024", "10240", "kMax1024", "\"1024\"", "1e90", "constexpr int kMostNodes = 1024;"})
        EXPECT_FALSE(breaks(no_bare_unit_factors, "report/a.cpp", text)) << text;
    EXPECT_FALSE(breaks(no_bare_unit_factors, "engine/core/units.h", "x / 1e9"));
}

TEST(HouseRule, sizes_sees_long_files_and_long_functions) {
    const auto function = [](std::size_t lines) {
        std::string text = "namespace a {\nint f(int x) {\n";
        for (std::size_t at = 2; at < lines; ++at)
            text += "    if (x > 1) { ++x; }\n";
        return text + "}\n}\n";
    };
    EXPECT_FALSE(breaks(sizes, "report/a.cpp", function(70)));
    EXPECT_TRUE(breaks(sizes, "report/a.cpp", function(71)));
    std::string table = "constexpr int kTable[] = {\n";
    for (int at = 0; at < 200; ++at)
        table += "    f(1),\n";
    EXPECT_FALSE(breaks(sizes, "report/a.cpp", table + "};\n")) << "a table is no function";
    EXPECT_TRUE(breaks(sizes, "report/a.cpp", std::string(601, '\n')));
    EXPECT_FALSE(breaks(sizes, "report/a.cpp", std::string(600, '\n')));
}

TEST(HouseRule, telling_names_sees_empty_words_in_files_and_folders) {
    for (const char* path : {"report/utils.h", "engine/common/a.h", "cli/run_manager.cpp",
                             "report/json_helper.h", "tests/misc/a.cpp"})
        EXPECT_TRUE(breaks(telling_names, path, "")) << path;
    EXPECT_FALSE(breaks(telling_names, "report/commonplace.h", ""));
}

TEST(HouseRule, no_promises_sees_unfinished_work_in_comments_too) {
    for (const char* text : {"// TODO: more", "// FIXME", "int x;  // good enough for now",
                             "// Temporary hack around it"})
        EXPECT_TRUE(breaks(no_promises, "report/a.cpp", text)) << text;
    EXPECT_FALSE(breaks(no_promises, "report/a.cpp", "// waits for nowhere"));
}

TEST(HouseRule, every_test_is_compiled_sees_an_orphan) {
    const std::vector<Source> sources{source_of("report/a_test.cpp", ""),
                                      source_of("report/b.cpp", "")};
    EXPECT_TRUE(
        every_test_is_compiled(sources, "/src", "\"file\": \"/src/report/a_test.cpp\"").empty());
    EXPECT_EQ(every_test_is_compiled(sources, "/src", "\"file\": \"/src/report/b.cpp\"").size(),
              1u);
}

TEST(HouseRule, every_probe_is_registered_sees_a_forgotten_line_and_a_foreign_id) {
    const Source header = source_of("probes/cpu/flops.h", "extern const Probe kFlops;\n");
    const Source good = source_of("probes/cpu/flops.cpp",
                                  "constexpr Probe kFlops{\n    .id = \"cpu.flops\",\n};\n");
    const Source foreign = source_of("probes/cpu/flops.cpp",
                                     "constexpr Probe kFlops{\n    .id = \"memory.flops\",\n};\n");
    const Source registry = source_of("probes/registry.cpp", "&cpu::kFlops,\n");
    const Source empty = source_of("probes/registry.cpp", "// &cpu::kFlops,\n");
    EXPECT_TRUE(every_probe_is_registered({header, good, registry}).empty());
    EXPECT_FALSE(every_probe_is_registered({header, good, empty}).empty());
    EXPECT_FALSE(every_probe_is_registered({header, foreign, registry}).empty());
}

// ---- This tree.

TEST(House, includes_follow_the_floor_plan) {
    expect_held(include_direction);
}
TEST(House, no_program_is_started) {
    expect_held(no_other_programs);
}
TEST(House, only_the_host_room_asks_the_machine) {
    expect_held(only_host_asks_the_machine);
}
TEST(House, only_the_command_line_prints_and_exits) {
    expect_held(only_cli_prints_and_exits);
}
TEST(House, unit_factors_live_in_units) {
    expect_held(no_bare_unit_factors);
}
TEST(House, files_and_functions_are_short) {
    expect_held(sizes);
}
TEST(House, names_say_something) {
    expect_held(telling_names);
}
TEST(House, nothing_is_left_unfinished) {
    expect_held(no_promises);
}

TEST(House, each_library_has_one_wrapper_and_the_readme_names_it) {
    const Violations found = third_party_wrappers(tree());
    EXPECT_TRUE(found.empty()) << listed(found);
    const std::string readme =
        text_of_file(std::filesystem::path(ASSAY_SOURCE_DIR) / "third_party/README.md");
    for (const std::string& wrapper : wrappers_in_use(tree()))
        EXPECT_NE(readme.find("`" + wrapper + "."), std::string::npos)
            << "third_party/README.md:0: does not name the wrapper " << wrapper;
}

TEST(House, every_test_file_is_compiled) {
    const std::string commands = text_of_file(ASSAY_COMPILE_COMMANDS);
    ASSERT_FALSE(commands.empty()) << "nothing in " << ASSAY_COMPILE_COMMANDS;
    const Violations found = every_test_is_compiled(tree(), ASSAY_SOURCE_DIR, commands);
    EXPECT_TRUE(found.empty()) << listed(found);
}

TEST(House, every_probe_has_its_line_in_the_registry) {
    const Violations found = every_probe_is_registered(tree());
    EXPECT_TRUE(found.empty()) << listed(found);
}

}  // namespace
}  // namespace assay::house
