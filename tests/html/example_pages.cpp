#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/score/compare.h"
#include "report/html.h"
#include "report/json_writer.h"
#include "report/store/trend.h"
#include "tests/support/deep_run.h"
#include "tests/support/example_run.h"
#include "tests/support/full_run.h"
#include "tests/support/trend_history.h"

/// Writes a page of each kind into a folder, for scripts/check-html, and says how large each is and
/// how long it took: example_pages FOLDER.
namespace assay {
namespace {

namespace fs = std::filesystem;

template <class Make>
void write_page(const fs::path& folder, const std::string& name, const Make& make) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string text = make();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::ofstream(folder / name) << text;
    std::printf("%-24s %7zu bytes %6.1f ms\n", name.c_str(), text.size(), took.count() * 1000);
}

std::string compared(const Run& source, const Run& target) {
    return report::comparison_to_html(source, target,
                                      score::compare(source, target, score::default_policy()));
}

Run named(Run run, const char* label) {
    run.label = label;
    run.run_id = "7d1f6a52-6c5e-4c1b-9a4e-2f8f7c1d3e66";
    return run;
}

std::string trends(const fs::path& folder) {
    constexpr const char* kHost = "db-01#1f3a9c02";
    const fs::path place = folder / "history.db";
    fs::remove(place);
    const auto store = store::open_sqlite_store(place).value();
    for (std::size_t index = 0; index < test::kTrendRuns; ++index)
        static_cast<void>(store->add(test::trend_record(index, kHost)).value());
    return store::trends_to_html(kHost, store::trends_of(*store, {.host = kHost}).value());
}

void write_pages(const fs::path& folder) {
    const Run source = test::deep_run();
    Run slow = named(test::deep_run(1.9), "dr-02");
    test::scale_metric(slow, "storage.random_read.iops", 0.1);
    test::scale_metric(slow, "storage.mixed.iops", 0.3);
    test::scale_metric(slow, "storage.fsync.latency", 4);
    test::scale_metric(slow, "cpu.flops.double", 0.5);
    const Run equal = named(test::deep_run(0.97), "dr-01");
    Run partly = named(test::deep_run(1.1), "dr-03");
    test::make_network_self_test(partly);
    Run weaker = named(test::deep_run(1.05), "dr-04");
    test::scale_metric(weaker, "storage.random_read.iops", 0.7);
    write_page(folder, "run.html", [] { return report::run_to_html(test::example_run()); });
    write_page(folder, "run_full.html", [] { return report::run_to_html(test::full_run()); });
    write_page(folder, "run_deep.html", [&] { return report::run_to_html(source); });
    write_page(folder, "go.html", [&] { return compared(source, equal); });
    write_page(folder, "conditions.html", [&] { return compared(source, weaker); });
    write_page(folder, "no_go.html", [&] { return compared(source, slow); });
    write_page(folder, "inconclusive.html", [&] { return compared(source, partly); });
    write_page(folder, "trends.html", [&] { return trends(folder); });
    std::ofstream(folder / "source.json") << report::run_to_json(source);
    std::ofstream(folder / "target.json") << report::run_to_json(slow);
}

}  // namespace
}  // namespace assay

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "usage: example_pages FOLDER\n");
        return 64;
    }
    assay::fs::create_directories(words[1]);
    assay::write_pages(words[1]);
    return 0;
}
