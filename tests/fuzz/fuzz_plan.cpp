// SPDX-License-Identifier: Apache-2.0
// link: manifest plan

// Whatever can be read can be compiled, to the same plan every time, and every index of a plan lies inside its table.

#include "core/manifest/input.h"
#include "core/manifest/resource_reader.h"
#include "core/plan/compiler.h"
#include "tests/fuzz/require.h"

#include <cstdint>

namespace {

using namespace signalbox;
using fuzz::require;

manifest::Resources read(const std::string& bytes)
{
    manifest::LoadedDocuments loaded;
    manifest::loadText(std::make_shared<const text::SourceText>("fuzz.yaml", bytes), loaded);
    return manifest::readResources(loaded.documents, loaded.diagnostics);
}

void checkCluster(const plan::Plan& plan, const plan::Cluster& cluster)
{
    for (const plan::Locality& locality : cluster.localities) {
        require(locality.weight > 0 && locality.profile < plan.profiles.size());
        for (const std::uint32_t endpoint : locality.endpoints) {
            require(endpoint < plan.endpoints.size());
        }
    }
}

void checkRoute(const plan::Plan& plan, const plan::Route& route)
{
    require(route.cluster == plan::kNone || route.cluster < plan.clusters.size());
    for (const auto& choice : route.weighted) {
        require(choice.cluster == plan::kNone || choice.cluster < plan.clusters.size());
    }
    for (const plan::HeaderMatch& header : route.headers) {
        require(!header.regex || header.regex->ok());
    }
}

void checkIndices(const plan::Plan& plan)
{
    require(!plan.listeners.empty() && plan.servers.size() == plan.endpoints.size());
    for (const plan::Cluster& cluster : plan.clusters) {
        checkCluster(plan, cluster);
    }
    for (const plan::Route& route : plan.routes) {
        checkRoute(plan, route);
    }
    for (const plan::Listener& listener : plan.listeners) {
        for (const plan::VirtualHost& host : listener.virtualHosts) {
            for (const std::uint32_t route : host.routes) {
                require(route < plan.routes.size());
            }
        }
    }
    for (const plan::Server& server : plan.servers) {
        require(server.endpoint < plan.endpoints.size());
        for (const std::uint32_t backend : server.backends) {
            require(backend < plan.backends.size());
        }
    }
}

/// What is compared of two plans: everything that a request can meet.
std::string told(const plan::Plan& plan)
{
    std::string text = plan.gatewayNamespace + "/" + plan.gatewayName + "\n";
    for (const plan::Listener& listener : plan.listeners) {
        text += listener.name + " " + std::to_string(listener.port) + " " + std::to_string(listener.bufferLimit) + "\n";
        for (const plan::VirtualHost& host : listener.virtualHosts) {
            text += " " + host.domain;
            for (const std::uint32_t route : host.routes) {
                text += " " + std::to_string(route);
            }
            text += "\n";
        }
    }
    for (const plan::Route& route : plan.routes) {
        text += route.name + " " + std::to_string(route.cluster) + " " + std::to_string(static_cast<int>(route.action))
            + " " + std::to_string(route.timeout.count()) + " " + route.retrySource + "\n";
    }
    for (const plan::Cluster& cluster : plan.clusters) {
        text += cluster.name + " " + cluster.fingerprint + "\n";
    }
    for (const plan::Server& server : plan.servers) {
        text += server.name + " " + plan.endpoints[server.endpoint].key() + "\n";
    }
    for (const plan::Model& model : plan.models) {
        text += model.name + " " + model.ownedBy + "\n";
    }
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string bytes(data, data + size);
    const manifest::Resources resources = read(bytes);
    const plan::Compiled first = plan::compile(resources);
    const plan::Compiled second = plan::compile(read(bytes));
    require(
        first.status == second.status && first.gateways == second.gateways && first.diagnostics == second.diagnostics);
    require((first.status == plan::CompileStatus::Ok) == (first.plan != nullptr));
    for (const std::string& gateway : first.gateways) {
        plan::compile(resources, {gateway});
    }
    if (first.plan) {
        checkIndices(*first.plan);
        require(told(*first.plan) == told(*second.plan));
    }
    return 0;
}
