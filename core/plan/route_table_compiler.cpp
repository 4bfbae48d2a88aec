// SPDX-License-Identifier: Apache-2.0
#include "core/plan/route_table_compiler.h"

#include "core/plan/compiler.h"

#include <algorithm>
#include <cmath>

namespace signalbox::plan {

namespace {

constexpr base::Duration kRequestTimeout = std::chrono::seconds(60);
constexpr base::Duration kLeastIdleTimeout = std::chrono::hours(1);
constexpr double kPerMillion = 1'000'000.0;
constexpr std::uint16_t kPolicyErrorStatus = 500;

/// timeouts.backendRequest replaces the whole budget: AIGatewayRoute rules have no retry of their own,
/// under which it would be the budget of one attempt.
base::Duration requestTimeout(const manifest::RouteRule& rule)
{
    return rule.backendRequestTimeout ? rule.backendRequestTimeout->value
                                      : valueOr(rule.requestTimeout, kRequestTimeout);
}

base::Duration idleTimeout(base::Duration timeout)
{
    return timeout == base::Duration::zero() ? timeout : std::max(timeout, kLeastIdleTimeout);
}

std::uint32_t perMillion(const manifest::Optional<double>& percentage)
{
    const double share = valueOr(percentage, 100.0) / 100.0;
    return static_cast<std::uint32_t>(std::lround(std::clamp(share, 0.0, 1.0) * kPerMillion));
}

std::optional<FaultInjection> faultOf(const manifest::TrafficSettings& settings)
{
    FaultInjection fault;
    const bool aborts = settings.faultAbort && settings.faultAbort->httpStatus;
    if (aborts) {
        fault.abortStatus = toUint32(settings.faultAbort->httpStatus->value);
        fault.abortPerMillion = perMillion(settings.faultAbort->percentage);
    }
    if (settings.faultDelay) {
        fault.delay = settings.faultDelay->value;
        fault.delayPerMillion = perMillion(settings.faultDelayPercentage);
    }
    return aborts || settings.faultDelay ? std::optional(fault) : std::nullopt;
}

/// Envoy Gateway's sort: more header matches first, then more exact ones; equal ones stay in order.
bool comesBefore(const Route& left, const Route& right)
{
    const auto exact = [](const Route& route) {
        return std::count_if(route.headers.begin(), route.headers.end(),
            [](const HeaderMatch& match) { return match.regex == nullptr; });
    };
    if (left.headers.size() != right.headers.size()) {
        return left.headers.size() > right.headers.size();
    }
    return exact(left) > exact(right);
}

/// Dots stand for levels in Envoy's statistics, so route names have none.
std::string inRouteName(std::string domain)
{
    std::replace(domain.begin(), domain.end(), '.', '_');
    return domain;
}

} // namespace

RouteTableCompiler::RouteTableCompiler(
    TargetCompiler& targets, PolicyAttachment& policies, bool countsUsage, Plan& plan, Reporter& reporter)
    : m_targets(targets),
      m_policies(policies),
      m_countsUsage(countsUsage),
      m_plan(plan),
      m_reporter(reporter)
{}

void RouteTableCompiler::compile(
    Listener& listener, const std::vector<AttachedRoute>& attached, std::optional<base::Duration> streamIdleTimeout)
{
    m_domains.clear();
    m_streamIdleTimeout = streamIdleTimeout;
    for (const AttachedRoute& route : attached) {
        if (m_targets.isAccepted(*route.route)) {
            addRoute(listener, route);
        }
    }
    for (auto& [domain, routes] : m_domains) {
        std::stable_sort(routes.begin(), routes.end(), [&](std::uint32_t left, std::uint32_t right) {
            return comesBefore(m_plan.routes[left], m_plan.routes[right]);
        });
        listener.virtualHosts.push_back({domain, std::move(routes)});
    }
}

void RouteTableCompiler::addRoute(const Listener& listener, const AttachedRoute& attached)
{
    for (std::uint32_t rule = 0; rule < attached.route->rules.size(); ++rule) {
        addRule(listener, attached, rule);
    }
    addNotFound(listener, attached);
}

void RouteTableCompiler::addRule(const Listener& listener, const AttachedRoute& attached, std::uint32_t ruleIndex)
{
    const manifest::AIGatewayRoute& source = *attached.route;
    const manifest::RouteRule& rule = source.rules[ruleIndex];
    const EffectivePolicy policy = m_policies.effective(source, valueOr(rule.name, ""), listener.name);
    reportPolicy(source, policy);
    auto matches = matchesOf(source, ruleIndex);
    if (!matches) {
        return;
    }
    Route route = makeRoute(source, ruleIndex, policy);
    route.ruleName = valueOr(rule.name, "");
    route.place = placeOf(source.meta, rule.span);
    applyRule(rule, policy, route);
    applyTarget(policy, m_targets.compile(source, ruleIndex, policy.settings, attached.domains.front()), route);
    for (const std::string& domain : attached.domains) {
        for (std::uint32_t match = 0; match < matches->size(); ++match) {
            route.headers = (*matches)[match];
            add(route, match, domain);
        }
    }
}

void RouteTableCompiler::addNotFound(const Listener& listener, const AttachedRoute& attached)
{
    const manifest::AIGatewayRoute& source = *attached.route;
    const EffectivePolicy policy = m_policies.effective(source, std::string(kNotFoundRule), listener.name);
    Route route = makeRoute(source, static_cast<std::uint32_t>(source.rules.size()), policy);
    route.ruleName = kNotFoundRule;
    route.place = placeOf(source.meta);
    route.action = policy.isInvalid() ? Route::Action::DirectResponse : Route::Action::NotFound;
    route.directStatus = kPolicyErrorStatus;
    for (const std::string& domain : attached.domains) {
        add(route, 0, domain);
    }
}

Route RouteTableCompiler::makeRoute(
    const manifest::AIGatewayRoute& source, std::uint32_t ruleIndex, const EffectivePolicy& policy)
{
    Route route;
    route.routeName = source.meta.nameSpace + "/" + source.meta.name;
    route.shortRouteName = shortName(source.meta.name, m_plan.gatewayName);
    route.ruleIndex = ruleIndex;
    route.countsUsage = m_countsUsage;
    route.fault = policy.isInvalid() ? std::nullopt : faultOf(policy.settings);
    return route;
}

void RouteTableCompiler::applyRule(const manifest::RouteRule& rule, const EffectivePolicy& policy, Route& route)
{
    const manifest::TrafficSettings& settings = policy.settings;
    route.timeout = requestTimeout(rule);
    if (settings.streamIdleTimeout) {
        route.idleTimeout = settings.streamIdleTimeout->value;
    } else {
        route.idleTimeout = m_streamIdleTimeout.value_or(idleTimeout(route.timeout));
    }
    route.maxStreamDuration = valueOr(settings.maxStreamDuration, base::Duration{});
    route.perTryIdleTimeout = std::max(valueOr(rule.streamIdleTimeout, base::Duration{}), base::Duration{});
}

void RouteTableCompiler::applyTarget(const EffectivePolicy& policy, RuleTarget target, Route& route)
{
    if (policy.isInvalid()) {
        target = RuleTarget();
        target.directStatus = kPolicyErrorStatus;
    }
    route.action = target.action;
    route.cluster = target.cluster;
    route.weighted = std::move(target.weighted);
    route.invalidStatus = target.invalidStatus;
    route.directStatus = target.directStatus;
    if (!policy.retry || route.action != Route::Action::Forward) {
        return;
    }
    if (policy.retry->verdict == RetryTranslation::Verdict::FreezesGateway) {
        m_freezes = true;
        m_reporter.error("policy-freezes-gateway",
            nameOf(policy.policy->meta) + " freezes the whole Gateway: " + policy.retry->reason
                + ", which Envoy Gateway accepts but cannot translate, so it publishes nothing at all until that is "
                  "repaired.",
            placeOf(policy.retryPolicy->meta, policy.settings.retry->span));
    }
    route.retry = policy.retry->policy;
    route.retryPlace = placeOf(policy.retryPolicy->meta, policy.settings.retry->span);
    route.retrySource = nameOf(policy.retryPolicy->meta);
}

void RouteTableCompiler::add(Route route, std::uint32_t matchIndex, const std::string& domain)
{
    route.name = "httproute/" + route.routeName + "/rule/" + std::to_string(route.ruleIndex) + "/match/"
        + std::to_string(matchIndex) + "/" + inRouteName(domain);
    m_domains[domain].push_back(static_cast<std::uint32_t>(m_plan.routes.size()));
    m_plan.routes.push_back(std::move(route));
}

std::optional<std::vector<std::vector<HeaderMatch>>> RouteTableCompiler::matchesOf(
    const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex)
{
    std::vector<std::vector<HeaderMatch>> matches;
    for (const manifest::RouteMatch& source : route.rules[ruleIndex].matches) {
        std::vector<HeaderMatch>& headers = matches.emplace_back();
        for (const manifest::HeaderMatch& header : source.headers) {
            HeaderMatch match{lowerCase(header.name.value), header.value.value, nullptr};
            if (valueOr(header.type, "Exact") == "RegularExpression") {
                match.regex = std::make_shared<const re2::RE2>(match.value, re2::RE2::Quiet);
                if (!match.regex->ok()) {
                    m_reporter.warning("regex-invalid",
                        "The regular expression \"" + match.value + "\" in rule " + std::to_string(ruleIndex) + " of "
                            + nameOf(route.meta) + " is refused (" + match.regex->error()
                            + "), which removes the whole rule.",
                        placeOf(route.meta, header.value.span));
                    return std::nullopt;
                }
            }
            headers.push_back(std::move(match));
        }
    }
    if (matches.empty()) {
        matches.emplace_back(); // matches everything
    }
    return matches;
}

void RouteTableCompiler::reportPolicy(const manifest::AIGatewayRoute& route, const EffectivePolicy& policy)
{
    if (policy.policy == nullptr) {
        return;
    }
    if (policy.isInvalid()) {
        m_reporter.error("policy-invalid",
            nameOf(policy.policy->meta) + " is not accepted: " + policy.retry->reason
                + ". Every route that it covers answers 500.",
            placeOf(policy.retryPolicy->meta, policy.settings.retry->span));
    }
    reportSettings(route, *policy.policy);
    if (policy.mergedParent != nullptr) {
        reportSettings(route, *policy.mergedParent);
    }
}

void RouteTableCompiler::reportSettings(
    const manifest::AIGatewayRoute& route, const manifest::BackendTrafficPolicy& policy)
{
    const manifest::TrafficSettings& settings = policy.settings;
    if (settings.requestTimeout) {
        m_reporter.info("policy-timeout-ignored",
            "timeout.http.requestTimeout of " + nameOf(policy.meta)
                + " does nothing: AI Gateway gives every rule a request time-out (60 s by default), and that one wins.",
            placeOf(policy.meta, settings.requestTimeout->span));
    }
    if (settings.responseOverride) {
        m_reporter.warning("response-override-ignored",
            "responseOverride of " + nameOf(policy.meta) + " does nothing for the models of " + nameOf(route.meta)
                + ": the gateway decides about it before it knows the model.",
            placeOf(policy.meta));
    }
    if (valueOr(settings.loadBalancerType, "") == "BackendUtilization") {
        m_reporter.warning("balancer-not-simulated",
            nameOf(policy.meta)
                + " balances by BackendUtilization, which Signalbox replaces by round robin without the backends' "
                  "weights.",
            placeOf(policy.meta, settings.loadBalancerType->span));
    }
}

} // namespace signalbox::plan
