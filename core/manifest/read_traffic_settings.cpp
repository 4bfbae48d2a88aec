// SPDX-License-Identifier: Apache-2.0
// The settings of a BackendTrafficPolicy (CRD of Envoy Gateway v1.9.0; envoy-routing 13).
#include "core/manifest/kind_readers.h"

#include <array>

namespace signalbox::manifest {

namespace {

constexpr Range kPositive{.least = 1};
constexpr Range kFaultStatus{.least = 200, .most = 600};
constexpr std::array<std::string_view, 13> kTriggers{"5xx", "gateway-error", "reset", "reset-before-request",
    "connect-failure", "retriable-4xx", "refused-stream", "retriable-status-codes", "cancelled", "deadline-exceeded",
    "internal", "resource-exhausted", "unavailable"};
const StringRule kTrigger{.oneOf = kTriggers};
constexpr std::array<std::string_view, 6> kBalancers{
    "ConsistentHash", "LeastRequest", "Random", "RoundRobin", "BackendUtilization", "DynamicModule"};
const StringRule kBalancer{.oneOf = kBalancers};
constexpr std::array<std::string_view, 3> kHealthTypes{"HTTP", "TCP", "GRPC"};
const StringRule kHealthType{.oneOf = kHealthTypes};
constexpr std::array<std::string_view, 5> kLookupFamilies{
    "IPv4", "IPv6", "IPv4Preferred", "IPv6Preferred", "IPv4AndIPv6"};
const StringRule kLookupFamily{.oneOf = kLookupFamilies};
constexpr StringRule kHealthPath{.minLength = 1, .maxLength = 1024};
constexpr StringRule kHealthMethod{.maxLength = 16};

RetrySpec readRetry(FieldReader& reader)
{
    RetrySpec retry;
    retry.span = reader.node().span;
    retry.numRetries = reader.integer("numRetries", kCount);
    retry.numAttemptsPerPriority = reader.integer("numAttemptsPerPriority");
    retry.hasRetryOn = reader.object("retryOn", [&](FieldReader& on) {
        if (on.has("triggers")) {
            retry.triggers = on.strings("triggers", kTrigger);
        }
        if (on.has("httpStatusCodes")) {
            retry.httpStatusCodes = on.integers("httpStatusCodes", kHttpStatus);
        }
    });
    reader.object("perRetry", [&](FieldReader& per) {
        retry.perRetryTimeout = per.duration("timeout");
        per.object("backOff", [&](FieldReader& backOff) {
            retry.baseInterval = backOff.duration("baseInterval");
            retry.maxInterval = backOff.duration("maxInterval");
        });
    });
    return retry;
}

void readRetryBudget(FieldReader& budget, CircuitBreakerSpec& breaker)
{
    breaker.retryBudgetMinConcurrency = budget.integer("minRetryConcurrency");
    const auto readPercent = [&](FieldReader& percent) {
        const auto numerator = percent.integer("numerator", kCount, Presence::Required);
        const auto denominator = percent.integer("denominator", kPositive);
        const std::int64_t whole = denominator ? denominator->value : 100;
        if (numerator && numerator->value > whole) {
            percent.refuse(numerator->span, "Invalid value: numerator must be less than or equal to denominator");
        } else if (numerator) {
            breaker.retryBudgetPercent = {numerator->value * 100 / whole, numerator->span};
        }
    };
    budget.object("percent", readPercent, Presence::Required);
}

CircuitBreakerSpec readCircuitBreaker(FieldReader& reader)
{
    CircuitBreakerSpec breaker;
    breaker.maxConnections = reader.integer("maxConnections", kUint32);
    breaker.maxPendingRequests = reader.integer("maxPendingRequests", kUint32);
    breaker.maxParallelRequests = reader.integer("maxParallelRequests", kUint32);
    breaker.maxParallelRetries = reader.integer("maxParallelRetries", kUint32);
    breaker.maxRequestsPerConnection = reader.integer("maxRequestsPerConnection", kUint32);
    reader.object("perEndpoint", [&](FieldReader& endpoint) {
        breaker.perEndpointMaxConnections = endpoint.integer("maxConnections", kUint32);
    });
    reader.object("retryBudget", [&](FieldReader& budget) { readRetryBudget(budget, breaker); });
    return breaker;
}

PassiveHealthSpec readPassiveHealth(FieldReader& reader)
{
    PassiveHealthSpec health;
    health.consecutive5XxErrors = reader.integer("consecutive5XxErrors");
    health.consecutiveGatewayErrors = reader.integer("consecutiveGatewayErrors");
    health.splitExternalLocalOriginErrors = reader.boolean("splitExternalLocalOriginErrors");
    health.consecutiveLocalOriginFailures = reader.integer("consecutiveLocalOriginFailures");
    health.interval = reader.duration("interval");
    health.baseEjectionTime = reader.duration("baseEjectionTime");
    health.maxEjectionPercent = reader.integer("maxEjectionPercent", kPercent);
    health.failurePercentageThreshold = reader.integer("failurePercentageThreshold", kPercent);
    health.alwaysEjectOneEndpoint = reader.boolean("alwaysEjectOneEndpoint");
    return health;
}

void checkHealthType(FieldReader& reader, std::string_view type)
{
    if ((type == "HTTP") != reader.has("http")) {
        reader.refuse(
            reader.spanOf("type"), "Invalid value: If Health Checker type is HTTP, http field needs to be set.");
    }
    if ((type == "TCP") != reader.has("tcp")) {
        reader.refuse(
            reader.spanOf("type"), "Invalid value: If Health Checker type is TCP, tcp field needs to be set.");
    }
    if (reader.has("grpc") && type != "GRPC") {
        reader.refuse(
            reader.spanOf("grpc"), "Invalid value: The grpc field can only be set if the Health Checker type is GRPC.");
    }
}

ActiveHealthSpec readActiveHealth(FieldReader& reader)
{
    ActiveHealthSpec health;
    health.type = reader.string("type", kHealthType, Presence::Required);
    if (health.type) {
        checkHealthType(reader, health.type->value);
    }
    health.timeout = reader.duration("timeout");
    health.interval = reader.duration("interval");
    health.unhealthyThreshold = reader.integer("unhealthyThreshold", kPositive);
    health.healthyThreshold = reader.integer("healthyThreshold", kPositive);
    reader.object("http", [&](FieldReader& http) {
        health.httpPath = http.string("path", kHealthPath, Presence::Required);
        health.httpMethod = http.string("method", kHealthMethod);
        health.httpHostname = http.string("hostname", kPreciseHostname);
        health.expectedStatuses = http.integers("expectedStatuses", kHttpStatus);
        http.integers("retriableStatuses", kHttpStatus);
        http.known({"expectedResponse", "requestBody"});
    });
    reader.known({"tcp", "grpc", "healthCheckLog", "initialJitter", "overrides"});
    return health;
}

void checkLoadBalancer(FieldReader& reader, std::string_view type)
{
    const bool slowStartFits = type != "Random" && type != "ConsistentHash" && type != "DynamicModule";
    if (reader.has("slowStart") && !slowStartFits) {
        reader.refuse(reader.spanOf("slowStart"),
            "Invalid value: Currently SlowStart is only supported for RoundRobin, LeastRequest, and BackendUtilization "
            "load balancers.");
    }
    const std::array<std::array<std::string_view, 3>, 3> own{{{"ConsistentHash", "consistentHash", "consistentHash"},
        {"BackendUtilization", "backendUtilization", "BackendUtilization"},
        {"DynamicModule", "dynamicModule", "DynamicModule"}}};
    for (const auto& [name, field, words] : own) {
        if ((type == name) != reader.has(field)) {
            reader.refuse(reader.spanOf("type"),
                "Invalid value: If LoadBalancer type is " + std::string(words) + ", " + std::string(field)
                    + " field needs to be set.");
        }
    }
    if (type == "DynamicModule" && reader.has("zoneAware")) {
        reader.refuseValue("zoneAware", "ZoneAware routing is not supported for DynamicModule load balancers.");
    }
    if (type == "DynamicModule" && reader.has("endpointOverride")) {
        reader.refuseValue("endpointOverride", "EndpointOverride is not supported for DynamicModule load balancers.");
    }
}

void readZones(FieldReader& reader, std::string_view type, TrafficSettings& settings)
{
    reader.object("zoneAware", [&](FieldReader& zones) {
        settings.preferLocalZone = zones.has("preferLocal");
        settings.weightedZones = zones.each("weightedZones", {}, [](FieldReader& zone) {
            zone.requiredString("zone");
            zone.integer("weight", {}, Presence::Required);
        });
        if (settings.preferLocalZone && settings.weightedZones) {
            zones.refuse(zones.spanOf("weightedZones"),
                "Invalid value: ZoneAware PreferLocal and WeightedZones cannot be specified together.");
        }
        if (settings.preferLocalZone && type == "ConsistentHash") {
            zones.refuseValue("preferLocal",
                "PreferLocal zone-aware routing is not supported for ConsistentHash load balancers. Use weightedZones "
                "instead.");
        }
        if (settings.preferLocalZone && type == "BackendUtilization") {
            zones.refuseValue("preferLocal",
                "PreferLocal zone-aware routing is not currently supported for BackendUtilization load balancers. Only "
                "WeightedZones can be used with BackendUtilization.");
        }
    });
}

void readLoadBalancer(FieldReader& reader, TrafficSettings& settings)
{
    settings.loadBalancerType = reader.string("type", kBalancer, Presence::Required);
    const std::string type = settings.loadBalancerType ? settings.loadBalancerType->value : std::string();
    if (!type.empty()) {
        checkLoadBalancer(reader, type);
    }
    reader.object("slowStart",
        [&](FieldReader& start) { settings.slowStartWindow = start.duration("window", Presence::Required); });
    readZones(reader, type, settings);
    settings.endpointOverride = reader.has("endpointOverride");
    reader.known({"consistentHash", "backendUtilization", "dynamicModule"});
}

void readTimeout(FieldReader& reader, TrafficSettings& settings)
{
    reader.object("tcp", [&](FieldReader& tcp) { settings.connectTimeout = tcp.duration("connectTimeout"); });
    reader.object("http", [&](FieldReader& http) {
        settings.requestTimeout = http.duration("requestTimeout");
        settings.streamIdleTimeout = http.duration("streamIdleTimeout");
        settings.maxStreamDuration = http.duration("maxStreamDuration");
        settings.connectionIdleTimeout = http.duration("connectionIdleTimeout");
        settings.maxConnectionDuration = http.duration("maxConnectionDuration");
    });
}

FaultAbortSpec readAbort(FieldReader& reader)
{
    FaultAbortSpec abort;
    abort.httpStatus = reader.integer("httpStatus", kFaultStatus);
    const auto grpcStatus = reader.integer("grpcStatus", {.least = 0, .most = 16});
    abort.percentage = reader.number("percentage");
    if (reader.has("httpStatus") && reader.has("grpcStatus")) {
        reader.refuse(grpcStatus ? grpcStatus->span : reader.node().span,
            "Invalid value: httpStatus and grpcStatus cannot be simultaneously defined.");
    } else if (!reader.has("httpStatus") && !reader.has("grpcStatus")) {
        reader.refuse(reader.node().span, "Invalid value: httpStatus and grpcStatus are set at least one.");
    }
    return abort;
}

void readFaults(FieldReader& reader, TrafficSettings& settings)
{
    reader.object("abort", [&](FieldReader& abort) { settings.faultAbort = readAbort(abort); });
    reader.object("delay", [&](FieldReader& delay) {
        settings.faultDelay = delay.duration("fixedDelay", Presence::Required);
        settings.faultDelayPercentage = delay.number("percentage");
    });
    if (!reader.has("abort") && !reader.has("delay")) {
        reader.refuse(reader.node().span, "Invalid value: Delay and abort faults are set at least one.");
    }
}

void readConnection(FieldReader& reader, TrafficSettings& settings)
{
    settings.bufferLimit = reader.bufferSize("bufferLimit");
    reader.known({"socketBufferLimit", "preconnect"});
}

} // namespace

TrafficSettings readTrafficSettings(FieldReader& spec)
{
    TrafficSettings settings;
    spec.object("retry", [&](FieldReader& retry) { settings.retry = readRetry(retry); });
    spec.object("circuitBreaker", [&](FieldReader& breaker) { settings.circuitBreaker = readCircuitBreaker(breaker); });
    spec.object("healthCheck", [&](FieldReader& health) {
        health.object("passive", [&](FieldReader& passive) { settings.passiveHealth = readPassiveHealth(passive); });
        health.object("active", [&](FieldReader& active) { settings.activeHealth = readActiveHealth(active); });
        settings.panicThreshold = health.integer("panicThreshold", kPercent);
    });
    spec.object("loadBalancer", [&](FieldReader& balancer) { readLoadBalancer(balancer, settings); });
    spec.object("timeout", [&](FieldReader& timeout) { readTimeout(timeout, settings); });
    spec.object("dns", [&](FieldReader& dns) {
        settings.dnsRefreshRate = dns.duration("dnsRefreshRate");
        settings.respectDnsTtl = dns.boolean("respectDnsTtl");
        settings.dnsLookupFamily = dns.string("lookupFamily", kLookupFamily);
    });
    spec.object("faultInjection", [&](FieldReader& faults) { readFaults(faults, settings); });
    spec.object("connection", [&](FieldReader& connection) { readConnection(connection, settings); });
    settings.responseOverride = spec.has("responseOverride");
    if (spec.has("compression") && spec.has("compressor")) {
        spec.refuse(spec.spanOf("compressor"), "Invalid value: either compression or compressor can be set, not both");
    }
    spec.known({"admissionControl", "bandwidthLimit", "http2", "httpUpgrade", "proxyProtocol", "rateLimit",
        "requestBuffer", "routingType", "tcpKeepalive", "telemetry", "useClientProtocol"});
    return settings;
}

} // namespace signalbox::manifest
