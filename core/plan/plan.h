// SPDX-License-Identifier: Apache-2.0
#pragma once

// The compiled gateway: what Envoy Gateway and AI Gateway would hand to Envoy for the open manifests
// (digest: envoy-routing, section 12). Immutable once compiled and shared between threads as
// shared_ptr<const Plan>; a change of the manifests makes a new Plan.

#include "core/base/socket_address.h"
#include "core/base/time.h"
#include "core/text/source_text.h"

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox::plan {

inline constexpr std::uint32_t kNone = 0xffffffffU;

// ---- what an attempt is made into ------------------------------------------------------------------

/// AIServiceBackend.spec.schema.name.
enum class ApiSchema { OpenAI, Cohere, AwsBedrock, AzureOpenAI, GcpVertexAI, GcpAnthropic, Anthropic, AwsAnthropic };

/// Mutations of headers or body members, route level merged over backend level (ai-gateway 4.4, 4.5).
/// Header names are lower-case; names that the gateway ignores (":", "x-ai-eg-", x-envoy-original-path)
/// are already left out.
struct Mutation {
    std::vector<std::pair<std::string, std::string>> set;
    std::vector<std::string> remove;

    bool empty() const { return set.empty() && remove.empty(); }
};

/// BackendSecurityPolicy of a backend. `value` is the complete header value ("Bearer …"); it is never
/// logged. Other credential types than keys make `unusable` (the attempt answers 500, ai-gateway 4.6).
struct Credential {
    std::string header;               ///< authorization, api-key or x-api-key; lower-case
    std::string prefix;               ///< "Bearer " or empty
    std::string key;                  ///< trimmed; empty when there is none
    std::string overrideHeader;       ///< request header that replaces the key; lower-case, empty: none
    bool fallbackToConfigured = true; ///< without that header: use `key`; else answer 401
    bool unusable = false;
};

/// One backendRef of a rule as its AIServiceBackend defines it.
struct BackendProfile {
    std::string name; ///< AIServiceBackend, without namespace
    std::string nameSpace;
    std::string shortName;      ///< cli.md "Names"
    std::uint32_t refIndex = 0; ///< index in the rule's backendRefs, zero weights counted
    std::string modelNameOverride;
    ApiSchema schema = ApiSchema::OpenAI;
    std::string version; ///< schema.version
    std::string prefix;  ///< schema.prefix without outer slashes; "v1" when unset or empty; may be "" for "/"
    Mutation headers;
    Mutation body;
    std::optional<Credential> credential;
};

// ---- clusters --------------------------------------------------------------------------------------

/// One endpoint (host:port) of the manifests. Two AIServiceBackends may name the same one; it stands
/// once in Plan::endpoints, and bindings, servers and outages refer to it.
struct Endpoint {
    std::string host; ///< FQDN (lower-case) or IP address as written
    std::uint16_t port = 0;
    std::optional<base::SocketAddress> address; ///< set for IP endpoints
    std::string
        rewriteHost; ///< what Host becomes (auto_host_rewrite): FQDN, or endpoints[].hostname; empty: the client's Host stays
    std::string serverName; ///< cli.md "Names": the server that stands there

    std::string key() const { return host + ":" + std::to_string(port); }
};

/// One backendRef with weight above 0 inside a cluster.
struct Locality {
    std::string region; ///< "<cluster>/backend/<j>"; localities of one priority are ordered by this text
    std::uint32_t weight = 1;
    std::uint32_t priority = 0;
    std::uint32_t profile =
        0; ///< index into Plan::profiles; IP quirk: every locality has that of ref 0 (ai-gateway 3.8)
    std::vector<std::uint32_t> endpoints; ///< indices into Plan::endpoints
};

enum class LoadBalancer { LeastRequest, RoundRobin, Random, ConsistentHash };

/// BTP healthCheck.passive with Envoy Gateway's defaults filled in (envoy-routing 6.1).
struct OutlierDetection {
    std::uint32_t consecutive5xx = 5;
    std::optional<std::uint32_t> consecutiveGatewayErrors; ///< enforced only when set
    bool splitLocalOrigin = false;
    std::uint32_t consecutiveLocalOriginFailures = 5; ///< only with split
    base::Duration interval = std::chrono::seconds(3);
    base::Duration baseEjectionTime = std::chrono::seconds(30);
    std::uint32_t maxEjectionPercent = 10;
    std::optional<std::uint32_t> failurePercentageThreshold;
    bool alwaysEjectOne = false;
};

/// BTP healthCheck.active.
struct ActiveHealthCheck {
    enum class Type { Http, Tcp };
    Type type = Type::Http;
    base::Duration timeout = std::chrono::seconds(1);
    base::Duration interval = std::chrono::seconds(3);
    std::uint32_t unhealthyThreshold = 3;
    std::uint32_t healthyThreshold = 1;
    std::string path = "/";
    std::string method = "GET";
    std::string host = "*"; ///< EG sends "*" without http.hostname
    std::vector<std::uint16_t> expectedStatuses{200};
};

/// Thresholds of envoy-routing 7; Envoy's 1024 without a policy.
struct CircuitBreakers {
    std::uint32_t maxConnections = 1024;
    std::uint32_t maxPendingRequests = 1024;
    std::uint32_t maxRequests = 1024;
    std::uint32_t maxRetries = 1024;
    std::optional<std::uint32_t> maxRequestsPerConnection;
    std::optional<std::uint32_t> perHostMaxConnections;
    struct RetryBudget {
        double percent = 20;
        std::uint32_t minConcurrency = 3;
    };
    std::optional<RetryBudget> retryBudget; ///< replaces maxRetries
};

enum class DnsFamily { V4Preferred, V4Only, V6Only, All, V6Preferred };

/// One Envoy cluster. `localities` are in document order; those of weight 0 are not here.
struct Cluster {
    std::string name; ///< "httproute/<ns>/<route>/rule/<i>" (+ "/backend/<j>" in weighted form)
    std::vector<Locality> localities;
    LoadBalancer balancer = LoadBalancer::LeastRequest;
    bool localityWeights = true; ///< false: weights of refs are lost (consistent hash, endpointOverride, …)
    base::Duration slowStartWindow{};
    bool resolvesNames = true; ///< STRICT_DNS; false: static (EDS), addresses as they stand
    base::Duration connectTimeout = std::chrono::seconds(10);
    base::Duration dnsRefreshRate = std::chrono::seconds(30);
    bool respectDnsTtl = true;
    DnsFamily dnsFamily = DnsFamily::V4Preferred;
    std::uint32_t panicThreshold = 50; ///< percent
    CircuitBreakers breakers;
    std::optional<OutlierDetection> outlier;
    std::optional<ActiveHealthCheck> activeCheck;
    base::Duration upstreamIdleTimeout = std::chrono::hours(1);
    base::Duration maxConnectionDuration{}; ///< 0: off
    std::uint32_t perConnectionBufferLimit = 32768;

    /// A text of everything above: equal texts mean that a new plan keeps this cluster's live state
    /// (weight cycle, ejections, idle connections; envoy-routing 14).
    std::string fingerprint;
};

// ---- routes ----------------------------------------------------------------------------------------

/// One header of a match; all of a route's must hold. Values of repeated headers are joined with ",".
struct HeaderMatch {
    std::string name;                      ///< lower-case
    std::string value;                     ///< exact value, or the expression's text
    std::shared_ptr<const re2::RE2> regex; ///< set for RegularExpression; must match the whole value
};

/// Which outcomes a retry policy catches (envoy-routing 3.2), as bits.
enum class RetryOn : std::uint32_t {
    FiveXx = 1U << 0,
    GatewayError = 1U << 1,
    Reset = 1U << 2,
    ResetBeforeRequest = 1U << 3,
    ConnectFailure = 1U << 4,
    Retriable4xx = 1U << 5,
    RefusedStream = 1U << 6,
    RetriableStatusCodes = 1U << 7,
    Cancelled = 1U << 8,
    DeadlineExceeded = 1U << 9,
    Internal = 1U << 10,
    ResourceExhausted = 1U << 11,
    Unavailable = 1U << 12,
};

struct RetryPolicy {
    std::uint32_t on = 0;                   ///< RetryOn bits; 0: nothing is retried
    std::vector<std::uint16_t> statusCodes; ///< sorted, unique
    std::uint32_t numRetries = 0;
    std::uint32_t attemptsPerPriority = 0; ///< update_frequency of previous_priorities; 0: not installed
    base::Duration perTryTimeout{};        ///< 0: none
    base::Duration baseInterval = std::chrono::milliseconds(25);
    base::Duration maxInterval = std::chrono::milliseconds(250);
    bool previousHosts = false; ///< previous_hosts with 5 re-picks: always with a BTP retry block

    bool has(RetryOn trigger) const { return (on & static_cast<std::uint32_t>(trigger)) != 0; }
};

struct FaultInjection {
    std::uint32_t abortStatus = 0; ///< 0: no abort
    std::uint32_t abortPerMillion = 0;
    base::Duration delay{};
    std::uint32_t delayPerMillion = 0;
};

/// What a matched route does.
struct Route {
    enum class Action {
        Forward,        ///< to `cluster`, or one draw over `weighted`
        NotFound,       ///< AI Gateway's catch-all: 404 with its text
        DirectResponse, ///< `directStatus` with an empty body (no usable backend, invalid policy)
    };
    struct WeightedCluster {
        std::uint32_t cluster = kNone; ///< kNone: invalid backend, answers `invalidStatus` with an empty body
        std::uint32_t weight = 0;
    };

    std::string name;      ///< "httproute/<ns>/<route>/rule/<i>/match/<m>/<host>", dots of the host as "_"
    std::string routeName; ///< AIGatewayRoute "<ns>/<name>"
    std::string shortRouteName;
    std::uint32_t ruleIndex = 0;
    std::string ruleName; ///< rules[].name or empty
    std::vector<HeaderMatch> headers;
    Action action = Action::NotFound;
    std::uint32_t cluster = kNone;
    std::vector<WeightedCluster> weighted; ///< not empty: weighted clusters, one uniform draw per request
    std::uint16_t invalidStatus = 500;
    std::uint16_t directStatus = 500;
    base::Duration timeout = std::chrono::seconds(60);  ///< whole request; 0: none
    base::Duration idleTimeout = std::chrono::hours(1); ///< stream idle; 0: none
    base::Duration maxStreamDuration{};                 ///< 0: none
    base::Duration perTryIdleTimeout{};                 ///< rules[].streamIdleTimeout; 0: none
    std::optional<RetryPolicy> retry;
    std::optional<FaultInjection> fault;
    bool countsUsage = false; ///< llmRequestCosts apply: stream_options.include_usage is forced (ai-gateway 5.4)
    text::Place place;        ///< the rule in the manifests
    text::Place retryPlace;   ///< the retry block that made `retry`
    std::string retrySource;  ///< "BackendTrafficPolicy default/x", empty without policy
};

/// One entry of /v1/models (ai-gateway 3.7), in list order; duplicates are kept.
struct Model {
    std::string name;
    std::string ownedBy = "Envoy AI Gateway";
    std::int64_t createdUnixSeconds = -62135596800; ///< year 1, as the standalone gateway lists it
    std::vector<std::string> hostnames;             ///< of its route; empty: every host
};

struct VirtualHost {
    std::string domain;                ///< lower-case; "*", "*.example.com" or an exact name
    std::vector<std::uint32_t> routes; ///< indices into Plan::routes in match order (ai-gateway 3.5)
};

struct Listener {
    std::string name;
    std::uint16_t port = 0;
    std::string hostname; ///< empty: any
    std::vector<VirtualHost> virtualHosts;
    std::uint64_t bufferLimit = 32768; ///< per_connection_buffer_limit_bytes
    bool envoyHeaders = false;         ///< CTP headers.enableEnvoyHeaders
    base::Duration streamIdleTimeout = std::chrono::minutes(5);
};

/// A server: what stands at one endpoint (cli.md "Names").
struct Server {
    std::string name;
    std::uint32_t endpoint = 0;
    std::vector<std::string> models;     ///< served models when an InferenceService runs Ollama; empty: any
    std::vector<std::uint32_t> backends; ///< indices into Plan::backends of those that stand on it
};

/// An AIServiceBackend of the manifests, whether or not a rule uses it.
struct Backend {
    std::string nameSpace;
    std::string name;
    std::string shortName;                ///< cli.md "Names"
    std::vector<std::uint32_t> endpoints; ///< of its Backend, in order; empty when that is missing
};

struct Plan {
    std::string gatewayNamespace;
    std::string gatewayName;
    std::vector<Listener> listeners; ///< HTTP listeners in document order; at least one
    std::vector<Route> routes;
    std::vector<Cluster> clusters;
    std::vector<BackendProfile> profiles;
    std::vector<Endpoint> endpoints;
    std::vector<Server> servers;   ///< one per endpoint, same index
    std::vector<Backend> backends; ///< all AIServiceBackends, in document order
    std::vector<Model> models;
    std::uint64_t generation = 0; ///< set by whoever publishes it; rises by one
};

using PlanPtr = std::shared_ptr<const Plan>;

} // namespace signalbox::plan
