// SPDX-License-Identifier: Apache-2.0
#include "core/chat/json_scanner.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace signalbox::chat {

namespace {

/// The first quote or backslash in [at, end), or `end`.
inline const char* quoteOrBackslash(const char* at, const char* end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    for (; end - at >= 16; at += 16) {
        __m128i block;
        std::memcpy(&block, at, sizeof block);
        const __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash));
        const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
        if (mask != 0) {
            return at + std::countr_zero(mask);
        }
    }
#endif
    while (at != end && *at != '"' && *at != '\\') {
        ++at;
    }
    return at;
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

int hexDigit(char c)
{
    if (isDigit(c)) {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The code unit of four hexadecimal digits at the start of `text`; -1 when they are not.
int codeUnit(std::string_view text)
{
    if (text.size() < 4) {
        return -1;
    }
    int unit = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hexDigit(text[static_cast<std::size_t>(i)]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

void appendUtf8(std::string& out, std::uint32_t code)
{
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

char simpleEscape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case '"':
    case '\\':
    case '/':
        return c;
    default:
        return '\0';
    }
}

/// The bytes that may follow a backslash, but for `u`.
constexpr auto kEscapes = [] {
    std::array<bool, 256> table{};
    for (const char c : {'n', 't', 'r', 'b', 'f', '"', '\\', '/'}) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

/// Whether the escape whose second byte is at `kind` means something.
inline bool isEscape(const char* kind, const char* end)
{
    return kEscapes[static_cast<unsigned char>(*kind)]
        || (*kind == 'u' && codeUnit({kind + 1, static_cast<std::size_t>(end - kind - 1)}) >= 0);
}

/// Appends what the `\u` escape at raw[at] (its first digit) means and returns the index behind it.
std::size_t appendCodeUnit(std::string& out, std::string_view raw, std::size_t at)
{
    const auto first = static_cast<std::uint32_t>(codeUnit(raw.substr(at)));
    at += 4;
    if (first < 0xD800 || first > 0xDFFF) {
        appendUtf8(out, first);
        return at;
    }
    if (first < 0xDC00 && raw.substr(at, 2) == "\\u") {
        const int second = codeUnit(raw.substr(at + 2));
        if (second >= 0xDC00 && second <= 0xDFFF) {
            appendUtf8(out, 0x10000 + ((first - 0xD800) << 10) + (static_cast<std::uint32_t>(second) - 0xDC00));
            return at + 6;
        }
    }
    appendUtf8(out, 0xFFFD);
    return at;
}

/// The power of ten of the first digit that is not zero; decides whether a number out of range is huge or tiny.
double leadingExponent(std::string_view number)
{
    double exponent = 0;
    const std::size_t mark = number.find_first_of("eE");
    if (mark != std::string_view::npos) {
        bool negative = false;
        for (const char c : number.substr(mark + 1)) {
            if (isDigit(c)) {
                exponent = std::fmin(exponent * 10 + (c - '0'), 1e15);
            } else {
                negative = negative || c == '-';
            }
        }
        exponent = negative ? -exponent : exponent;
    }
    const std::string_view mantissa = number.substr(0, mark);
    const std::size_t first = mantissa.find_first_of("123456789");
    if (first == std::string_view::npos) {
        return 0;
    }
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    return exponent + static_cast<double>(point) - static_cast<double>(first);
}

/// The open levels of a value, one bit each, set for objects. (A counter alone would accept "[}".)
class Nesting
{
public:
    bool push(bool object)
    {
        if (m_depth == JsonScanner::kMaximumDepth) {
            return false;
        }
        std::uint64_t& word = m_objects[m_depth / 64];
        const std::uint64_t bit = std::uint64_t{1} << (m_depth % 64);
        if (m_depth % 64 == 0) {
            word = 0;
        }
        word = object ? word | bit : word & ~bit;
        ++m_depth;
        return true;
    }

    void pop() { --m_depth; }
    bool empty() const { return m_depth == 0; }
    bool inObject() const { return ((m_objects[(m_depth - 1) / 64] >> ((m_depth - 1) % 64)) & 1) != 0; }

private:
    // Not initialised on purpose: push() clears a word before its first use, and most values need one.
    std::array<std::uint64_t, JsonScanner::kMaximumDepth / 64> m_objects;
    std::size_t m_depth = 0;
};

} // namespace

std::string_view JsonString::text(std::string& storage) const
{
    if (!escaped) {
        return raw;
    }
    storage = unescaped(raw);
    return storage;
}

std::string unescaped(std::string_view raw)
{
    std::string out;
    out.reserve(raw.size());
    std::size_t at = 0;
    while (at < raw.size()) {
        const std::size_t next = std::min(raw.find('\\', at), raw.size());
        out.append(raw, at, next - at);
        if (next + 1 >= raw.size()) {
            break;
        }
        at = next + 2;
        if (raw[next + 1] != 'u') {
            out += simpleEscape(raw[next + 1]);
        } else if (codeUnit(raw.substr(at)) >= 0) {
            at = appendCodeUnit(out, raw, at);
        }
    }
    return out;
}

bool fitsDouble(std::string_view number, double& value)
{
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    static_cast<void>(end);
    if (error != std::errc::result_out_of_range) {
        return true;
    }
    value = 0;
    return leadingExponent(number) < 0;
}

bool JsonScanner::string(JsonString& out, bool checkEscapes)
{
    if (!take('"')) {
        return fail(atEnd() ? "the text ends too early" : "expected a string");
    }
    const char* const begin = m_at;
    const char* at = quoteOrBackslash(begin, m_end);
    bool escaped = false;
    while (at != m_end && *at == '\\') {
        escaped = true;
        if (m_end - at < 2 || (checkEscapes && !isEscape(at + 1, m_end))) {
            m_at = at;
            return fail("an escape in a string means nothing");
        }
        at = quoteOrBackslash(at + 2, m_end);
    }
    m_at = at;
    if (at == m_end) {
        return fail("the text ends inside a string");
    }
    ++m_at;
    out.raw = {begin, static_cast<std::size_t>(at - begin)};
    out.escaped = escaped;
    return true;
}

bool JsonScanner::number(std::string_view& out)
{
    const char* begin = m_at;
    const auto digits = [this] {
        const char* first = m_at;
        while (m_at != m_end && isDigit(*m_at)) {
            ++m_at;
        }
        return m_at != first;
    };
    take('-');
    if (!take('0') && !digits()) {
        return fail("expected a value");
    }
    if (take('.') && !digits()) {
        return fail("a number needs digits after its point");
    }
    if (take('e') || take('E')) {
        static_cast<void>(take('+') || take('-'));
        if (!digits()) {
            return fail("a number needs digits in its exponent");
        }
    }
    out = {begin, static_cast<std::size_t>(m_at - begin)};
    return true;
}

bool JsonScanner::literal(std::string_view word)
{
    if (std::string_view(m_at, static_cast<std::size_t>(m_end - m_at)).substr(0, word.size()) != word) {
        return fail("expected a value");
    }
    m_at += word.size();
    return true;
}

bool JsonScanner::memberName(JsonString& name, bool checkEscapes)
{
    if (!string(name, checkEscapes)) {
        return false;
    }
    skipSpace();
    if (!take(':')) {
        return fail("expected a colon behind a member's name");
    }
    skipSpace();
    return true;
}

bool JsonScanner::scalar(Check check)
{
    switch (peek()) {
    case '"': {
        JsonString ignored;
        return string(ignored, check == Check::Values);
    }
    case 't':
        return literal("true");
    case 'f':
        return literal("false");
    case 'n':
        return literal("null");
    default:
        break;
    }
    std::string_view text;
    double value = 0;
    if (!number(text)) {
        return atEnd() ? fail("the text ends too early") : false;
    }
    return check == Check::Syntax || fitsDouble(text, value) || fail("a number is too large");
}

bool JsonScanner::skip(Check check)
{
    Nesting levels;
    JsonString name;
    while (true) {
        const char opening = peek();
        if (opening == '{' || opening == '[') {
            const bool object = opening == '{';
            if (!levels.push(object)) {
                return fail("values are nested too deeply");
            }
            ++m_at;
            skipSpace();
            if (!take(object ? '}' : ']')) {
                if (object && !memberName(name, check == Check::Values)) {
                    return false;
                }
                continue;
            }
            levels.pop();
        } else if (!scalar(check)) {
            return false;
        }
        // Behind a value: close levels until one goes on.
        while (true) {
            if (levels.empty()) {
                return true;
            }
            skipSpace();
            if (take(',')) {
                break;
            }
            if (!take(levels.inObject() ? '}' : ']')) {
                return fail(atEnd() ? "the text ends too early" : "expected a comma or the end of a list or an object");
            }
            levels.pop();
        }
        skipSpace();
        if (levels.inObject() && !memberName(name, check == Check::Values)) {
            return false;
        }
    }
}

} // namespace signalbox::chat
