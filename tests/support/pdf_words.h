#pragma once

#include <cstddef>
#include <string>
#include <vector>

/// What poppler and qpdf find in a PDF.
namespace assay::test {

bool has_pdf_tools();

/// The words of all pages, or of one (from 1 on), without the foot of each page.
std::string text_of_pdf(const std::string& pdf, int page = 0);
/// The same with the feet.
std::string whole_text_of_pdf(const std::string& pdf, int page = 0);

/// In points from the page's upper left corner.
struct PlacedWord {
    int page = 0;
    double page_width = 0, page_height = 0;
    double left = 0, top = 0, right = 0, bottom = 0;
    std::string text;
};
std::vector<PlacedWord> placed_words(const std::string& pdf);

struct Checked {
    int qpdf_status = -1;
    std::string qpdf;
    std::size_t fonts = 0, fonts_not_embedded = 0, pictures = 0;
};
Checked checked_pdf(const std::string& pdf);

}  // namespace assay::test
