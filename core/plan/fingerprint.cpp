// SPDX-License-Identifier: Apache-2.0
#include "core/plan/cluster_settings.h"

#include <charconv>
#include <string_view>

namespace signalbox::plan {

namespace {

/// Lines of "name=value"; every value is a number or a text with its length before it, so that no
/// two different clusters give one text.
class Lines
{
public:
    void add(std::string_view name, std::string_view value)
    {
        m_text.append(name).append("=").append(std::to_string(value.size())).append(":").append(value).append("\n");
    }
    void add(std::string_view name, std::uint64_t value) { add(name, std::string_view(std::to_string(value))); }
    void add(std::string_view name, base::Duration value)
    {
        add(name, std::string_view(std::to_string(value.count())));
    }
    void add(std::string_view name, const std::optional<std::uint32_t>& value)
    {
        add(name, value ? std::string_view(std::to_string(*value)) : std::string_view("-"));
    }
    void add(std::string_view name, double value)
    {
        char digits[32]{}; // the shortest form of a double has at most 24 characters
        const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
        add(name, std::string_view(digits, static_cast<std::size_t>(end - digits)));
    }

    std::string take() { return std::move(m_text); }

private:
    std::string m_text;
};

void add(Lines& lines, const Plan& plan, const Locality& locality)
{
    lines.add("region", locality.region);
    lines.add("weight", std::uint64_t{locality.weight});
    lines.add("priority", std::uint64_t{locality.priority});
    const BackendProfile& profile = plan.profiles[locality.profile];
    lines.add("backend", profile.nameSpace + "/" + profile.name);
    for (const std::uint32_t index : locality.endpoints) {
        lines.add("endpoint", plan.endpoints[index].key());
        lines.add("hostname", plan.endpoints[index].rewriteHost);
    }
}

void add(Lines& lines, const CircuitBreakers& breakers)
{
    lines.add("connections", std::uint64_t{breakers.maxConnections});
    lines.add("pending", std::uint64_t{breakers.maxPendingRequests});
    lines.add("requests", std::uint64_t{breakers.maxRequests});
    lines.add("retries", std::uint64_t{breakers.maxRetries});
    lines.add("requests-per-connection", breakers.maxRequestsPerConnection);
    lines.add("connections-per-host", breakers.perHostMaxConnections);
    if (breakers.retryBudget) {
        lines.add("budget", breakers.retryBudget->percent);
        lines.add("budget-min", std::uint64_t{breakers.retryBudget->minConcurrency});
    }
}

void add(Lines& lines, const OutlierDetection& outlier)
{
    lines.add("outlier-5xx", std::uint64_t{outlier.consecutive5xx});
    lines.add("outlier-gateway", outlier.consecutiveGatewayErrors);
    lines.add("outlier-split", std::uint64_t{outlier.splitLocalOrigin});
    lines.add("outlier-local", std::uint64_t{outlier.consecutiveLocalOriginFailures});
    lines.add("outlier-interval", outlier.interval);
    lines.add("outlier-ejection", outlier.baseEjectionTime);
    lines.add("outlier-percent", std::uint64_t{outlier.maxEjectionPercent});
    lines.add("outlier-failures", outlier.failurePercentageThreshold);
    lines.add("outlier-one", std::uint64_t{outlier.alwaysEjectOne});
}

void add(Lines& lines, const ActiveHealthCheck& check)
{
    lines.add("check", std::uint64_t{check.type == ActiveHealthCheck::Type::Tcp});
    lines.add("check-timeout", check.timeout);
    lines.add("check-interval", check.interval);
    lines.add("check-unhealthy", std::uint64_t{check.unhealthyThreshold});
    lines.add("check-healthy", std::uint64_t{check.healthyThreshold});
    lines.add("check-path", check.path);
    lines.add("check-method", check.method);
    lines.add("check-host", check.host);
    for (const std::uint16_t status : check.expectedStatuses) {
        lines.add("check-status", std::uint64_t{status});
    }
}

} // namespace

std::string fingerprintOf(const Plan& plan, const Cluster& cluster)
{
    Lines lines;
    lines.add("name", cluster.name);
    for (const Locality& locality : cluster.localities) {
        add(lines, plan, locality);
    }
    lines.add("balancer", static_cast<std::uint64_t>(cluster.balancer));
    lines.add("locality-weights", std::uint64_t{cluster.localityWeights});
    lines.add("slow-start", cluster.slowStartWindow);
    lines.add("dns", std::uint64_t{cluster.resolvesNames});
    lines.add("connect", cluster.connectTimeout);
    lines.add("dns-refresh", cluster.dnsRefreshRate);
    lines.add("dns-ttl", std::uint64_t{cluster.respectDnsTtl});
    lines.add("dns-family", static_cast<std::uint64_t>(cluster.dnsFamily));
    lines.add("panic", std::uint64_t{cluster.panicThreshold});
    add(lines, cluster.breakers);
    if (cluster.outlier) {
        add(lines, *cluster.outlier);
    }
    if (cluster.activeCheck) {
        add(lines, *cluster.activeCheck);
    }
    lines.add("idle", cluster.upstreamIdleTimeout);
    lines.add("connection-duration", cluster.maxConnectionDuration);
    lines.add("buffer", std::uint64_t{cluster.perConnectionBufferLimit});
    return lines.take();
}

} // namespace signalbox::plan
