// SPDX-License-Identifier: Apache-2.0
#include "core/chat/answer.h"
#include "core/chat/json_edit.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace signalbox::chat {

namespace {

using Models = std::vector<const plan::Model*>;

/// How well a hostname of a route fits: 0 not at all, more for a longer wildcard suffix, most for the exact name.
std::size_t fit(std::string_view pattern, std::string_view host)
{
    if (pattern == host) {
        return std::string_view::npos;
    }
    if (pattern.substr(0, 2) != "*.") {
        return 0;
    }
    const std::string_view suffix = pattern.substr(1);
    if (host.size() < suffix.size() || host.substr(host.size() - suffix.size()) != suffix) {
        return 0;
    }
    // A wildcard stands for one label.
    const std::string_view label = host.substr(0, host.size() - suffix.size());
    return label.find('.') == std::string_view::npos ? suffix.size() : 0;
}

/// All without scoped routes; else those of the best fitting hostname and then those of routes without hostnames.
Models modelsFor(const plan::Plan& plan, std::string_view host)
{
    std::string_view best;
    std::size_t bestFit = 0;
    bool scoped = false;
    for (const plan::Model& model : plan.models) {
        for (const std::string& pattern : model.hostnames) {
            scoped = true;
            if (const std::size_t found = fit(pattern, host); found > bestFit) {
                bestFit = found;
                best = pattern;
            }
        }
    }
    const bool all = !scoped || host.empty();
    Models chosen;
    for (const plan::Model& model : plan.models) {
        const auto& names = model.hostnames;
        if (all || (bestFit != 0 && std::find(names.begin(), names.end(), best) != names.end())) {
            chosen.push_back(&model);
        }
    }
    for (const plan::Model& model : plan.models) {
        if (!all && model.hostnames.empty()) {
            chosen.push_back(&model);
        }
    }
    return chosen;
}

std::string rfc3339(std::int64_t unixSeconds)
{
    using namespace std::chrono;
    const sys_seconds moment{seconds{unixSeconds}};
    const sys_days day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{moment - day};
    char text[48];
    const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return {text, static_cast<std::size_t>(length)};
}

std::string openAiEntry(const plan::Model& model)
{
    return R"({"id":)" + quoted(model.name) + R"(,"created":)" + std::to_string(model.createdUnixSeconds)
        + R"(,"object":"model","owned_by":)" + quoted(model.ownedBy) + "}";
}

std::string anthropicEntry(const plan::Model& model)
{
    const std::string name = quoted(model.name);
    return R"({"id":)" + name + R"(,"type":"model","display_name":)" + name + R"(,"created_at":")"
        + rfc3339(model.createdUnixSeconds) + R"("})";
}

} // namespace

std::string modelList(const plan::Plan& plan, Endpoint endpoint, std::string_view host)
{
    const bool anthropic = endpoint == Endpoint::AnthropicModels;
    const Models models = modelsFor(plan, host);
    std::string body = R"({"data":[)";
    for (const plan::Model* model : models) {
        body += body.back() == '[' ? "" : ",";
        body += anthropic ? anthropicEntry(*model) : openAiEntry(*model);
    }
    body += ']';
    if (!anthropic) {
        return body + R"(,"object":"list"})";
    }
    // An empty name is left out, as an empty list is.
    const auto named = [&](std::string_view key, const plan::Model* model) {
        if (model != nullptr && !model->name.empty()) {
            body.append(",\"").append(key).append("\":").append(quoted(model->name));
        }
    };
    named("first_id", models.empty() ? nullptr : models.front());
    body += R"(,"has_more":false)";
    named("last_id", models.empty() ? nullptr : models.back());
    return body += '}';
}

} // namespace signalbox::chat
