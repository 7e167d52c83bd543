#include "report/pdf/canvas.h"

#include <cairo-pdf.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <vector>

#include "report/format.h"
#include "report/plain_text.h"

namespace assay::report::pdf {
namespace {

/// Has every sign that our own texts use, and is one of the few families that are on most hosts.
/// Where it is missing, fontconfig chooses another.
constexpr const char* kFamily = "DejaVu Sans";
/// What a person reads; a text from outside can be megabytes long.
constexpr std::size_t kMostColumns = 1200;
/// More than those columns can take: four bytes a letter, and some marks that take none.
constexpr std::size_t kMostBytes = 8 * kMostColumns;
/// Measured words are kept: a table's cells repeat.
constexpr std::size_t kMostKept = 20'000;

template <class T, void (*Release)(T*)>
struct Releaser {
    void operator()(T* object) const { Release(object); }
};
template <class T, void (*Release)(T*)>
using Owned = std::unique_ptr<T, Releaser<T, Release>>;

void unref_object(PangoLayout* layout) {
    g_object_unref(layout);
}

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
    static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
}

/// Without any font pango ends the process, so it is asked before.
bool has_a_font() {
    FcPattern* any = FcPatternCreate();
    FcObjectSet* names = FcObjectSetBuild(FC_FAMILY, nullptr);
    FcFontSet* fonts = FcFontList(nullptr, any, names);
    const bool found = fonts != nullptr && fonts->nfont > 0;
    if (fonts != nullptr)
        FcFontSetDestroy(fonts);
    FcObjectSetDestroy(names);
    FcPatternDestroy(any);
    return found;
}

/// cairo takes any such text for a date, and the current time where it is given none at all.
bool is_date(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
    if (text.size() != kForm.size())
        return false;
    for (std::size_t at = 0; at < kForm.size(); ++at) {
        const bool is_digit = std::isdigit(static_cast<unsigned char>(text[at])) != 0;
        if (kForm[at] == '0' ? !is_digit : text[at] != kForm[at])
            return false;
    }
    return true;
}

std::string shown(std::string_view text) {
    return cut(visible(text.substr(0, kMostBytes)), kMostColumns);
}

/// The places in the layout's text whose letters no font has.
std::vector<std::size_t> unknown_places(PangoLayout* layout) {
    std::vector<std::size_t> places;
    PangoLayoutIter* iterator = pango_layout_get_iter(layout);
    do {
        const PangoLayoutRun* run = pango_layout_iter_get_run_readonly(iterator);
        if (run == nullptr)
            continue;
        for (int index = 0; index < run->glyphs->num_glyphs; ++index)
            if ((run->glyphs->glyphs[index].glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0)
                places.push_back(static_cast<std::size_t>(run->item->offset) +
                                 static_cast<std::size_t>(run->glyphs->log_clusters[index]));
    } while (pango_layout_iter_next_run(iterator) != 0);
    pango_layout_iter_free(iterator);
    std::ranges::sort(places);
    const auto again = std::ranges::unique(places);
    places.erase(again.begin(), again.end());
    return places;
}

/// Each of those letters as "<U+4E2D>": a box would say nothing.
std::string with_numbers(const std::string& text, const std::vector<std::size_t>& places) {
    std::string result;
    std::size_t at = 0;
    for (const std::size_t place : places) {
        if (place < at || place >= text.size())
            continue;
        result += text.substr(at, place - at);
        const char* letter = text.c_str() + place;
        result += format("<U+{:04X}>", g_utf8_get_char(letter));
        at = static_cast<std::size_t>(g_utf8_next_char(letter) - text.c_str());
    }
    return result + text.substr(std::min(at, text.size()));
}

/// No hyphen where a word is broken: it would be a letter of somebody's id. And a unit ("kop/s")
/// stays whole; a longer word with a slash is a path, which may go on in the next line.
Owned<PangoAttrList, pango_attr_list_unref> attributes_of(std::string_view text) {
    constexpr std::size_t kLongestUnit = 8;  // GFLOP/s
    Owned<PangoAttrList, pango_attr_list_unref> attributes(pango_attr_list_new());
    pango_attr_list_insert(attributes.get(), pango_attr_insert_hyphens_new(FALSE));
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        const std::string_view word = text.substr(begin, end - begin);
        if (word.size() <= kLongestUnit && word.find('/') != word.npos) {
            PangoAttribute* whole = pango_attr_allow_breaks_new(FALSE);
            whole->start_index = static_cast<guint>(begin);
            whole->end_index = static_cast<guint>(end);
            pango_attr_list_insert(attributes.get(), whole);
        }
        begin = end + 1;
    }
    return attributes;
}

PangoAlignment alignment_of(Align align) {
    constexpr std::array kAlignments{PANGO_ALIGN_LEFT, PANGO_ALIGN_RIGHT, PANGO_ALIGN_CENTER};
    return kAlignments[static_cast<std::size_t>(align)];
}

}  // namespace

struct Canvas::Parts {
    std::string bytes;
    Owned<cairo_surface_t, cairo_surface_destroy> surface;
    Owned<cairo_t, cairo_destroy> context;
    Owned<PangoLayout, unref_object> layout;
    Owned<PangoFontDescription, pango_font_description_free> font;
    std::map<std::string, double, std::less<>> widths;

    void set(std::string_view text, const Lettering& lettering, double width) {
        pango_font_description_set_absolute_size(font.get(), lettering.size * PANGO_SCALE);
        pango_font_description_set_weight(
            font.get(), lettering.is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(layout.get(), font.get());
        pango_layout_set_alignment(layout.get(), alignment_of(lettering.align));
        pango_layout_set_width(layout.get(),
                               width < 0 ? -1 : static_cast<int>(width * PANGO_SCALE));
        pango_layout_set_height(layout.get(), -lettering.most_lines);
        const std::string safe = shown(text);
        lay_out(safe);
        if (pango_layout_get_unknown_glyphs_count(layout.get()) != 0)
            lay_out(with_numbers(safe, unknown_places(layout.get())));
    }
    void lay_out(const std::string& safe) {
        pango_layout_set_text(layout.get(), safe.data(), static_cast<int>(safe.size()));
        pango_layout_set_attributes(layout.get(), attributes_of(safe).get());
    }
    Box extent() const {
        PangoRectangle rectangle{};
        pango_layout_get_extents(layout.get(), nullptr, &rectangle);
        return {0, 0, static_cast<double>(rectangle.width) / PANGO_SCALE,
                static_cast<double>(rectangle.height) / PANGO_SCALE};
    }
    void set_colour(const Colour& colour) const {
        cairo_set_source_rgb(context.get(), colour.red, colour.green, colour.blue);
    }
    void trace(std::span<const Spot> spots) const {
        cairo_new_path(context.get());
        for (const Spot& spot : spots)
            cairo_line_to(context.get(), spot.x, spot.y);
        cairo_close_path(context.get());
    }
};

Canvas::Canvas(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Canvas::Canvas(Canvas&&) noexcept = default;
Canvas& Canvas::operator=(Canvas&&) noexcept = default;
Canvas::~Canvas() = default;

Expected<Canvas> Canvas::make(const Properties& properties) {
    if (!has_a_font())
        return failure(ErrorKind::unavailable,
                       "A PDF needs a font, and fontconfig finds none on this host. Install the "
                       "Debian package fonts-dejavu-core; every other format works without.");
    auto parts = std::make_unique<Parts>();
    parts->surface.reset(
        cairo_pdf_surface_create_for_stream(&append, &parts->bytes, kPageWidth, kPageHeight));
    const auto set = [&](cairo_pdf_metadata_t name, const std::string& text) {
        cairo_pdf_surface_set_metadata(parts->surface.get(), name, text.c_str());
    };
    set(CAIRO_PDF_METADATA_TITLE, shown(properties.title));
    set(CAIRO_PDF_METADATA_CREATOR, properties.creator);
    // What is no date takes cairo's own away, which would be the time of writing.
    set(CAIRO_PDF_METADATA_CREATE_DATE, is_date(properties.dated) ? properties.dated : "none");
    parts->context.reset(cairo_create(parts->surface.get()));
    parts->layout.reset(pango_cairo_create_layout(parts->context.get()));
    parts->font.reset(pango_font_description_new());
    pango_font_description_set_family_static(parts->font.get(), kFamily);
    pango_layout_set_wrap(parts->layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_ellipsize(parts->layout.get(), PANGO_ELLIPSIZE_END);
    pango_layout_set_single_paragraph_mode(parts->layout.get(), TRUE);
    // Hints are for pixels; paper has none.
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(pango_layout_get_context(parts->layout.get()), options);
    cairo_font_options_destroy(options);
    if (cairo_status(parts->context.get()) != CAIRO_STATUS_SUCCESS)
        return failure(ErrorKind::internal,
                       std::string("Begin a PDF: ") +
                           cairo_status_to_string(cairo_status(parts->context.get())) + ".");
    return Canvas(std::move(parts));
}

double Canvas::width_of(std::string_view text, const Lettering& lettering) {
    const std::string key =
        format("{}/{}/{}", lettering.size, lettering.is_bold, text.substr(0, kMostBytes));
    if (const auto known = parts_->widths.find(key); known != parts_->widths.end())
        return known->second;
    parts_->set(text, lettering, -1);
    const double width = parts_->extent().width;
    if (parts_->widths.size() < kMostKept)
        parts_->widths.emplace(key, width);
    return width;
}

double Canvas::word_width_of(std::string_view text, const Lettering& lettering) {
    const std::string_view part = text.substr(0, kMostBytes);
    double width = 0;
    for (std::size_t begin = 0; begin < part.size();) {
        const std::size_t end = std::min(part.find(' ', begin), part.size());
        width = std::max(width, width_of(part.substr(begin, end - begin), lettering));
        begin = end + 1;
    }
    return width;
}

double Canvas::height_of(std::string_view text, const Lettering& lettering, double width) {
    parts_->set(text, lettering, width);
    return parts_->extent().height;
}

double Canvas::write(Spot corner, std::string_view text, const Lettering& lettering, double width) {
    parts_->set(text, lettering, width);
    parts_->set_colour(lettering.colour);
    cairo_move_to(parts_->context.get(), corner.x, corner.y);
    pango_cairo_show_layout(parts_->context.get(), parts_->layout.get());
    return parts_->extent().height;
}

void Canvas::line(Spot from, Spot to, const Colour& colour, double thickness) {
    parts_->set_colour(colour);
    cairo_set_line_width(parts_->context.get(), thickness);
    cairo_move_to(parts_->context.get(), from.x, from.y);
    cairo_line_to(parts_->context.get(), to.x, to.y);
    cairo_stroke(parts_->context.get());
}

void Canvas::dashed_polygon(std::span<const Spot> spots, const Colour& colour, double thickness) {
    constexpr std::array kDashes{4.0, 3.0};
    parts_->trace(spots);
    parts_->set_colour(colour);
    cairo_set_line_width(parts_->context.get(), thickness);
    cairo_set_dash(parts_->context.get(), kDashes.data(), kDashes.size(), 0);
    cairo_stroke(parts_->context.get());
    cairo_set_dash(parts_->context.get(), nullptr, 0, 0);
}

void Canvas::polygon(std::span<const Spot> spots, const Colour& edge, const Colour& inside) {
    parts_->trace(spots);
    parts_->set_colour(inside);
    cairo_fill_preserve(parts_->context.get());
    parts_->set_colour(edge);
    cairo_set_line_width(parts_->context.get(), 1.5);
    cairo_stroke(parts_->context.get());
}

void Canvas::fill(const Box& box, const Colour& colour) {
    parts_->set_colour(colour);
    cairo_rectangle(parts_->context.get(), box.x, box.y, box.width, box.height);
    cairo_fill(parts_->context.get());
}

void Canvas::frame(const Box& box, const Colour& colour, double thickness) {
    parts_->set_colour(colour);
    cairo_set_line_width(parts_->context.get(), thickness);
    cairo_rectangle(parts_->context.get(), box.x, box.y, box.width, box.height);
    cairo_stroke(parts_->context.get());
}

void Canvas::next_page() {
    cairo_show_page(parts_->context.get());
}

Expected<std::string> Canvas::finish() {
    cairo_show_page(parts_->context.get());
    const cairo_status_t drawn = cairo_status(parts_->context.get());
    cairo_surface_finish(parts_->surface.get());
    const cairo_status_t written = cairo_surface_status(parts_->surface.get());
    const cairo_status_t worse = drawn != CAIRO_STATUS_SUCCESS ? drawn : written;
    if (worse != CAIRO_STATUS_SUCCESS)
        return failure(ErrorKind::internal,
                       std::string("Write a PDF: ") + cairo_status_to_string(worse) + ".");
    return std::move(parts_->bytes);
}

}  // namespace assay::report::pdf
