// SPDX-License-Identifier: Apache-2.0
#include "core/plan/server_names.h"

#include "core/plan/compiler.h"

#include <algorithm>
#include <array>
#include <map>

namespace signalbox::plan {

namespace {

/// The InferenceService whose revision a host label names: "X-predictor", "X-predictor-default" or
/// "X-predictor-00001" stand for X; empty when it is none of these.
std::string_view inferenceServiceOf(std::string_view label)
{
    constexpr std::string_view kPredictor = "-predictor";
    constexpr std::string_view kDefault = "-default";
    if (label.ends_with(kDefault)) {
        label.remove_suffix(kDefault.size());
    } else if (const std::size_t end = label.find_last_not_of("0123456789");
               end != std::string_view::npos && end + 1 < label.size() && label[end] == '-') {
        label = label.substr(0, end);
    }
    return label.size() > kPredictor.size() && label.ends_with(kPredictor)
        ? label.substr(0, label.size() - kPredictor.size())
        : std::string_view();
}

std::string_view labelOf(std::string_view host, std::size_t position)
{
    for (; position > 0 && !host.empty(); --position) {
        const std::size_t dot = host.find('.');
        host = dot == std::string_view::npos ? std::string_view() : host.substr(dot + 1);
    }
    return host.substr(0, host.find('.'));
}

/// In which namespace a host name like "x.default.svc.cluster.local" points; else that of a backend on it.
std::string namespaceOf(const Endpoint& endpoint, const Server& server, const Plan& plan)
{
    const bool isClusterName =
        labelOf(endpoint.host, 2) == "svc" || (!labelOf(endpoint.host, 1).empty() && labelOf(endpoint.host, 2).empty());
    if (isClusterName) {
        return std::string(labelOf(endpoint.host, 1));
    }
    return server.backends.empty() ? std::string() : plan.backends[server.backends.front()].nameSpace;
}

void nameServer(const ResourceIndex& index, const Plan& plan, Server& server)
{
    const Endpoint& endpoint = plan.endpoints[server.endpoint];
    const std::string_view service =
        endpoint.address ? std::string_view() : inferenceServiceOf(labelOf(endpoint.host, 0));
    if (!service.empty()) {
        server.name = service;
        const auto* found = index.inferenceService({namespaceOf(endpoint, server, plan), server.name});
        if (found != nullptr && found->runsOllama) {
            server.models = found->pulledModels;
        }
    } else {
        server.name = server.backends.empty() ? endpoint.key() : plan.backends[server.backends.front()].shortName;
    }
}

} // namespace

void nameServers(const ResourceIndex& index, Plan& plan)
{
    for (Backend& backend : plan.backends) {
        backend.shortName = shortName(backend.name, plan.gatewayName);
    }
    for (BackendProfile& profile : plan.profiles) {
        profile.shortName = shortName(profile.name, plan.gatewayName);
    }
    plan.servers.resize(plan.endpoints.size());
    for (std::uint32_t backend = 0; backend < plan.backends.size(); ++backend) {
        for (const std::uint32_t endpoint : plan.backends[backend].endpoints) {
            std::vector<std::uint32_t>& backends = plan.servers[endpoint].backends;
            if (backends.empty() || backends.back() != backend) {
                backends.push_back(backend);
            }
        }
    }
    std::map<std::string, std::uint32_t> uses;
    for (std::uint32_t endpoint = 0; endpoint < plan.servers.size(); ++endpoint) {
        plan.servers[endpoint].endpoint = endpoint;
        nameServer(index, plan, plan.servers[endpoint]);
        ++uses[plan.servers[endpoint].name];
    }
    for (Server& server : plan.servers) {
        if (uses[server.name] > 1) {
            server.name = plan.endpoints[server.endpoint].key();
        }
        plan.endpoints[server.endpoint].serverName = server.name;
    }
}

std::string shortName(std::string_view name, std::string_view gatewayName)
{
    const auto differs = std::mismatch(name.begin(), name.end(), gatewayName.begin(), gatewayName.end()).first;
    const auto shared = name.substr(0, static_cast<std::size_t>(differs - name.begin()));
    const std::size_t dash = shared.rfind('-');
    const std::string_view rest = dash == std::string_view::npos ? name : name.substr(dash + 1);
    return std::string(rest.empty() ? name : rest);
}

std::vector<std::uint32_t> findBackends(const Plan& plan, std::string_view typed)
{
    std::array<std::vector<std::uint32_t>, 3> found; // with namespace, whole name, short name
    for (std::uint32_t index = 0; index < plan.backends.size(); ++index) {
        const Backend& backend = plan.backends[index];
        if (backend.nameSpace + "/" + backend.name == typed) {
            found[0].push_back(index);
        }
        if (backend.name == typed) {
            found[1].push_back(index);
        }
        if (backend.shortName == typed) {
            found[2].push_back(index);
        }
    }
    for (std::vector<std::uint32_t>& indices : found) {
        if (!indices.empty()) {
            return std::move(indices);
        }
    }
    return {};
}

std::uint32_t findServer(const Plan& plan, std::string_view typed)
{
    for (std::uint32_t index = 0; index < plan.servers.size(); ++index) {
        if (plan.servers[index].name == typed || plan.endpoints[plan.servers[index].endpoint].key() == typed) {
            return index;
        }
    }
    return kNone;
}

} // namespace signalbox::plan
