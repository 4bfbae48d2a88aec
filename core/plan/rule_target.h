// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a rule sends requests: one cluster with a locality per backendRef, weighted clusters, or a
// direct response (envoy-routing 1.3 to 1.5).

#include "core/plan/backend_table.h"
#include "core/plan/plan.h"
#include "core/plan/reporter.h"
#include "core/plan/resource_index.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace signalbox::plan {

/// The part of Route that a rule and its policy decide.
struct RuleTarget {
    Route::Action action = Route::Action::DirectResponse;
    std::uint32_t cluster = kNone;
    std::vector<Route::WeightedCluster> weighted;
    std::uint16_t invalidStatus = 500;
    std::uint16_t directStatus = 500;
};

class TargetCompiler
{
public:
    TargetCompiler(const ResourceIndex& index, const BackendTable& backends, Plan& plan, Reporter& reporter);

    /// Whether AI Gateway's controller makes an HTTPRoute of it: every AIServiceBackend exists and may be
    /// referred to. Reports what is missing.
    bool isAccepted(const manifest::AIGatewayRoute& route);

    /// Of an accepted route. Clusters are made once per name, whatever listener asks; `domain`: of the
    /// first route that leads here.
    RuleTarget compile(const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex,
        const manifest::TrafficSettings& settings, const std::string& domain);

private:
    struct Ref;
    struct Context;

    std::vector<Ref> resolveRefs(const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex);
    Ref resolveRef(const manifest::AIGatewayRoute& route, const manifest::BackendRef& source, std::uint32_t refIndex);
    RuleTarget oneCluster(const Context& context, const std::vector<const Ref*>& refs);
    RuleTarget weightedClusters(const Context& context, const std::vector<const Ref*>& refs);
    std::uint32_t cluster(const Context& context, const std::string& name, const std::vector<const Ref*>& refs);
    std::uint32_t profile(const Context& context, std::uint32_t refIndex);
    void reportLostPriorities(const Context& context, const std::vector<const Ref*>& refs);
    void reportSharedIdentity(const Context& context, const std::vector<const Ref*>& refs);

    const ResourceIndex& m_index;
    const BackendTable& m_backends;
    Plan& m_plan;
    Reporter& m_reporter;
    std::map<std::string, std::uint32_t> m_clusters;
    std::map<std::tuple<std::string, std::string, std::uint32_t, std::uint32_t>, std::uint32_t> m_profiles;
};

} // namespace signalbox::plan
