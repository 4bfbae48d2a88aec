// SPDX-License-Identifier: Apache-2.0
#include "core/http/head_grammar.h"

#include <algorithm>

namespace signalbox::http::grammar {
namespace {

// The methods that Envoy's codec knows (those of Node's http-parser); others are refused.
constexpr std::array<std::string_view, 34> kMethods{"ACL", "BIND", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET",
    "HEAD", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "M-SEARCH", "NOTIFY", "OPTIONS",
    "PATCH", "POST", "PROPFIND", "PROPPATCH", "PURGE", "PUT", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE",
    "TRACE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE"};

bool isKnownMethod(std::string_view method)
{
    return method == "POST" || method == "GET" || std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

constexpr bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// "HTTP/d.d": the two digits, or -1.
int readVersion(std::string_view text)
{
    if (text.size() != 8 || !text.starts_with("HTTP/") || !isDigit(text[5]) || text[6] != '.' || !isDigit(text[7])) {
        return -1;
    }
    return (text[5] - '0') * 10 + (text[7] - '0');
}

bool isTarget(std::string_view target)
{
    return !target.empty() && std::all_of(target.begin(), target.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
    });
}

} // namespace

bool isFieldValue(const char* data, std::size_t size)
{
    unsigned char wrong = 0; // looks at all bytes: without an early end the compiler takes many at once
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(data[i]);
        const bool isControl = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        wrong = static_cast<unsigned char>(wrong | static_cast<unsigned char>(isControl));
    }
    return wrong == 0;
}

ParseStatus readRequestLine(std::string_view line, RequestHead& head)
{
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || last == first) {
        return ParseStatus::BadRequest;
    }
    const int version = readVersion(line.substr(last + 1));
    const std::string_view target = line.substr(first + 1, last - first - 1);
    if (!isKnownMethod(line.substr(0, first)) || !isTarget(target) || version < 0) {
        return ParseStatus::BadRequest;
    }
    if (version != 11) {
        return ParseStatus::VersionRefused;
    }
    head.methodLength = static_cast<std::uint32_t>(first);
    head.target = static_cast<std::uint32_t>(first + 1);
    head.targetLength = static_cast<std::uint32_t>(target.size());
    return ParseStatus::Complete;
}

bool readStatusLine(std::string_view line, ResponseHead& head)
{
    if (line.size() < 12) {
        return false;
    }
    const int version = readVersion(line.substr(0, 8));
    if ((version != 10 && version != 11) || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) {
        return false;
    }
    if (!isDigit(line[9]) || !isDigit(line[10]) || !isDigit(line[11])) {
        return false;
    }
    head.minorVersion = static_cast<std::uint8_t>(version % 10);
    head.status = static_cast<std::uint16_t>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    return head.status >= 100;
}

} // namespace signalbox::http::grammar
