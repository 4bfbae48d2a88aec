// SPDX-License-Identifier: Apache-2.0
#include "core/http/path.h"

#include "core/http/head.h"

#include <algorithm>
#include <vector>

namespace signalbox::http {
namespace {

int hexValue(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool isUnreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'
        || c == '_' || c == '~';
}

bool isEscape(std::string_view text, std::size_t at)
{
    return text[at] == '%' && at + 2 < text.size() && hexValue(text[at + 1]) >= 0 && hexValue(text[at + 2]) >= 0;
}

/// Undoes escapes of unreserved characters and of slashes; `slashes` tells whether one of the latter was met.
std::string unescape(std::string_view path, bool& slashes)
{
    std::string out;
    std::vector<std::size_t> strays; // places of "%" that began no escape
    out.reserve(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (!isEscape(path, i)) {
            if (path[i] == '%') {
                strays.push_back(out.size());
            }
            out += path[i] == '\\' ? '/' : path[i];
            continue;
        }
        const char c = static_cast<char>(hexValue(path[i + 1]) * 16 + hexValue(path[i + 2]));
        const bool slash = c == '/' || c == '\\';
        slashes = slashes || slash;
        if (slash) {
            out += '/';
        } else if (isUnreserved(c)) {
            out += c;
        } else {
            out.append(path.substr(i, 3));
        }
        i += 2;
    }
    // "%%34%31" must not come out as "%41", which the next hop would undo: Envoy's URL library makes it "%2541".
    std::string safe;
    std::size_t copied = 0;
    for (const std::size_t stray : strays) {
        if (isEscape(out, stray)) {
            safe.append(out, copied, stray + 1 - copied).append("25");
            copied = stray + 1;
        }
    }
    return safe.append(out, copied);
}

/// Resolves "." and ".." (RFC 3986, 5.2.4), then merges slashes: in this order, so that ".." takes back an empty segment.
std::string resolveSegments(std::string_view path)
{
    std::vector<std::string_view> segments;
    bool endsWithSlash = false;
    while (!path.empty()) {
        const std::size_t slash = path.find('/', 1);
        const std::string_view segment = path.substr(1, slash == std::string_view::npos ? slash : slash - 1);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
        endsWithSlash = segment.empty() || segment == "." || segment == "..";
        if (segment == "..") {
            if (!segments.empty()) {
                segments.pop_back();
            }
        } else if (segment != ".") {
            segments.push_back(segment);
        }
    }
    std::string out;
    for (const std::string_view segment : segments) {
        if (!segment.empty()) {
            out.append("/").append(segment);
        }
    }
    if (endsWithSlash || out.empty()) {
        out += '/';
    }
    return out;
}

} // namespace

bool isNormalTarget(std::string_view target)
{
    if (target.empty() || target.front() != '/') {
        return false;
    }
    const std::size_t end = std::min(target.find('?'), target.size());
    if (target.find('#') != std::string_view::npos) {
        return false;
    }
    for (std::size_t i = 0; i < end; ++i) {
        if (target[i] == '%' || target[i] == '\\') {
            return false;
        }
        if (target[i] == '/' && i + 1 < end && (target[i + 1] == '/' || target[i + 1] == '.')) {
            return false;
        }
    }
    return true;
}

NormalizedTarget normalizeTarget(std::string_view target)
{
    NormalizedTarget result;
    const std::size_t scheme = target.find("://");
    if (scheme != std::string_view::npos && target.front() != '/'
        && (equalsIgnoreCase(target.substr(0, scheme), "http")
            || equalsIgnoreCase(target.substr(0, scheme), "https"))) {
        const std::string_view rest = target.substr(scheme + 3);
        const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
        result.authority = rest.substr(0, end);
        target = end < rest.size() && rest[end] == '/' ? rest.substr(end) : std::string_view("/");
    }
    if (target.empty() || target.front() != '/' || target.find('#') != std::string_view::npos) {
        result.kind = target == "*" ? NormalizedTarget::Kind::Path : NormalizedTarget::Kind::Refused;
        result.path = target;
        return result;
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    result.query = target.substr(question);
    bool slashes = false;
    result.path = resolveSegments(unescape(target.substr(0, question), slashes));
    result.kind = slashes ? NormalizedTarget::Kind::Redirect : NormalizedTarget::Kind::Path;
    return result;
}

} // namespace signalbox::http
