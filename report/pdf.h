#pragma once

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/run.h"
#include "engine/core/verdict.h"
#include "report/document.h"

/// A document on paper: PDF with text that can be searched and fonts inside it, no pixels. The same
/// document gives the same bytes, as long as the same fonts are installed.
namespace assay::report {

/// What is on the pages: the document in short on the first, then in detail, then the annex.
struct PdfReport {
    Document document;
    std::vector<Section> annex;  ///< for whoever checks: empty where there is nothing more to say
    std::string method;          ///< how the numbers came about, in words
    std::string dated;           ///< RFC 3339, UTC: the date in the file's properties; may be empty
};

/// With an annex of every measurement and every lasting fact of the host.
PdfReport pdf_report_of(const Run& run);

PdfReport pdf_report_of(const Run& source, const Run& target, const Verdict& verdict);

/// The file's bytes. Errors: unavailable (the writer or its libraries are not installed, or there
/// is no font), internal.
Expected<std::string> to_pdf(const PdfReport& report);

/// The seam to the writer. It is a module of its own that is loaded when the first PDF is asked
/// for: its libraries (cairo, pango, fontconfig, glib and theirs) would cost every start of the
/// program, and the memory of an agent that never writes a page.
struct PdfWriter {
    const char* version;  ///< must be ours: the two share the layout of Document
    Expected<std::string> (*write)(const PdfReport& report);
};
inline constexpr const char* kPdfModule = "assay_pdf.so";
inline constexpr const char* kPdfWriterName = "assay_pdf_writer";

}  // namespace assay::report
