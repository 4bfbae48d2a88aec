// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looking into a compiled plan.

#include "core/plan/compiler.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::tests {

/// Codes of all diagnostics, sorted.
inline std::vector<std::string> codesOf(const plan::Compiled& compiled)
{
    std::vector<std::string> codes;
    for (const text::Diagnostic& diagnostic : compiled.diagnostics) {
        codes.push_back(diagnostic.code);
    }
    std::sort(codes.begin(), codes.end());
    return codes;
}

/// Names of the routes of a domain on a listener, in match order; empty when there is no such domain.
inline std::vector<std::string> routeNames(
    const plan::Plan& plan, std::string_view domain = "*", std::size_t listener = 0)
{
    std::vector<std::string> names;
    for (const plan::VirtualHost& host : plan.listeners.at(listener).virtualHosts) {
        if (host.domain == domain) {
            for (const std::uint32_t route : host.routes) {
                names.push_back(plan.routes.at(route).name);
            }
        }
    }
    return names;
}

inline std::vector<std::string> domains(const plan::Plan& plan, std::size_t listener = 0)
{
    std::vector<std::string> names;
    for (const plan::VirtualHost& host : plan.listeners.at(listener).virtualHosts) {
        names.push_back(host.domain);
    }
    return names;
}

/// The first route that forwards or answers for this rule of "default/ROUTE".
inline const plan::Route& routeOf(const plan::Plan& plan, std::string_view route, std::uint32_t rule = 0)
{
    const auto found = std::find_if(plan.routes.begin(), plan.routes.end(), [&](const plan::Route& candidate) {
        return candidate.routeName == "default/" + std::string(route) && candidate.ruleIndex == rule;
    });
    return found == plan.routes.end() ? plan.routes.at(plan.routes.size()) : *found;
}

/// The cluster of a rule in one-cluster form.
inline const plan::Cluster& clusterOf(const plan::Plan& plan, std::string_view route, std::uint32_t rule = 0)
{
    return plan.clusters.at(routeOf(plan, route, rule).cluster);
}

} // namespace signalbox::tests
