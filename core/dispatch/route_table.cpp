// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/route_table.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

namespace signalbox::dispatch {
namespace {

constexpr std::string_view kAnyHost = "*";

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// `pattern` is lower-case already.
bool equalsIgnoringCase(std::string_view text, std::string_view pattern)
{
    const auto same = [](char a, char b) { return lower(a) == b; };
    return std::equal(text.begin(), text.end(), pattern.begin(), pattern.end(), same);
}

std::string_view withoutPort(std::string_view host)
{
    const std::size_t colon = host.rfind(':');
    const std::size_t bracket = host.rfind(']'); // an IPv6 literal has colons of its own
    const bool hasPort = colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
    return hasPort ? host.substr(0, colon) : host;
}

/// The value of a header, repeated ones joined; the last answer is kept, since routes in a row ask for the same name.
class HeaderValues
{
public:
    explicit HeaderValues(std::span<const HeaderView> headers) : m_headers(headers) {}

    const std::optional<std::string_view>& find(std::string_view name)
    {
        if (m_known && name == m_name) {
            return m_value;
        }
        m_known = true;
        m_name = name;
        m_value.reset();
        bool joined = false;
        for (const HeaderView& header : m_headers) {
            if (header.name != name) {
                continue;
            }
            if (!m_value) {
                m_value = header.value;
                continue;
            }
            if (!joined) {
                m_joined = *m_value;
                joined = true;
            }
            m_joined += ',';
            m_joined += header.value;
            m_value = m_joined;
        }
        return m_value;
    }

private:
    std::span<const HeaderView> m_headers;
    bool m_known = false;
    std::string_view m_name;
    std::optional<std::string_view> m_value;
    std::string m_joined;
};

bool matches(const plan::HeaderMatch& match, HeaderValues& values)
{
    const auto& value = values.find(match.name);
    if (!value) {
        return false;
    }
    if (match.regex) {
        return re2::RE2::FullMatch(re2::StringPiece(value->data(), value->size()), *match.regex);
    }
    return *value == match.value;
}

} // namespace

const plan::VirtualHost* findVirtualHost(const plan::Listener& listener, std::string_view host)
{
    host = withoutPort(host);
    const plan::VirtualHost* best = nullptr;
    for (const plan::VirtualHost& candidate : listener.virtualHosts) {
        const std::string_view domain = candidate.domain;
        if (equalsIgnoringCase(host, domain)) {
            return &candidate;
        }
        const bool isBetter = !best || domain.size() > best->domain.size();
        if (!isBetter || !domain.starts_with('*')) {
            continue;
        }
        const std::string_view suffix = domain.substr(1);
        const bool fits = domain == kAnyHost
            || (host.size() > suffix.size() && equalsIgnoringCase(host.substr(host.size() - suffix.size()), suffix));
        if (fits) {
            best = &candidate;
        }
    }
    return best;
}

const plan::Route* matchRoute(
    const plan::Plan& plan, const plan::VirtualHost& virtualHost, std::span<const HeaderView> headers)
{
    HeaderValues values(headers);
    for (const std::uint32_t index : virtualHost.routes) {
        const plan::Route& route = plan.routes[index];
        const auto holds = [&](const plan::HeaderMatch& match) { return matches(match, values); };
        if (std::all_of(route.headers.begin(), route.headers.end(), holds)) {
            return &route;
        }
    }
    return nullptr;
}

} // namespace signalbox::dispatch
