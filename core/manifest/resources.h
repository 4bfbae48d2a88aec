// SPDX-License-Identifier: Apache-2.0
#pragma once

// The Kubernetes kinds that decide what the gateway does, as plain structs. Field names are those of
// the CRDs (Gateway API v1, Envoy Gateway v1alpha1, AI Gateway v1beta1); every default of an API server
// or controller is *not* applied here but in the plan compiler, so absent stays absent.

#include "core/base/time.h"
#include "core/manifest/yaml_tree.h"
#include "core/text/source_text.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace signalbox::manifest {

/// A value and the bytes it was read from (in the source of its resource).
template<typename T>
struct Field {
    T value{};
    text::Span span;
};
template<typename T>
using Optional = std::optional<Field<T>>;

/// Identity is group, kind, namespace, name; `apiVersion` keeps group and version as written.
struct ObjectMeta {
    std::string apiVersion;
    std::string group; ///< "" for core kinds
    std::string kind;
    std::string name;
    std::string nameSpace = "default";
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    text::SourceTextPtr source;
    text::Span span;     ///< the whole document
    text::Span nameSpan; ///< the value of metadata.name
    YamlNodePtr tree;    ///< the document itself; unknown fields live here
};

// ---- Gateway API -----------------------------------------------------------------------------------

struct Listener {
    Field<std::string> name;
    Field<std::int64_t> port;
    Optional<std::string> protocol; ///< HTTP, HTTPS, …
    Optional<std::string> hostname;
    text::Span span;
};

struct Gateway {
    ObjectMeta meta;
    Optional<std::string> gatewayClassName;
    std::vector<Listener> listeners;
};

struct GatewayClass {
    ObjectMeta meta;
    Optional<std::string> controllerName;
};

/// A reference by group, kind, namespace and name; what is absent stays empty.
struct ObjectRef {
    Optional<std::string> group;
    Optional<std::string> kind;
    Optional<std::string> nameSpace;
    Field<std::string> name;
    Optional<std::string> sectionName;
    Optional<std::int64_t> port;
    text::Span span;
};

struct ReferenceGrant {
    struct From {
        std::string group, kind, nameSpace;
    };
    struct To {
        std::string group, kind;
        std::optional<std::string> name;
    };
    ObjectMeta meta;
    std::vector<From> from;
    std::vector<To> to;
};

// ---- AI Gateway ------------------------------------------------------------------------------------

struct NameValue {
    Field<std::string> name;
    Field<std::string> value;
};

/// headerMutation (names) and bodyMutation (paths): `set` then `remove` in document order.
struct Mutation {
    std::vector<NameValue> set;
    std::vector<Field<std::string>> remove;
};

struct HeaderMatch {
    Optional<std::string> type; ///< Exact (default) or RegularExpression
    Field<std::string> name;
    Field<std::string> value;
    text::Span span;
};

struct RouteMatch {
    std::vector<HeaderMatch> headers;
    text::Span span;
};

struct BackendRef {
    Field<std::string> name;
    Optional<std::string> nameSpace;
    Optional<std::string> group;
    Optional<std::string> kind;
    Optional<std::string> modelNameOverride;
    Optional<std::int64_t> weight;
    Optional<std::int64_t> priority;
    std::optional<Mutation> headerMutation;
    std::optional<Mutation> bodyMutation;
    text::Span span;
};

struct RouteRule {
    Optional<std::string> name;
    std::vector<RouteMatch> matches;
    std::vector<BackendRef> backendRefs;
    Optional<base::Duration> requestTimeout;        ///< timeouts.request
    Optional<base::Duration> backendRequestTimeout; ///< timeouts.backendRequest
    Optional<base::Duration> streamIdleTimeout;
    Optional<std::string> modelsOwnedBy;
    Optional<std::string> modelsCreatedAt;
    text::Span span;
};

struct LlmRequestCost {
    Field<std::string> metadataKey;
    Field<std::string> type;
    Optional<std::string> cel;
};

struct AIGatewayRoute {
    ObjectMeta meta;
    std::vector<ObjectRef> parentRefs;
    std::vector<Field<std::string>> hostnames;
    std::vector<RouteRule> rules;
    std::vector<LlmRequestCost> llmRequestCosts;
};

struct AIServiceBackend {
    ObjectMeta meta;
    Optional<std::string> schemaName;
    Optional<std::string> schemaVersion;
    Optional<std::string> schemaPrefix;
    std::optional<ObjectRef> backendRef;
    std::optional<Mutation> headerMutation;
    std::optional<Mutation> bodyMutation;
};

struct BackendSecurityPolicy {
    ObjectMeta meta;
    std::vector<ObjectRef> targetRefs;
    Optional<std::string> type;
    std::optional<ObjectRef> secretRef;   ///< of apiKey, azureAPIKey or anthropicAPIKey
    Optional<std::string> overrideHeader; ///< credentialOverride.fromRequestHeaders.header
    Optional<bool> overrideFallbackToConfigured;
};

struct GatewayConfig {
    ObjectMeta meta;
    std::vector<LlmRequestCost> globalLlmRequestCosts;
};

// ---- Envoy Gateway ---------------------------------------------------------------------------------

struct BackendEndpoint {
    enum class Kind { Fqdn, Ip, Unix };
    Kind kind = Kind::Fqdn;
    Field<std::string> address;     ///< host name, IP address or path
    Field<std::int64_t> port;       ///< 0 for Unix
    Optional<std::string> hostname; ///< endpoints[].hostname: what Host is rewritten to
    text::Span span;
};

struct Backend {
    ObjectMeta meta;
    std::vector<BackendEndpoint> endpoints;
    Optional<bool> fallback;
};

struct RetrySpec {
    Optional<std::int64_t> numRetries;
    Optional<std::int64_t> numAttemptsPerPriority;
    bool hasRetryOn = false; ///< retryOn is present, be it empty
    std::optional<std::vector<Field<std::string>>> triggers;
    std::optional<std::vector<Field<std::int64_t>>> httpStatusCodes;
    Optional<base::Duration> perRetryTimeout;
    Optional<base::Duration> baseInterval;
    Optional<base::Duration> maxInterval;
    text::Span span;
};

struct PassiveHealthSpec {
    Optional<std::int64_t> consecutive5XxErrors;
    Optional<std::int64_t> consecutiveGatewayErrors;
    Optional<bool> splitExternalLocalOriginErrors;
    Optional<std::int64_t> consecutiveLocalOriginFailures;
    Optional<base::Duration> interval;
    Optional<base::Duration> baseEjectionTime;
    Optional<std::int64_t> maxEjectionPercent;
    Optional<std::int64_t> failurePercentageThreshold;
    Optional<bool> alwaysEjectOneEndpoint;
};

struct ActiveHealthSpec {
    Optional<std::string> type; ///< HTTP, TCP, GRPC
    Optional<base::Duration> timeout;
    Optional<base::Duration> interval;
    Optional<std::int64_t> unhealthyThreshold;
    Optional<std::int64_t> healthyThreshold;
    Optional<std::string> httpPath;
    Optional<std::string> httpMethod;
    Optional<std::string> httpHostname;
    std::vector<Field<std::int64_t>> expectedStatuses;
};

struct CircuitBreakerSpec {
    Optional<std::int64_t> maxConnections;
    Optional<std::int64_t> maxPendingRequests;
    Optional<std::int64_t> maxParallelRequests;
    Optional<std::int64_t> maxParallelRetries;
    Optional<std::int64_t> maxRequestsPerConnection;
    Optional<std::int64_t> perEndpointMaxConnections;
    Optional<std::int64_t> retryBudgetPercent;
    Optional<std::int64_t> retryBudgetMinConcurrency;
};

struct FaultAbortSpec {
    Optional<std::int64_t> httpStatus;
    Optional<double> percentage;
};

/// spec of a BackendTrafficPolicy without its targets: everything optional, so that merging two of
/// them (mergeType) is taking each present field of the more specific one.
struct TrafficSettings {
    std::optional<RetrySpec> retry;
    std::optional<CircuitBreakerSpec> circuitBreaker;
    std::optional<PassiveHealthSpec> passiveHealth;
    std::optional<ActiveHealthSpec> activeHealth;
    Optional<std::int64_t> panicThreshold;
    Optional<std::string> loadBalancerType;
    Optional<base::Duration> slowStartWindow;
    bool weightedZones = false;   ///< zoneAware.weightedZones is set
    bool preferLocalZone = false; ///< zoneAware.preferLocal is set
    bool endpointOverride = false;
    Optional<base::Duration> connectTimeout; ///< timeout.tcp.connectTimeout
    Optional<base::Duration> requestTimeout; ///< timeout.http.requestTimeout (no effect under AI Gateway)
    Optional<base::Duration> streamIdleTimeout;
    Optional<base::Duration> maxStreamDuration;
    Optional<base::Duration> connectionIdleTimeout;
    Optional<base::Duration> maxConnectionDuration;
    Optional<base::Duration> dnsRefreshRate;
    Optional<bool> respectDnsTtl;
    Optional<std::string> dnsLookupFamily;
    std::optional<FaultAbortSpec> faultAbort;
    Optional<base::Duration> faultDelay;
    Optional<double> faultDelayPercentage;
    Optional<std::int64_t> bufferLimit; ///< connection.bufferLimit, bytes
    bool responseOverride = false;      ///< present; its effect is described in envoy-routing 1.6
};

struct TargetSelector {
    Optional<std::string> group;
    Field<std::string> kind;
    std::map<std::string, std::string> matchLabels;
};

struct BackendTrafficPolicy {
    ObjectMeta meta;
    std::vector<ObjectRef> targetRefs; ///< targetRef and targetRefs
    std::vector<TargetSelector> targetSelectors;
    Optional<std::string> mergeType;
    TrafficSettings settings;
};

struct ClientTrafficPolicy {
    ObjectMeta meta;
    std::vector<ObjectRef> targetRefs;
    Optional<std::int64_t> bufferLimit; ///< connection.bufferLimit, bytes
    Optional<base::Duration> streamIdleTimeout;
    bool enableEnvoyHeaders = false;
};

// ---- others ----------------------------------------------------------------------------------------

struct Secret {
    ObjectMeta meta;
    std::map<std::string, std::string> data; ///< decoded `data` and `stringData`; never logged or shown
};

struct InferenceService {
    ObjectMeta meta;
    bool runsOllama = false;               ///< some container runs an ollama image
    std::vector<std::string> pulledModels; ///< of `ollama pull M` in its arguments, in order
};

/// All objects of the open documents, last one of each identity in order (as `kubectl apply` would
/// leave them), minus those that an API server would refuse. Order is document order.
struct Resources {
    std::vector<GatewayClass> gatewayClasses;
    std::vector<Gateway> gateways;
    std::vector<AIGatewayRoute> routes;
    std::vector<AIServiceBackend> serviceBackends;
    std::vector<Backend> backends;
    std::vector<BackendTrafficPolicy> trafficPolicies;
    std::vector<ClientTrafficPolicy> clientPolicies;
    std::vector<BackendSecurityPolicy> securityPolicies;
    std::vector<GatewayConfig> gatewayConfigs;
    std::vector<ReferenceGrant> referenceGrants;
    std::vector<Secret> secrets;
    std::vector<InferenceService> inferenceServices;
    std::vector<ObjectMeta> others; ///< kinds that are kept and ignored
};

} // namespace signalbox::manifest
