// SPDX-License-Identifier: Apache-2.0
#include "core/plan/cluster_settings.h"

#include "core/plan/resource_index.h"

#include <algorithm>

namespace signalbox::plan {

namespace {

void assign(const manifest::Optional<std::int64_t>& source, std::uint32_t& target)
{
    if (source) {
        target = toUint32(source->value);
    }
}

void assign(const manifest::Optional<std::int64_t>& source, std::optional<std::uint32_t>& target)
{
    if (source) {
        target = toUint32(source->value);
    }
}

template<typename T>
void assign(const manifest::Optional<T>& source, T& target)
{
    if (source) {
        target = source->value;
    }
}

OutlierDetection outlierDetection(const manifest::PassiveHealthSpec& spec)
{
    OutlierDetection outlier;
    assign(spec.consecutive5XxErrors, outlier.consecutive5xx);
    assign(spec.consecutiveGatewayErrors, outlier.consecutiveGatewayErrors);
    assign(spec.splitExternalLocalOriginErrors, outlier.splitLocalOrigin);
    assign(spec.consecutiveLocalOriginFailures, outlier.consecutiveLocalOriginFailures);
    assign(spec.interval, outlier.interval);
    assign(spec.baseEjectionTime, outlier.baseEjectionTime);
    // An explicit 0 is not passed on, so Envoy's own default of 10 % holds.
    if (spec.maxEjectionPercent && spec.maxEjectionPercent->value > 0) {
        outlier.maxEjectionPercent = toUint32(spec.maxEjectionPercent->value);
    }
    assign(spec.failurePercentageThreshold, outlier.failurePercentageThreshold);
    assign(spec.alwaysEjectOneEndpoint, outlier.alwaysEjectOne);
    return outlier;
}

std::string upperCase(std::string text)
{
    for (char& letter : text) {
        letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return text;
}

ActiveHealthCheck activeHealthCheck(const manifest::ActiveHealthSpec& spec, const std::string& checkHost)
{
    ActiveHealthCheck check;
    check.type = valueOr(spec.type, "HTTP") == "TCP" ? ActiveHealthCheck::Type::Tcp : ActiveHealthCheck::Type::Http;
    assign(spec.timeout, check.timeout);
    assign(spec.interval, check.interval);
    assign(spec.unhealthyThreshold, check.unhealthyThreshold);
    assign(spec.healthyThreshold, check.healthyThreshold);
    assign(spec.httpPath, check.path);
    check.method = upperCase(valueOr(spec.httpMethod, check.method));
    check.host = valueOr(spec.httpHostname, checkHost);
    if (!spec.expectedStatuses.empty()) {
        check.expectedStatuses.clear();
        for (const auto& status : spec.expectedStatuses) {
            check.expectedStatuses.push_back(
                static_cast<std::uint16_t>(std::clamp<std::int64_t>(status.value, 0, 999)));
        }
        std::sort(check.expectedStatuses.begin(), check.expectedStatuses.end());
        check.expectedStatuses.erase(
            std::unique(check.expectedStatuses.begin(), check.expectedStatuses.end()), check.expectedStatuses.end());
    }
    return check;
}

CircuitBreakers circuitBreakers(const manifest::CircuitBreakerSpec& spec)
{
    CircuitBreakers breakers;
    assign(spec.maxConnections, breakers.maxConnections);
    assign(spec.maxPendingRequests, breakers.maxPendingRequests);
    assign(spec.maxParallelRequests, breakers.maxRequests);
    assign(spec.maxParallelRetries, breakers.maxRetries);
    assign(spec.maxRequestsPerConnection, breakers.maxRequestsPerConnection);
    assign(spec.perEndpointMaxConnections, breakers.perHostMaxConnections);
    if (spec.retryBudgetPercent || spec.retryBudgetMinConcurrency) {
        CircuitBreakers::RetryBudget budget;
        budget.percent = static_cast<double>(valueOr(spec.retryBudgetPercent, budget.percent));
        assign(spec.retryBudgetMinConcurrency, budget.minConcurrency);
        breakers.retryBudget = budget;
    }
    return breakers;
}

LoadBalancer balancerOf(const std::string& type)
{
    if (type == "RoundRobin" || type == "BackendUtilization") {
        return LoadBalancer::RoundRobin;
    }
    if (type == "Random") {
        return LoadBalancer::Random;
    }
    return type == "ConsistentHash" ? LoadBalancer::ConsistentHash : LoadBalancer::LeastRequest;
}

DnsFamily familyOf(const std::string& family)
{
    if (family == "IPv4") {
        return DnsFamily::V4Only;
    }
    if (family == "IPv6") {
        return DnsFamily::V6Only;
    }
    if (family == "IPv6Preferred") {
        return DnsFamily::V6Preferred;
    }
    return family == "IPv4AndIPv6" ? DnsFamily::All : DnsFamily::V4Preferred;
}

void applyBalancer(const manifest::TrafficSettings& settings, Cluster& cluster)
{
    const std::string type = valueOr(settings.loadBalancerType, "LeastRequest");
    cluster.balancer = balancerOf(type);
    cluster.localityWeights = !settings.endpointOverride && type != "BackendUtilization"
        && (type != "ConsistentHash" || settings.weightedZones);
    if (type != "Random" && type != "ConsistentHash") {
        cluster.slowStartWindow = valueOr(settings.slowStartWindow, base::Duration{});
    }
}

} // namespace

void applySettings(const manifest::TrafficSettings& settings, const std::string& checkHost, Cluster& cluster)
{
    applyBalancer(settings, cluster);
    assign(settings.connectTimeout, cluster.connectTimeout);
    assign(settings.dnsRefreshRate, cluster.dnsRefreshRate);
    assign(settings.respectDnsTtl, cluster.respectDnsTtl);
    cluster.dnsFamily = familyOf(valueOr(settings.dnsLookupFamily, ""));
    assign(settings.panicThreshold, cluster.panicThreshold);
    if (settings.circuitBreaker) {
        cluster.breakers = circuitBreakers(*settings.circuitBreaker);
    }
    if (settings.passiveHealth) {
        cluster.outlier = outlierDetection(*settings.passiveHealth);
    }
    if (settings.activeHealth) {
        cluster.activeCheck = activeHealthCheck(*settings.activeHealth, checkHost);
    }
    assign(settings.connectionIdleTimeout, cluster.upstreamIdleTimeout);
    assign(settings.maxConnectionDuration, cluster.maxConnectionDuration);
    assign(settings.bufferLimit, cluster.perConnectionBufferLimit);
}

bool isRefusedByEnvoy(const manifest::TrafficSettings& settings)
{
    return settings.activeHealth && valueOr(settings.activeHealth->type, "HTTP") == "GRPC";
}

bool wantsClusterPerRef(const manifest::TrafficSettings& settings)
{
    return settings.weightedZones || settings.preferLocalZone;
}

} // namespace signalbox::plan
