// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/record_json.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>

namespace signalbox::telemetry {

namespace {

using Json = nlohmann::ordered_json;

/// "2026-01-31T12:00:00.123Z"
std::string rfc3339(base::WallTime moment)
{
    using namespace std::chrono;
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{floor<milliseconds>(moment - day)};
    char text[48];
    const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return {text, static_cast<std::size_t>(length)};
}

/// To the microsecond; negative durations mean "none".
Json milliseconds(base::Duration duration)
{
    if (duration < base::Duration{}) {
        return nullptr;
    }
    return std::round(static_cast<double>(duration.count()) / 1e3) / 1e3;
}

Json known(std::int64_t count)
{
    return count < 0 ? Json(nullptr) : Json(count);
}

Json sent(std::uint16_t status)
{
    return status == 0 ? Json(nullptr) : Json(status);
}

template<typename T>
const T* at(const RequestRecord& record, const std::vector<T> plan::Plan::*list, std::uint32_t index)
{
    const bool there = record.plan && index < (record.plan.get()->*list).size();
    return there ? &(record.plan.get()->*list)[index] : nullptr;
}

Json attemptJson(const RequestRecord& record, std::size_t index)
{
    const AttemptRecord& attempt = record.attempts[index];
    const auto* profile = at(record, &plan::Plan::profiles, attempt.profile);
    const auto* endpoint = at(record, &plan::Plan::endpoints, attempt.endpoint);
    const auto* server = at(record, &plan::Plan::servers, attempt.endpoint);
    const bool overridden = profile && !profile->modelNameOverride.empty();
    return {
        {"backend", profile ? Json(profile->name) : Json(nullptr)},
        {"name", server ? Json(server->name) : Json(nullptr)},
        {"endpoint", endpoint ? Json(endpoint->key()) : Json(nullptr)},
        {"address", endpoint ? Json(base::addressText(attempt.address)) : Json(nullptr)},
        {"priority", attempt.priority},
        {"model", overridden ? profile->modelNameOverride : record.model},
        {"outcome", dispatch::outcomeWord(attempt.outcome)},
        {"reason", reasonText(record, index)},
        {"status", sent(attempt.status)},
        {"start_ms", milliseconds(attempt.start)},
        {"end_ms", milliseconds(attempt.end)},
    };
}

/// Control characters would let a client's model name write to the terminal.
std::string printable(std::string text)
{
    for (char& c : text) {
        c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
    return text;
}

} // namespace

std::string toJson(const RequestRecord& record)
{
    const auto* route = at(record, &plan::Plan::routes, record.route);
    Json attempts = Json::array();
    for (std::size_t i = 0; i < record.attempts.size(); ++i) {
        attempts.push_back(attemptJson(record, i));
    }
    const Json json = {
        {"event", "request"},
        {"id", record.id},
        {"time", rfc3339(record.time)},
        {"model", record.model},
        {"route", route ? Json(route->routeName) : Json(nullptr)},
        {"rule", route ? Json(route->ruleIndex) : Json(nullptr)},
        {"attempts", std::move(attempts)},
        {"status", sent(record.status)},
        {"bytes_in", record.bytesIn},
        {"bytes_out", record.bytesOut},
        {"first_ms", milliseconds(record.first)},
        {"total_ms", milliseconds(record.total)},
        {"tokens", {{"input", known(record.tokensIn)}, {"output", known(record.tokensOut)}}},
    };
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string toText(const RequestRecord& record)
{
    const auto* route = at(record, &plan::Plan::routes, record.route);
    std::string text = rfc3339(record.time).substr(11, 12) + " ";
    text += record.status == 0 ? "---" : std::to_string(record.status);
    text += " " + (record.model.empty() ? "(no model)" : printable(record.model));
    text += " " + (route ? route->shortRouteName + "/" + std::to_string(route->ruleIndex) : "(no route)");
    for (std::size_t i = 0; i < record.attempts.size(); ++i) {
        const AttemptRecord& attempt = record.attempts[i];
        const auto* server = at(record, &plan::Plan::servers, attempt.endpoint);
        text += i == 0 ? ": " : " > ";
        text += server ? server->name + " " : std::string();
        const bool status = attempt.outcome == dispatch::AttemptOutcome::Status;
        text += status ? std::to_string(attempt.status) : std::string(dispatch::outcomeWord(attempt.outcome));
    }
    text += record.complete || record.status == 0 ? "" : ", broken off";
    return text + ", " + std::to_string(std::chrono::round<std::chrono::milliseconds>(record.total).count()) + " ms";
}

} // namespace signalbox::telemetry
