#include "engine/core/finding_page.h"

#include <array>

namespace assay {
namespace {

using Table = std::span<const FindingPage> (*)();
constexpr std::array<Table, 8> kTables{&run_pages,     &processor_pages,     &memory_pages,
                                       &network_pages, &network_tcp_pages,   &network_udp_pages,
                                       &storage_pages, &storage_target_pages};

}  // namespace

std::vector<FindingPage> finding_pages() {
    std::vector<FindingPage> pages;
    for (const Table table : kTables)
        pages.insert(pages.end(), table().begin(), table().end());
    return pages;
}

const FindingPage* finding_page(std::string_view id) {
    for (const Table table : kTables)
        for (const FindingPage& page : table())
            if (page.id == id)
                return &page;
    return nullptr;
}

}  // namespace assay
