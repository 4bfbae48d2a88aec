// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/string_rules.h"

#include "core/base/duration_text.h"

#include <algorithm>
#include <charconv>

namespace signalbox::manifest {

namespace {

bool isLower(char c)
{
    return c >= 'a' && c <= 'z';
}

bool isUpper(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isAlpha(char c)
{
    return isLower(c) || isUpper(c);
}

bool isHexGroup(std::string_view text)
{
    return !text.empty() && text.size() <= 4 && std::all_of(text.begin(), text.end(), [](char c) {
        return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

// Calls each(part) for the parts between separators; false as soon as one refuses. `count` gets their number.
template<typename Each>
bool allParts(std::string_view text, char separator, std::size_t& count, Each each)
{
    for (count = 1;; ++count) {
        const std::size_t end = text.find(separator);
        if (!each(text.substr(0, end))) {
            return false;
        }
        if (end == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(end + 1);
    }
}

bool isOctet(std::string_view text)
{
    int value = 0;
    return !text.empty() && text.size() <= 3 && std::all_of(text.begin(), text.end(), isDigit)
        && std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc() && value < 256;
}

// Only what the CRD's pattern lets through: "::1", for one, it refuses.
bool isIpAddress(std::string_view text)
{
    std::size_t parts = 0;
    if (text == "::" || (allParts(text, '.', parts, isOctet) && parts == 4)) {
        return true;
    }
    if (allParts(text, ':', parts, isHexGroup)) {
        return parts >= 2 && parts <= 8;
    }
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        return text.starts_with(':') && allParts(text.substr(1), ':', parts, isHexGroup) && parts <= 2;
    }
    return allParts(text.substr(0, gap), ':', parts, isHexGroup) && parts <= 5
        && allParts(text.substr(gap + 2), ':', parts, isHexGroup) && parts <= 2;
}

bool isGroup(std::string_view text)
{
    return text.empty() || isDnsName(text);
}

bool isKind(std::string_view text)
{
    return !text.empty() && isAlpha(text.front()) && text.back() != '-'
        && std::all_of(text.begin(), text.end(), [](char c) { return isAlpha(c) || isDigit(c) || c == '-'; });
}

bool isOptionalKind(std::string_view text)
{
    return text.empty() || isKind(text);
}

bool isHostname(std::string_view text)
{
    return isDnsName(text.starts_with("*.") ? text.substr(2) : text);
}

bool isFqdn(std::string_view text)
{
    return isDnsName(text.ends_with('.') ? text.substr(0, text.size() - 1) : text);
}

bool isHeaderName(std::string_view text)
{
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return isAlpha(c) || isDigit(c) || kMarks.find(c) != std::string_view::npos;
    });
}

bool isMatchValue(std::string_view text)
{
    bool blank = true; // a blank may stand neither first, nor last, nor behind another
    for (const char c : text) {
        const bool isBlank = c == ' ' || c == '\t';
        if (isBlank ? blank : (c < '!' || c > '~')) {
            return false;
        }
        blank = isBlank;
    }
    return !blank;
}

bool isControllerName(std::string_view text)
{
    constexpr std::string_view kMarks = "/-._~%!$&'()*+,;=:";
    const std::size_t slash = text.find('/');
    return slash != std::string_view::npos && slash + 1 < text.size() && isDnsName(text.substr(0, slash))
        && std::all_of(text.begin() + static_cast<std::ptrdiff_t>(slash) + 1, text.end(),
            [&](char c) { return isAlpha(c) || isDigit(c) || kMarks.find(c) != std::string_view::npos; });
}

bool isProtocol(std::string_view text)
{
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        return isDnsName(text.substr(0, slash)) && slash + 1 < text.size();
    }
    return !text.empty() && text.front() != '-' && text.back() != '-'
        && std::all_of(text.begin(), text.end(), [](char c) { return isAlpha(c) || isDigit(c) || c == '-'; });
}

bool isDuration(std::string_view text)
{
    return base::parseDuration(text).has_value();
}

bool isBufferSize(std::string_view text)
{
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    std::string_view suffix = text.substr(digits);
    if (suffix == "k") {
        return digits > 0 && text.front() != '0';
    }
    suffix = suffix.ends_with('i') && suffix.size() == 2 ? suffix.substr(0, 1) : suffix;
    constexpr std::string_view kLetters = "EPTGMK";
    const bool known = suffix.empty() || (suffix.size() == 1 && kLetters.find(suffix[0]) != std::string_view::npos);
    return digits > 0 && text.front() != '0' && known && text.substr(digits) != "K";
}

bool twoDigits(std::string_view text, std::size_t at, int least, int most)
{
    if (at + 2 > text.size() || !isDigit(text[at]) || !isDigit(text[at + 1])) {
        return false;
    }
    const int value = (text[at] - '0') * 10 + (text[at + 1] - '0');
    return value >= least && value <= most;
}

} // namespace

bool isDnsLabel(std::string_view text)
{
    return !text.empty() && text.front() != '-' && text.back() != '-'
        && std::all_of(text.begin(), text.end(), [](char c) { return isLower(c) || isDigit(c) || c == '-'; });
}

bool isDnsName(std::string_view text)
{
    std::size_t parts = 0;
    return allParts(text, '.', parts, isDnsLabel);
}

bool isDateTime(std::string_view text)
{
    const bool date = text.size() >= 20 && std::all_of(text.begin(), text.begin() + 4, isDigit) && text[4] == '-'
        && twoDigits(text, 5, 1, 12) && text[7] == '-' && twoDigits(text, 8, 1, 31);
    if (!date || (text[10] != 'T' && text[10] != 't') || !twoDigits(text, 11, 0, 23) || text[13] != ':'
        || !twoDigits(text, 14, 0, 59) || text[16] != ':' || !twoDigits(text, 17, 0, 60)) {
        return false;
    }
    std::string_view rest = text.substr(19);
    if (rest.starts_with('.')) {
        const std::size_t end = rest.find_first_not_of("0123456789", 1);
        if (end == 1 || end == std::string_view::npos) {
            return false;
        }
        rest.remove_prefix(end);
    }
    const bool offset = rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && twoDigits(rest, 1, 0, 23)
        && rest[3] == ':' && twoDigits(rest, 4, 0, 59);
    return rest == "Z" || rest == "z" || offset;
}

const StringRule kObjectName{.minLength = 1,
    .maxLength = 253,
    .matches = isDnsName,
    .pattern = "a lowercase RFC 1123 subdomain: a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"};
const StringRule kNamespace{
    .minLength = 1, .maxLength = 63, .matches = isDnsLabel, .pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"};
const StringRule kGroup{.maxLength = 253,
    .matches = isGroup,
    .pattern = "^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"};
const StringRule kKind{
    .minLength = 1, .maxLength = 63, .matches = isKind, .pattern = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"};
const StringRule kOptionalKind{
    .maxLength = 63, .matches = isOptionalKind, .pattern = "^$|^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"};
const StringRule kReferredName{.minLength = 1, .maxLength = 253};
const StringRule kSectionName{.minLength = 1,
    .maxLength = 253,
    .matches = isDnsName,
    .pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"};
const StringRule kHostname{.minLength = 1,
    .maxLength = 253,
    .matches = isHostname,
    .pattern = "^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"};
const StringRule kPreciseHostname{.minLength = 1,
    .maxLength = 253,
    .matches = isDnsName,
    .pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"};
const StringRule kFqdn{.minLength = 1,
    .maxLength = 253,
    .matches = isFqdn,
    .pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\.?$"};
const StringRule kIpAddress{.minLength = 3,
    .maxLength = 45,
    .matches = isIpAddress,
    .pattern = "an IPv4 or IPv6 address that the CRD's pattern takes"};
const StringRule kHeaderName{
    .minLength = 1, .maxLength = 256, .matches = isHeaderName, .pattern = "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$"};
const StringRule kHeaderValue{.minLength = 1, .maxLength = 4096, .isPrivate = true};
const StringRule kMatchValue{
    .minLength = 1, .maxLength = 4096, .matches = isMatchValue, .pattern = "^[!-~]+([\\t ]?[!-~]+)*$"};
const StringRule kControllerName{.minLength = 1,
    .maxLength = 253,
    .matches = isControllerName,
    .pattern = "a domain and a path, like example.net/gateway-controller"};
const StringRule kProtocol{.minLength = 1,
    .maxLength = 255,
    .matches = isProtocol,
    .pattern = "^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$ or a domain-prefixed protocol"};
const StringRule kDateTime{.matches = isDateTime, .pattern = "an RFC 3339 date-time"};
const StringRule kDuration{.matches = isDuration, .pattern = "^([0-9]{1,5}(h|m|s|ms)){1,4}$"};
const StringRule kBufferSize{.matches = isBufferSize, .pattern = "^[1-9]+[0-9]*([EPTGMK]i|[EPTGMk])?$"};

} // namespace signalbox::manifest
