// SPDX-License-Identifier: Apache-2.0
#include "core/plan/models.h"

#include <charconv>
#include <chrono>

namespace signalbox::plan {

namespace {

constexpr std::string_view kModelHeader = "x-ai-eg-model";

/// Reads fixed parts of a text one after the other; once one does not fit, nothing fits.
class Parts
{
public:
    explicit Parts(std::string_view text) : m_rest(text) {}

    int digits(std::size_t count)
    {
        int number = 0;
        if (m_rest.size() < count) {
            m_fits = false;
            return 0;
        }
        const char* end = m_rest.data() + count;
        const auto result = std::from_chars(m_rest.data(), end, number);
        m_fits = m_fits && result.ec == std::errc() && result.ptr == end && number >= 0;
        m_rest.remove_prefix(count);
        return number;
    }

    /// One of `allowed`; the next character, or a null one.
    char oneOf(std::string_view allowed)
    {
        if (m_rest.empty() || allowed.find(m_rest.front()) == std::string_view::npos) {
            m_fits = false;
            return '\0';
        }
        const char found = m_rest.front();
        m_rest.remove_prefix(1);
        return found;
    }

    void skipFraction()
    {
        if (!m_rest.starts_with('.')) {
            return;
        }
        const std::size_t end = m_rest.find_first_not_of("0123456789", 1);
        m_fits = m_fits && end != 1 && m_rest.size() > 1;
        m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end);
    }

    bool fitsWhole() const { return m_fits && m_rest.empty(); }

private:
    std::string_view m_rest;
    bool m_fits = true;
};

bool isModelMatch(const manifest::HeaderMatch& header)
{
    return header.name.value == kModelHeader && valueOr(header.type, "Exact") == "Exact";
}

void addModels(const manifest::AIGatewayRoute& route, const manifest::RouteRule& rule,
    const manifest::HeaderMatch& header, std::vector<Model>& models)
{
    if (!isModelMatch(header)) {
        return;
    }
    Model model;
    model.name = header.value.value;
    model.ownedBy = valueOr(rule.modelsOwnedBy, model.ownedBy);
    if (rule.modelsCreatedAt) {
        model.createdUnixSeconds = unixSeconds(rule.modelsCreatedAt->value).value_or(model.createdUnixSeconds);
    }
    for (const auto& hostname : route.hostnames) {
        model.hostnames.push_back(lowerCase(hostname.value));
    }
    models.push_back(std::move(model));
}

} // namespace

std::optional<std::int64_t> unixSeconds(std::string_view moment)
{
    using namespace std::chrono;
    Parts parts(moment);
    const year years{parts.digits(4)};
    parts.oneOf("-");
    const month months{static_cast<unsigned>(parts.digits(2))};
    parts.oneOf("-");
    const day days{static_cast<unsigned>(parts.digits(2))};
    parts.oneOf("Tt");
    const int hour = parts.digits(2);
    parts.oneOf(":");
    const int minute = parts.digits(2);
    parts.oneOf(":");
    const int second = parts.digits(2);
    parts.skipFraction();
    const char zone = parts.oneOf("Zz+-");
    int offset = 0;
    if (zone == '+' || zone == '-') {
        const int zoneHours = parts.digits(2);
        parts.oneOf(":");
        offset = (zoneHours * 60 + parts.digits(2)) * (zone == '+' ? 60 : -60);
    }
    const year_month_day date{years, months, days};
    if (!parts.fitsWhole() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return std::nullopt;
    }
    const auto sinceEpoch =
        sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second - offset);
    return std::int64_t{duration_cast<seconds>(sinceEpoch).count()};
}

std::vector<Model> listModels(const std::vector<const manifest::AIGatewayRoute*>& routes)
{
    std::vector<Model> models;
    for (const manifest::AIGatewayRoute* route : routes) {
        for (const manifest::RouteRule& rule : route->rules) {
            for (const manifest::RouteMatch& match : rule.matches) {
                for (const manifest::HeaderMatch& header : match.headers) {
                    addModels(*route, rule, header, models);
                }
            }
        }
    }
    return models;
}

} // namespace signalbox::plan
