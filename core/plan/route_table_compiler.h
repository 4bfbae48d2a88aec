// SPDX-License-Identifier: Apache-2.0
#pragma once

// The routes of one listener: one per rule, match and domain, in the order in which Envoy tries them
// (ai-gateway 3.4 and 3.5; time-outs: envoy-routing 1.9).

#include "core/plan/plan.h"
#include "core/plan/policy_attachment.h"
#include "core/plan/reporter.h"
#include "core/plan/route_attachment.h"
#include "core/plan/rule_target.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace signalbox::plan {

class RouteTableCompiler
{
public:
    RouteTableCompiler(
        TargetCompiler& targets, PolicyAttachment& policies, bool countsUsage, Plan& plan, Reporter& reporter);

    /// Adds the virtual hosts of `attached` to the listener, sorted by domain. `streamIdleTimeout`: of a
    /// ClientTrafficPolicy; routes then have no idle time-out of their own.
    void compile(Listener& listener, const std::vector<AttachedRoute>& attached,
        std::optional<base::Duration> streamIdleTimeout);

    /// A policy of a route that forwards makes Envoy Gateway publish nothing (envoy-routing 3.1).
    bool freezesGateway() const { return m_freezes; }

private:
    void addRoute(const Listener& listener, const AttachedRoute& attached);
    void addRule(const Listener& listener, const AttachedRoute& attached, std::uint32_t ruleIndex);
    void addNotFound(const Listener& listener, const AttachedRoute& attached);
    Route makeRoute(const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex, const EffectivePolicy& policy);
    void applyRule(const manifest::RouteRule& rule, const EffectivePolicy& policy, Route& route);
    void applyTarget(const EffectivePolicy& policy, RuleTarget target, Route& route);
    void add(Route route, std::uint32_t matchIndex, const std::string& domain);
    /// The matches' headers; nothing when an expression is refused, which removes the rule.
    std::optional<std::vector<std::vector<HeaderMatch>>> matchesOf(
        const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex);
    void reportPolicy(const manifest::AIGatewayRoute& route, const EffectivePolicy& policy);
    void reportSettings(const manifest::AIGatewayRoute& route, const manifest::BackendTrafficPolicy& policy);

    TargetCompiler& m_targets;
    PolicyAttachment& m_policies;
    bool m_countsUsage;
    Plan& m_plan;
    Reporter& m_reporter;
    bool m_freezes = false;
    std::optional<base::Duration> m_streamIdleTimeout;           ///< of the listener at hand
    std::map<std::string, std::vector<std::uint32_t>> m_domains; ///< of the listener at hand
};

} // namespace signalbox::plan
