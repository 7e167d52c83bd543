#include "probes/cpu/corpus_chunks.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace assay::cpu {
namespace {

// The constants of text and code were fitted once (2026) so that the profile vm-root compresses as
// corpus.cpp says; any change of one is another kCorpusVersion.
constexpr std::size_t kWords = 6000;
constexpr std::size_t kWordOffset = 3;
constexpr std::size_t kOpcodes = 700;
constexpr std::size_t kFragments = 1500;
constexpr std::size_t kFragmentBytes = 900;
constexpr std::size_t kOpcodeOffset = 4;

/// Fills a chunk from the front and never past its end.
class ChunkWriter {
  public:
    explicit ChunkWriter(std::span<std::byte> chunk) : chunk_(chunk) {}
    bool full() const { return at_ == chunk_.size(); }
    std::size_t at() const { return at_; }

    void put(std::string_view text) {
        const std::size_t bytes = std::min(text.size(), chunk_.size() - at_);
        std::memcpy(chunk_.data() + at_, text.data(), bytes);
        at_ += bytes;
    }
    void put(char letter) { put(std::string_view(&letter, 1)); }
    void put_little_endian(std::uint64_t value, std::size_t bytes) {
        std::array<char, sizeof value> octets{};
        for (std::size_t at = 0; at < bytes; ++at)
            octets[at] = static_cast<char>(value >> (8 * at));
        put({octets.data(), bytes});
    }
    void put_zeros(std::size_t bytes) {
        for (; bytes > 0 && !full(); --bytes)
            put('\0');
    }
    void put_noise(Xoshiro256& random, std::size_t bytes) {
        for (; bytes >= sizeof(std::uint64_t); bytes -= sizeof(std::uint64_t))
            put_little_endian(random.next(), sizeof(std::uint64_t));
        put_little_endian(random.next(), bytes);
    }
    /// What stands `distance` bytes back, once more.
    void repeat(std::size_t distance, std::size_t bytes) {
        if (distance == 0 || distance > at_)
            return;
        for (; bytes > 0 && !full(); --bytes, ++at_)
            chunk_[at_] = chunk_[at_ - distance];
    }

  private:
    std::span<std::byte> chunk_;
    std::size_t at_ = 0;
};

/// Of `count` things, the first is drawn most often: frequency falls with the rank and an offset
/// (Zipf and Mandelbrot). In whole numbers, so that every host draws the same.
std::vector<std::uint16_t> zipf_draw(std::size_t count, std::size_t offset) {
    constexpr std::size_t kScale = std::size_t{1} << 13;
    std::vector<std::uint16_t> draw;
    for (std::size_t rank = 0; rank < count; ++rank)
        draw.insert(draw.end(), 1 + kScale / (rank + offset), static_cast<std::uint16_t>(rank));
    return draw;
}

template <class Row>
const Row& drawn(Xoshiro256& random, const std::vector<Row>& rows,
                 const std::vector<std::uint16_t>& draw) {
    return rows[draw[random.below(draw.size())]];
}

std::string made_up_word(Xoshiro256& random) {
    constexpr std::string_view kConsonants = "tnsrhldcmfpgbvkwy";
    constexpr std::string_view kVowels = "eaoiu";
    // The front of both lists is drawn more often, as in languages.
    const auto letter_of = [&](std::string_view letters) {
        return letters[std::min(random.below(letters.size()), random.below(letters.size()))];
    };
    std::string word;
    const std::uint64_t syllables = 1 + random.below(4);
    for (std::uint64_t at = 0; at < syllables; ++at) {
        word += letter_of(kConsonants);
        word += letter_of(kVowels);
        if (random.below(3) == 0)
            word += letter_of(kConsonants);
    }
    return word;
}

std::string made_up_opcode(Xoshiro256& random) {
    constexpr std::array<unsigned char, 12> kFirst{0x48, 0x89, 0x8b, 0x0f, 0xe8, 0x41,
                                                   0x83, 0xc7, 0x85, 0x4c, 0x74, 0x8d};
    std::string opcode;
    if (random.below(2) == 0)
        opcode += static_cast<char>(random.below(3) == 0 ? 0x4c : 0x48);
    opcode += static_cast<char>(kFirst[std::min(random.below(12), random.below(12))]);
    for (std::uint64_t rest = random.below(3); rest > 0; --rest)
        opcode += static_cast<char>(random.next());
    return opcode;
}

/// A repeat of something earlier: near ones are as frequent as far ones at each power of two, most
/// are short, and one in `long_one_in` is long.
struct Repeats {
    std::size_t farthest_log2;
    std::uint64_t most_short_bytes, most_long_bytes, long_one_in;

    void put(ChunkWriter& writer, Xoshiro256& random) const {
        const std::size_t step = std::size_t{1} << (5 + random.below(farthest_log2 - 5));
        const std::size_t distance = step + random.below(step);
        const std::size_t most =
            random.below(long_one_in) == 0 ? most_long_bytes : most_short_bytes;
        writer.repeat(distance, 6 + random.below(most));
    }
};
constexpr Repeats kTextRepeats{15, 50, 1100, 5};
constexpr Repeats kCodeRepeats{15, 30, 700, 7};

struct Lexicon {
    const std::vector<std::string>& words;
    const std::vector<std::uint16_t>& draw;
    const std::string& next(Xoshiro256& random) const { return drawn(random, words, draw); }
};

void put_source_line(ChunkWriter& writer, Xoshiro256& random, const Lexicon& lexicon) {
    static constexpr std::array<std::string_view, 8> kBefore{
        "if (", "return ", "", "self.", "const auto ", "    ", "for (int ", "# "};
    static constexpr std::array<std::string_view, 6> kBetween{".", "(", " = ", ", ", "->", "_"};
    static constexpr std::array<std::string_view, 5> kAfter{");\n", ";\n", ") {\n", ":\n", "\n"};
    for (std::uint64_t indent = random.below(4); indent > 0; --indent)
        writer.put("    ");
    writer.put(kBefore[random.below(kBefore.size())]);
    for (std::uint64_t left = 1 + random.below(5); left > 0; --left) {
        writer.put(lexicon.next(random));
        writer.put(kBetween[random.below(kBetween.size())]);
    }
    writer.put(lexicon.next(random));
    writer.put(kAfter[random.below(kAfter.size())]);
}

void put_prose_line(ChunkWriter& writer, Xoshiro256& random, const Lexicon& lexicon) {
    for (std::uint64_t left = 6 + random.below(8); left > 0; --left) {
        writer.put(lexicon.next(random));
        writer.put(random.below(12) == 0 ? ", " : " ");
    }
    writer.put(random.below(5) == 0 ? ".\n\n" : "\n");
}

void put_log_line(ChunkWriter& writer, Xoshiro256& random, const Lexicon& lexicon,
                  std::uint64_t& seconds) {
    seconds += random.below(4);
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "2026-03-%02u %02u:%02u:%02u.%03u ",
                  static_cast<unsigned>(1 + seconds / 86400 % 28),
                  static_cast<unsigned>(seconds / 3600 % 24),
                  static_cast<unsigned>(seconds / 60 % 60), static_cast<unsigned>(seconds % 60),
                  static_cast<unsigned>(random.below(1000)));
    writer.put(text.data());
    writer.put(lexicon.words[random.below(6)]);
    std::snprintf(text.data(), text.size(),
                  "[%u]: ", static_cast<unsigned>(400 + random.below(40) * 17));
    writer.put(text.data());
    for (std::uint64_t left = 2 + random.below(5); left > 0; --left) {
        writer.put(lexicon.next(random));
        writer.put(' ');
    }
    std::snprintf(text.data(), text.size(), "id=%08x\n", static_cast<unsigned>(random.next()));
    writer.put(text.data());
}

/// Boilerplate that many files share, and that a codec finds only if it looks far back.
void put_fragment(ChunkWriter& writer, Xoshiro256& random,
                  const std::vector<std::string>& fragments) {
    writer.put(fragments[std::min(random.below(fragments.size()), random.below(fragments.size()))]);
}

void fill_text(ChunkWriter& writer, Xoshiro256& random, const Lexicon& lexicon,
               const std::vector<std::string>& fragments) {
    const std::uint64_t style = random.below(4);  // half of it is source code
    std::uint64_t seconds = random.below(86400);
    while (!writer.full()) {
        if (style <= 1)
            put_source_line(writer, random, lexicon);
        else if (style == 2)
            put_prose_line(writer, random, lexicon);
        else
            put_log_line(writer, random, lexicon, seconds);
        if (random.below(100) < 50)
            kTextRepeats.put(writer, random);
        if (!fragments.empty() && random.below(100) < 3)
            put_fragment(writer, random, fragments);
    }
}

/// Symbols and relocations: entries of 24 bytes, of which few change.
void put_symbols(ChunkWriter& writer, Xoshiro256& random) {
    std::uint64_t address = 0x10000 + random.below(0x100000);
    for (std::uint64_t left = 40 + random.below(120); left > 0 && !writer.full(); --left) {
        address += 8 + 8 * random.below(4);
        writer.put_little_endian(address, 8);
        writer.put_little_endian(8, 4);
        writer.put_little_endian(random.below(4) == 0 ? random.below(900) : 0, 4);
        writer.put_little_endian(address + 0x4000 + 16 * random.below(200), 8);
    }
}

void fill_code(ChunkWriter& writer, Xoshiro256& random, const std::vector<std::string>& opcodes,
               const std::vector<std::uint16_t>& draw, const Lexicon& lexicon,
               const std::vector<std::string>& fragments) {
    while (!writer.full()) {
        const std::uint64_t kind = random.below(1000);
        if (kind < 4) {
            put_symbols(writer, random);
        } else if (kind < 7) {
            for (std::uint64_t left = 30 + random.below(60); left > 0; --left) {
                writer.put(lexicon.next(random));
                writer.put(random.below(3) == 0 ? '\0' : '_');
            }
        } else if (kind < 9) {
            writer.put_zeros(16 + random.below(200));
        } else if (kind < 16 && !fragments.empty()) {
            put_fragment(writer, random, fragments);
        } else if (kind < 170) {
            kCodeRepeats.put(writer, random);
        } else {
            writer.put(drawn(random, opcodes, draw));
            const std::uint64_t operand = random.below(10);
            if (operand < 3)
                writer.put_little_endian(8 * random.below(20), 1);
            else if (operand < 5)  // near call: the upper half is all zeros or all ones
                writer.put_little_endian(random.below(0x30000) - 0x18000, 4);
            else if (operand < 6)
                writer.put_little_endian(random.below(64) * 16, 4);
        }
    }
}

constexpr std::size_t kPageBytes = 8192;

void fill_page(std::span<std::byte> page, Xoshiro256& random, const Lexicon& lexicon,
               std::uint64_t page_number) {
    constexpr std::size_t kHeaderBytes = 24, kSlotBytes = 4;
    ChunkWriter header(page);
    header.put_little_endian(0x1'0000'0000 + page_number * 0x2000 + random.below(0x2000), 8);
    header.put_little_endian(random.next(), 2);
    header.put_little_endian(0x2004'0000'0000, 8);
    std::size_t begin = page.size();
    std::size_t slots = 0;
    const std::size_t slack = random.below(1200);
    while (true) {
        const std::string& name = lexicon.next(random);
        const std::string& place = lexicon.words[random.below(40)];
        const std::size_t bytes = 8 + 8 + 4 + 8 + name.size() + place.size() + 2;
        if (begin < bytes + kHeaderBytes + (slots + 1) * kSlotBytes + slack)
            break;
        begin -= bytes;
        ChunkWriter row(page.subspan(begin, bytes));
        row.put_little_endian(page_number * 100 + slots, 8);
        row.put_little_endian(0x6a00'0000'0000 + random.below(1 << 26), 8);
        row.put_little_endian(random.below(100) * 25, 4);
        row.put_noise(random, random.below(3) == 0 ? 8 : 4);
        row.put(name);
        row.put('|');
        row.put(place);
        ChunkWriter slot(page.subspan(kHeaderBytes + slots * kSlotBytes, kSlotBytes));
        slot.put_little_endian(begin, 2);
        slot.put_little_endian(bytes, 2);
        ++slots;
    }
    header.put_little_endian(slots, 2);
}

void fill_metadata(ChunkWriter& writer, Xoshiro256& random, const Lexicon& lexicon) {
    while (!writer.full()) {
        if (random.below(8) == 0) {  // a directory of 4 KiB
            const std::size_t end = writer.at() + 4096;
            while (writer.at() < end && !writer.full()) {
                const std::string name =
                    lexicon.next(random) + "." + lexicon.words[random.below(9)];
                writer.put_little_endian(0x20000 + random.below(0x8000), 4);
                writer.put_little_endian((name.size() + 11) / 4 * 4, 2);
                writer.put_little_endian(name.size() | 0x100, 2);
                writer.put(name);
                writer.put_zeros(3 - (name.size() + 3) % 4);
            }
            continue;
        }
        const std::uint64_t changed = 0x6a00'0000 + random.below(1 << 22);
        writer.put_little_endian(random.below(5) == 0 ? 0x41ed : 0x81a4, 4);
        writer.put_little_endian(random.below(std::uint64_t{1} << (4 + random.below(18))), 8);
        for (int stamp = 0; stamp < 4; ++stamp)
            writer.put_little_endian(changed + (stamp == 0 ? random.below(100000) : 0), 4);
        writer.put_zeros(12);
        writer.put_little_endian(0x0001'f30a'0004'0001, 8);
        writer.put_little_endian(random.below(1 << 24), 4);
        writer.put_zeros(76);
        writer.put_noise(random, 4);
        writer.put_zeros(124);
    }
}

void fill_media(ChunkWriter& writer, Xoshiro256& random) {
    while (!writer.full()) {
        writer.put("PK\x03\x04");
        writer.put_little_endian(0x14, 8);
        writer.put_zeros(20);
        writer.put_noise(random, 2000 + random.below(20000));
    }
}

void fill_sparse(ChunkWriter& writer, Xoshiro256& random) {
    while (!writer.full()) {
        writer.put_zeros(3000 + random.below(20000));
        writer.put_noise(random, 16 + random.below(48));
    }
}

}  // namespace

std::string_view name_of(ChunkClass kind) {
    constexpr std::array<std::string_view, kChunkClasses> kNames{
        "sparse", "text", "code", "database", "metadata", "media", "encrypted"};
    return kNames[static_cast<std::size_t>(kind)];
}

ChunkSource::ChunkSource(std::uint64_t seed)
    : seed_(seed),
      word_draw_(zipf_draw(kWords, kWordOffset)),
      opcode_draw_(zipf_draw(kOpcodes, kOpcodeOffset)) {
    Xoshiro256 random(seed);
    for (std::size_t at = 0; at < kWords; ++at)
        words_.push_back(made_up_word(random));
    for (std::size_t at = 0; at < kOpcodes; ++at)
        opcodes_.push_back(made_up_opcode(random));
    const Lexicon lexicon{words_, word_draw_};
    std::array<std::byte, kFragmentBytes> bytes{};
    const auto cut = [&](std::vector<std::string>& fragments) {
        fragments.emplace_back(reinterpret_cast<const char*>(bytes.data()),
                               100 + random.below(kFragmentBytes - 100));
    };
    std::vector<std::string> text, code;
    for (std::size_t at = 0; at < kFragments; ++at) {
        ChunkWriter text_writer(bytes);
        fill_text(text_writer, random, lexicon, {});
        cut(text);
        ChunkWriter code_writer(bytes);
        fill_code(code_writer, random, opcodes_, opcode_draw_, lexicon, {});
        cut(code);
    }
    text_fragments_ = std::move(text);
    code_fragments_ = std::move(code);
}

void ChunkSource::fill(ChunkClass kind, std::uint64_t number,
                       std::span<std::byte, kChunkBytes> chunk) const {
    SplitMix64 mixer(seed_ ^ (number * kChunkClasses + static_cast<std::uint64_t>(kind)));
    Xoshiro256 random(mixer.next());
    const Lexicon lexicon{words_, word_draw_};
    std::ranges::fill(chunk, std::byte{0});
    ChunkWriter writer(chunk);
    switch (kind) {
        case ChunkClass::sparse:
            return fill_sparse(writer, random);
        case ChunkClass::text:
            return fill_text(writer, random, lexicon, text_fragments_);
        case ChunkClass::code:
            return fill_code(writer, random, opcodes_, opcode_draw_, lexicon, code_fragments_);
        case ChunkClass::database:
            for (std::size_t page = 0; page < kChunkBytes / kPageBytes; ++page)
                fill_page(chunk.subspan(page * kPageBytes, kPageBytes), random, lexicon,
                          number * (kChunkBytes / kPageBytes) + page);
            return;
        case ChunkClass::metadata:
            return fill_metadata(writer, random, lexicon);
        case ChunkClass::media:
            return fill_media(writer, random);
        case ChunkClass::encrypted:
            return writer.put_noise(random, kChunkBytes);
    }
}

}  // namespace assay::cpu
