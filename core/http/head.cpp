// SPDX-License-Identifier: Apache-2.0
#include "core/http/head.h"

#include "core/http/head_grammar.h"

#include <algorithm>
#include <cstring>

namespace signalbox::http {
namespace {

/// One line of the head without its end.
struct Line {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t next = 0;
};

Line lineAt(const char* data, std::size_t from, std::size_t size)
{
    const auto* found = static_cast<const char*>(std::memchr(data + from, '\n', size - from));
    const auto lf = found != nullptr ? static_cast<std::size_t>(found - data) : size;
    const bool cr = lf > from && data[lf - 1] == '\r';
    return {from, cr ? lf - 1 : lf, std::min(lf + 1, size)};
}

/// Framing headers as they are met; both kinds together and repetitions are refused (RFC 9112, 6.3).
struct FramingFields {
    bool length = false;
    bool chunked = false;
    bool otherCoding = false;
};

ParseStatus readLength(std::string_view value, Head& head, FramingFields& seen)
{
    if (seen.length || value.empty() || value.size() > 18) {
        return ParseStatus::BadRequest;
    }
    seen.length = true;
    head.contentLength = 0;
    for (const char c : value) {
        if (c < '0' || c > '9') {
            return ParseStatus::BadRequest;
        }
        head.contentLength = head.contentLength * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return ParseStatus::Complete;
}

ParseStatus readKnownField(
    std::string_view name, std::string_view value, Head& head, RequestHead* request, FramingFields& seen)
{
    switch (name.size()) {
    case 6:
        if (request != nullptr && name == "expect") {
            (equalsIgnoreCase(value, "100-continue") ? request->expectsContinue : request->expectsOther) = true;
        }
        break;
    case 7:
        if (request != nullptr && name == "upgrade") {
            request->upgrade = true;
        }
        break;
    case 10:
        if (name == "connection") {
            forEachElement(value, [&](std::string_view element) {
                head.connectionClose = head.connectionClose || equalsIgnoreCase(element, "close");
                head.connectionKeepAlive = head.connectionKeepAlive || equalsIgnoreCase(element, "keep-alive");
            });
        }
        break;
    case 14:
        if (name == "content-length") {
            return readLength(value, head, seen);
        }
        break;
    case 17:
        if (name == "transfer-encoding") {
            (!seen.chunked && equalsIgnoreCase(value, "chunked") ? seen.chunked : seen.otherCoding) = true;
        }
        break;
    default:
        break;
    }
    return ParseStatus::Complete;
}

/// Reads the field lines between the first line and the empty one.
ParseStatus readFields(char* data, std::size_t from, Head& head, RequestHead* request)
{
    FramingFields seen;
    for (std::size_t at = from;;) {
        const Line line = lineAt(data, at, head.length);
        if (line.begin == line.end) {
            break;
        }
        std::size_t colon = line.begin;
        while (colon < line.end && grammar::isToken(data[colon])) {
            data[colon] = grammar::lower(data[colon]);
            ++colon;
        }
        if (colon == line.begin || colon == line.end || data[colon] != ':') {
            return ParseStatus::BadRequest; // no name, a fold, or a space before the colon
        }
        std::size_t begin = colon + 1;
        std::size_t end = line.end;
        while (begin < end && grammar::isSpace(data[begin])) {
            ++begin;
        }
        while (end > begin && grammar::isSpace(data[end - 1])) {
            --end;
        }
        if (!grammar::isFieldValue(data + begin, end - begin)) {
            return ParseStatus::BadRequest;
        }
        const std::string_view name(data + line.begin, colon - line.begin);
        if (request != nullptr && name.find('_') != std::string_view::npos) {
            return ParseStatus::BadRequest; // headers_with_underscores_action: REJECT_REQUEST
        }
        const ParseStatus status = readKnownField(name, {data + begin, end - begin}, head, request, seen);
        if (status != ParseStatus::Complete) {
            return status;
        }
        if (head.fields.size() == kMaxFields) {
            return ParseStatus::TooLarge;
        }
        head.fields.push_back({static_cast<std::uint32_t>(line.begin), static_cast<std::uint32_t>(name.size()),
            static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
        at = line.next;
    }
    if (seen.length && (seen.chunked || seen.otherCoding)) {
        return ParseStatus::BadRequest;
    }
    if (seen.otherCoding) {
        return ParseStatus::NotImplemented;
    }
    head.framing = seen.chunked ? Framing::Chunked : seen.length ? Framing::Length : Framing::None;
    return ParseStatus::Complete;
}

void clear(Head& head)
{
    head.fields.clear();
    head.framing = Framing::None;
    head.contentLength = 0;
    head.connectionClose = false;
    head.connectionKeepAlive = false;
}

} // namespace

std::string_view Head::find(const char* base, std::string_view lowerName) const
{
    for (const Field& field : fields) {
        if (field.nameLength == lowerName.size() && name(base, field) == lowerName) {
            return value(base, field);
        }
    }
    return {};
}

std::size_t HeadParser::findEnd(const char* data, std::size_t size)
{
    std::size_t at = m_searched;
    while (at < size) {
        const auto* found = static_cast<const char*>(std::memchr(data + at, '\n', size - at));
        if (found == nullptr) {
            m_searched = size;
            return 0;
        }
        at = static_cast<std::size_t>(found - data);
        const std::size_t left = size - at;
        if (left >= 2 && data[at + 1] == '\n') {
            return at + 2;
        }
        if (left >= 3 && data[at + 1] == '\r' && data[at + 2] == '\n') {
            return at + 3;
        }
        if (left < 3) {
            m_searched = at; // the end may still complete here
            return 0;
        }
        ++at;
    }
    m_searched = size;
    return 0;
}

ParseStatus HeadParser::parseRequest(char* data, std::size_t size, RequestHead& head)
{
    if (size > 0 && !m_firstLineChecked) {
        if (!grammar::startsMethod(data[0])) {
            return ParseStatus::BadRequest;
        }
        const Line line = lineAt(data, 0, size);
        if (line.next != size || data[size - 1] == '\n') {
            const ParseStatus status = grammar::readRequestLine({data, line.end}, head);
            if (status != ParseStatus::Complete) {
                return status;
            }
            m_firstLineChecked = true;
        }
    }
    const std::size_t length = findEnd(data, std::min(size, kMaxHeadBytes + 1));
    if (length == 0) {
        return size > kMaxHeadBytes ? ParseStatus::TooLarge : ParseStatus::Incomplete;
    }
    if (length > kMaxHeadBytes) {
        return ParseStatus::TooLarge;
    }
    clear(head);
    head.expectsContinue = head.expectsOther = head.upgrade = false;
    head.length = static_cast<std::uint32_t>(length);
    return readFields(data, lineAt(data, 0, length).next, head, &head);
}

ParseStatus HeadParser::parseResponse(char* data, std::size_t size, ResponseHead& head)
{
    if (size > 0 && !m_firstLineChecked) {
        if (data[0] != 'H') {
            return ParseStatus::BadRequest;
        }
        const Line line = lineAt(data, 0, size);
        if (line.next != size || data[size - 1] == '\n') {
            if (!grammar::readStatusLine({data, line.end}, head)) {
                return ParseStatus::BadRequest;
            }
            m_firstLineChecked = true;
        }
    }
    const std::size_t length = findEnd(data, std::min(size, kMaxHeadBytes + 1));
    if (length == 0) {
        return size > kMaxHeadBytes ? ParseStatus::TooLarge : ParseStatus::Incomplete;
    }
    clear(head);
    head.length = static_cast<std::uint32_t>(length);
    return readFields(data, lineAt(data, 0, length).next, head, nullptr);
}

Framing responseFraming(const ResponseHead& head, bool toHead)
{
    if (toHead || head.status < 200 || head.status == 204 || head.status == 304) {
        return Framing::None;
    }
    return head.framing == Framing::None ? Framing::UntilClose : head.framing;
}

bool equalsIgnoreCase(std::string_view text, std::string_view lower)
{
    return text.size() == lower.size()
        && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) { return grammar::lower(a) == b; });
}

} // namespace signalbox::http
