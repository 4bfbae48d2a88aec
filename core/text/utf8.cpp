// SPDX-License-Identifier: Apache-2.0
#include "core/text/utf8.h"

namespace signalbox::text {

namespace {

unsigned char byteAt(std::string_view text, std::size_t at)
{
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool continues(std::string_view text, std::size_t at)
{
    return (byteAt(text, at) & 0xC0U) == 0x80U;
}

} // namespace

std::size_t utf8Length(std::string_view text, std::size_t at)
{
    const unsigned char first = byteAt(text, at);
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4 || !continues(text, at + 1)) {
        return 0;
    }
    if (first < 0xE0) {
        return 2;
    }
    const unsigned char second = byteAt(text, at + 1);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second > 0x9F;
    const bool tooLarge = first == 0xF4 && second > 0x8F;
    if (overlong || surrogate || tooLarge || !continues(text, at + 2)) {
        return 0;
    }
    if (first < 0xF0) {
        return 3;
    }
    return continues(text, at + 3) ? 4 : 0;
}

std::size_t findInvalidUtf8(std::string_view text, std::size_t from)
{
    for (std::size_t at = from; at < text.size();) {
        const std::size_t length = utf8Length(text, at);
        if (length == 0) {
            return at;
        }
        at += length;
    }
    return std::string_view::npos;
}

std::size_t countCodePoints(std::string_view text)
{
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        const std::size_t length = utf8Length(text, at);
        at += length == 0 ? 1 : length;
    }
    return count;
}

} // namespace signalbox::text
