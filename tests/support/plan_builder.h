// SPDX-License-Identifier: Apache-2.0
#pragma once

// Plans made by hand for tests of the layers above plan: a cluster is a list of backends, each with one letter or
// word as its name.

#include "core/plan/plan.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace signalbox::test {

struct BackendSpec {
    std::string name;
    std::uint32_t weight = 1;
    std::uint32_t priority = 0;
    std::uint32_t endpoints = 1; ///< several get the names "x1", "x2", …
};

class PlanBuilder
{
public:
    enum class Kind { Static, Names };

    /// Adds a cluster "httproute/default/NAME/rule/0" and a route to it with the model header NAME; gives its index,
    /// which is the route's too. Static: addresses 10.0.0.1, 10.0.0.2, …; Names: "x.test:80".
    std::uint32_t cluster(const std::string& name, const std::vector<BackendSpec>& backends, Kind kind = Kind::Static)
    {
        plan::Cluster cluster;
        cluster.name = "httproute/default/" + name + "/rule/0";
        cluster.resolvesNames = kind == Kind::Names;
        cluster.fingerprint = cluster.name;
        for (std::size_t i = 0; i < backends.size(); ++i) {
            const BackendSpec& spec = backends[i];
            plan::Locality locality;
            locality.region = cluster.name + "/backend/" + std::to_string(i);
            locality.weight = spec.weight;
            locality.priority = spec.priority;
            locality.profile = static_cast<std::uint32_t>(m_plan->profiles.size());
            plan::BackendProfile profile;
            profile.name = spec.name;
            profile.shortName = spec.name;
            profile.refIndex = static_cast<std::uint32_t>(i);
            m_plan->profiles.push_back(std::move(profile));
            for (std::uint32_t e = 1; e <= spec.endpoints; ++e) {
                const std::string label = spec.endpoints == 1 ? spec.name : spec.name + std::to_string(e);
                locality.endpoints.push_back(endpoint(label, kind));
            }
            cluster.fingerprint += "|" + spec.name + "," + std::to_string(spec.weight);
            cluster.fingerprint += "," + std::to_string(spec.priority);
            cluster.localities.push_back(std::move(locality));
        }
        const auto index = static_cast<std::uint32_t>(m_plan->clusters.size());
        m_plan->clusters.push_back(std::move(cluster));

        plan::Route route;
        route.name = name;
        route.action = plan::Route::Action::Forward;
        route.cluster = index;
        route.headers.push_back({"x-ai-eg-model", name, nullptr});
        m_plan->routes.push_back(std::move(route));
        return index;
    }

    plan::Cluster& definition(std::uint32_t index) { return m_plan->clusters[index]; }
    plan::Route& route(std::uint32_t index) { return m_plan->routes[index]; }
    plan::RetryPolicy& retry(std::uint32_t index)
    {
        auto& policy = m_plan->routes[index].retry;
        if (!policy) {
            policy.emplace();
            policy->previousHosts = true;
        }
        return *policy;
    }
    plan::Plan& plan() { return *m_plan; }

    /// The plan; the builder goes on with a copy.
    plan::PlanPtr build()
    {
        auto finished = std::make_shared<plan::Plan>(*m_plan);
        return std::exchange(m_plan, std::move(finished));
    }

private:
    std::uint32_t endpoint(const std::string& label, Kind kind)
    {
        const auto index = static_cast<std::uint32_t>(m_plan->endpoints.size());
        plan::Endpoint endpoint;
        endpoint.port = 80;
        endpoint.serverName = label;
        if (kind == Kind::Names) {
            endpoint.host = label + ".test";
            endpoint.rewriteHost = endpoint.host;
        } else {
            endpoint.host = "10.0." + std::to_string(index / 250) + "." + std::to_string(index % 250 + 1);
            endpoint.address = base::parseAddress(endpoint.host, endpoint.port);
        }
        plan::Server server;
        server.name = label;
        server.endpoint = index;
        m_plan->endpoints.push_back(std::move(endpoint));
        m_plan->servers.push_back(std::move(server));
        return index;
    }

    std::shared_ptr<plan::Plan> m_plan = std::make_shared<plan::Plan>();
};

} // namespace signalbox::test
