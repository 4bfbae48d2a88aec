// SPDX-License-Identifier: Apache-2.0
#include "core/plan/settings_merge.h"

namespace signalbox::plan {

namespace {

template<typename T>
void overlay(std::optional<T>& target, const std::optional<T>& own)
{
    if (own) {
        target = own;
    }
}

void overlayFields(manifest::RetrySpec& target, const manifest::RetrySpec& own)
{
    overlay(target.numRetries, own.numRetries);
    overlay(target.numAttemptsPerPriority, own.numAttemptsPerPriority);
    target.hasRetryOn = target.hasRetryOn || own.hasRetryOn;
    overlay(target.triggers, own.triggers);
    overlay(target.httpStatusCodes, own.httpStatusCodes);
    overlay(target.perRetryTimeout, own.perRetryTimeout);
    overlay(target.baseInterval, own.baseInterval);
    overlay(target.maxInterval, own.maxInterval);
    target.span = own.span;
}

void overlayFields(manifest::CircuitBreakerSpec& target, const manifest::CircuitBreakerSpec& own)
{
    overlay(target.maxConnections, own.maxConnections);
    overlay(target.maxPendingRequests, own.maxPendingRequests);
    overlay(target.maxParallelRequests, own.maxParallelRequests);
    overlay(target.maxParallelRetries, own.maxParallelRetries);
    overlay(target.maxRequestsPerConnection, own.maxRequestsPerConnection);
    overlay(target.perEndpointMaxConnections, own.perEndpointMaxConnections);
    overlay(target.retryBudgetPercent, own.retryBudgetPercent);
    overlay(target.retryBudgetMinConcurrency, own.retryBudgetMinConcurrency);
}

void overlayFields(manifest::PassiveHealthSpec& target, const manifest::PassiveHealthSpec& own)
{
    overlay(target.consecutive5XxErrors, own.consecutive5XxErrors);
    overlay(target.consecutiveGatewayErrors, own.consecutiveGatewayErrors);
    overlay(target.splitExternalLocalOriginErrors, own.splitExternalLocalOriginErrors);
    overlay(target.consecutiveLocalOriginFailures, own.consecutiveLocalOriginFailures);
    overlay(target.interval, own.interval);
    overlay(target.baseEjectionTime, own.baseEjectionTime);
    overlay(target.maxEjectionPercent, own.maxEjectionPercent);
    overlay(target.failurePercentageThreshold, own.failurePercentageThreshold);
    overlay(target.alwaysEjectOneEndpoint, own.alwaysEjectOneEndpoint);
}

void overlayFields(manifest::ActiveHealthSpec& target, const manifest::ActiveHealthSpec& own)
{
    overlay(target.type, own.type);
    overlay(target.timeout, own.timeout);
    overlay(target.interval, own.interval);
    overlay(target.unhealthyThreshold, own.unhealthyThreshold);
    overlay(target.healthyThreshold, own.healthyThreshold);
    overlay(target.httpPath, own.httpPath);
    overlay(target.httpMethod, own.httpMethod);
    overlay(target.httpHostname, own.httpHostname);
    if (!own.expectedStatuses.empty()) {
        target.expectedStatuses = own.expectedStatuses;
    }
}

void overlayFields(manifest::FaultAbortSpec& target, const manifest::FaultAbortSpec& own)
{
    overlay(target.httpStatus, own.httpStatus);
    overlay(target.percentage, own.percentage);
}

/// Objects are merged when both stand, not replaced.
template<typename T>
void overlayObject(std::optional<T>& target, const std::optional<T>& own)
{
    if (own && target) {
        overlayFields(*target, *own);
    } else {
        overlay(target, own);
    }
}

} // namespace

manifest::TrafficSettings mergeSettings(const manifest::TrafficSettings& own, const manifest::TrafficSettings& parent)
{
    manifest::TrafficSettings merged = parent;
    overlayObject(merged.retry, own.retry);
    overlayObject(merged.circuitBreaker, own.circuitBreaker);
    overlayObject(merged.passiveHealth, own.passiveHealth);
    overlayObject(merged.activeHealth, own.activeHealth);
    overlay(merged.panicThreshold, own.panicThreshold);
    overlay(merged.loadBalancerType, own.loadBalancerType);
    overlay(merged.slowStartWindow, own.slowStartWindow);
    merged.weightedZones = merged.weightedZones || own.weightedZones;
    merged.preferLocalZone = merged.preferLocalZone || own.preferLocalZone;
    merged.endpointOverride = merged.endpointOverride || own.endpointOverride;
    overlay(merged.connectTimeout, own.connectTimeout);
    overlay(merged.requestTimeout, own.requestTimeout);
    overlay(merged.streamIdleTimeout, own.streamIdleTimeout);
    overlay(merged.maxStreamDuration, own.maxStreamDuration);
    overlay(merged.connectionIdleTimeout, own.connectionIdleTimeout);
    overlay(merged.maxConnectionDuration, own.maxConnectionDuration);
    overlay(merged.dnsRefreshRate, own.dnsRefreshRate);
    overlay(merged.respectDnsTtl, own.respectDnsTtl);
    overlay(merged.dnsLookupFamily, own.dnsLookupFamily);
    overlayObject(merged.faultAbort, own.faultAbort);
    overlay(merged.faultDelay, own.faultDelay);
    overlay(merged.faultDelayPercentage, own.faultDelayPercentage);
    overlay(merged.bufferLimit, own.bufferLimit);
    merged.responseOverride = merged.responseOverride || own.responseOverride;
    return merged;
}

} // namespace signalbox::plan
