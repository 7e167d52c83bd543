#include "tests/support/pdf_words.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace assay::test {
namespace {

/// A file that is there while the object lives.
class PdfFile {
  public:
    explicit PdfFile(const std::string& bytes) {
        const char* folder = ::getenv("TMPDIR");
        path_ = std::string(folder != nullptr ? folder : "/tmp") + "/assay_pdf_XXXXXX";
        const int file = ::mkstemp(path_.data());
        if (file < 0 ||
            ::write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error("cannot write " + path_);
        ::close(file);
    }
    PdfFile(const PdfFile&) = delete;
    PdfFile& operator=(const PdfFile&) = delete;
    ~PdfFile() { ::unlink(path_.c_str()); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct Answer {
    int status = -1;
    std::string text;
};
Answer answer_of(const std::string& command) {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error("cannot run " + command);
    Answer answer;
    std::array<char, 65536> buffer{};
    for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        answer.text.append(buffer.data(), count);
    const int status = ::pclose(pipe);
    answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return answer;
}

std::string pages_option(int page) {
    return page == 0 ? "" : " -f " + std::to_string(page) + " -l " + std::to_string(page);
}

std::size_t rows_of(const std::string& table) {
    std::istringstream lines(table);
    std::size_t rows = 0;
    for (std::string line; std::getline(lines, line);)
        ++rows;
    return rows < 2 ? 0 : rows - 2;  // two lines of head
}

}  // namespace

bool has_pdf_tools() {
    static const bool has =
        answer_of("{ pdftotext -v && pdffonts -v && pdfimages -v && qpdf --version; }").status == 0;
    return has;
}

std::string whole_text_of_pdf(const std::string& pdf, int page) {
    const PdfFile file(pdf);
    return answer_of("pdftotext -layout" + pages_option(page) + " " + file.path() + " -").text;
}

std::string text_of_pdf(const std::string& pdf, int page) {
    // The foot is one line: what the page is of, and its number.
    static const std::regex foot(R"((^|\n)[^\n]*page \d+ of \d+[ \f]*(?=\n|$))");
    return std::regex_replace(whole_text_of_pdf(pdf, page), foot, "\n");
}

std::vector<PlacedWord> placed_words(const std::string& pdf) {
    const PdfFile file(pdf);
    std::istringstream lines(answer_of("pdftotext -bbox " + file.path() + " -").text);
    static const std::regex page(R"re(<page width="([0-9.]+)" height="([0-9.]+)")re");
    static const std::regex word(
        R"re(<word xMin="([-0-9.]+)" yMin="([-0-9.]+)" xMax="([-0-9.]+)" yMax="([-0-9.]+)">)re");
    std::vector<PlacedWord> words;
    PlacedWord next;
    std::smatch match;
    for (std::string line; std::getline(lines, line);)
        // A line can be long, and the expressions are for short ones.
        if (const std::string head = line.substr(0, 200); std::regex_search(head, match, page)) {
            ++next.page;
            next.page_width = std::stod(match[1]);
            next.page_height = std::stod(match[2]);
        } else if (std::regex_search(head, match, word)) {
            next.left = std::stod(match[1]);
            next.top = std::stod(match[2]);
            next.right = std::stod(match[3]);
            next.bottom = std::stod(match[4]);
            const std::size_t begin = line.find('>') + 1;
            next.text = line.substr(begin, line.rfind("</word>") - begin);
            words.push_back(next);
        }
    return words;
}

Checked checked_pdf(const std::string& pdf) {
    const PdfFile file(pdf);
    const Answer qpdf = answer_of("qpdf --check " + file.path());
    const std::string fonts = answer_of("pdffonts " + file.path()).text;
    Checked checked{.qpdf_status = qpdf.status, .qpdf = qpdf.text, .fonts = rows_of(fonts)};
    static const std::regex not_embedded(R"(\n[^\n]* no +(yes|no) +(yes|no) +\d+ +\d+)");
    for (std::sregex_iterator at(fonts.begin(), fonts.end(), not_embedded), end; at != end; ++at)
        ++checked.fonts_not_embedded;
    checked.pictures = rows_of(answer_of("pdfimages -list " + file.path()).text);
    return checked;
}

}  // namespace assay::test
