#include "report/pdf.h"

#include <dlfcn.h>

#include <string_view>

namespace assay::report {
namespace {

std::string reason_of_loader() {
    const char* reason = ::dlerror();
    return reason != nullptr ? reason : "no reason given";
}

/// The module stays loaded: its libraries keep state of their own that no second load would find.
Expected<const PdfWriter*> load_writer() {
    void* module = ::dlopen(kPdfModule, RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr)
        return failure(ErrorKind::unavailable,
                       "The PDF writer cannot be loaded (" + reason_of_loader() +
                           "). It is the file " + kPdfModule +
                           " beside the program, and needs libpangocairo-1.0-0; every other "
                           "format works without.");
    const auto* writer = static_cast<const PdfWriter*>(::dlsym(module, kPdfWriterName));
    if (writer == nullptr || std::string_view(writer->version) != ASSAY_VERSION)
        return failure(ErrorKind::unavailable,
                       std::string("The PDF writer ") + kPdfModule +
                           " is of another version than the program. Install both together.");
    return writer;
}

}  // namespace

Expected<std::string> to_pdf(const PdfReport& report) {
    static const Expected<const PdfWriter*> writer = load_writer();
    if (!writer)
        return std::unexpected(writer.error());
    return (*writer)->write(report);
}

}  // namespace assay::report
