// SPDX-License-Identifier: Apache-2.0
// Backend and the policies of Envoy Gateway v1alpha1 (CRDs of v1.9.0).
#include "core/manifest/kind_readers.h"

#include <algorithm>
#include <array>

namespace signalbox::manifest {

namespace {

constexpr Range kBackendPort{.least = 0, .most = 65535};
constexpr std::size_t kMostSocketPath = 108;
constexpr std::array<std::string_view, 2> kBackendTypes{"Endpoints", "DynamicResolver"};
const StringRule kBackendType{.oneOf = kBackendTypes};
constexpr std::array<std::string_view, 3> kAppProtocols{
    "gateway.envoyproxy.io/h2c", "gateway.envoyproxy.io/ws", "gateway.envoyproxy.io/wss"};
const StringRule kAppProtocol{.oneOf = kAppProtocols};

/// What a policy may target, and the words of its CEL rules for it.
struct TargetKinds {
    std::span<const std::string_view> kinds;
    std::string_view words;
};
constexpr std::array<std::string_view, 7> kTrafficKinds{
    "Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "UDPRoute", "TCPRoute", "TLSRoute"};
constexpr TargetKinds kTrafficTargets{
    kTrafficKinds, "Gateway/ListenerSet/HTTPRoute/GRPCRoute/TCPRoute/UDPRoute/TLSRoute"};
constexpr std::array<std::string_view, 2> kClientKinds{"Gateway", "ListenerSet"};
constexpr TargetKinds kClientTargets{kClientKinds, "Gateway or ListenerSet"};

Field<std::int64_t> requiredPort(FieldReader& reader)
{
    return reader.integer("port", kBackendPort, Presence::Required).value_or(Field<std::int64_t>{});
}

BackendEndpoint readEndpoint(FieldReader& reader)
{
    BackendEndpoint endpoint;
    endpoint.span = reader.node().span;
    int kinds = 0;
    kinds += reader.object("fqdn", [&](FieldReader& fqdn) {
        endpoint.kind = BackendEndpoint::Kind::Fqdn;
        endpoint.address = fqdn.requiredString("hostname", kFqdn);
        endpoint.port = requiredPort(fqdn);
    });
    kinds += reader.object("ip", [&](FieldReader& ip) {
        endpoint.kind = BackendEndpoint::Kind::Ip;
        endpoint.address = ip.requiredString("address", kIpAddress);
        endpoint.port = requiredPort(ip);
    });
    kinds += reader.object("unix", [&](FieldReader& unixSocket) {
        endpoint.kind = BackendEndpoint::Kind::Unix;
        endpoint.address = unixSocket.requiredString("path");
        if (endpoint.address.value.size() > kMostSocketPath) {
            unixSocket.refuseValue("path", "unix domain socket path must not exceed 108 characters");
        }
    });
    if (kinds == 0 && !reader.has("fqdn") && !reader.has("ip") && !reader.has("unix")) {
        reader.refuse(reader.node().span, "Invalid value: one of fqdn, ip or unix must be specified");
    } else if (kinds > 1) {
        reader.refuse(reader.node().span, "Invalid value: only one of fqdn, ip or unix can be specified");
    }
    endpoint.hostname = reader.string("hostname", kPreciseHostname);
    reader.string("zone");
    return endpoint;
}

void checkEndpoints(FieldReader& spec, const std::vector<BackendEndpoint>& endpoints)
{
    const auto isFqdn = [](const BackendEndpoint& endpoint) { return endpoint.kind == BackendEndpoint::Kind::Fqdn; };
    const auto other = std::find_if_not(endpoints.begin(), endpoints.end(), isFqdn);
    if (other != endpoints.end() && std::any_of(endpoints.begin(), endpoints.end(), isFqdn)) {
        spec.refuse(other->span, "Invalid value: fqdn addresses cannot be mixed with other address types", "endpoints");
    }
}

void checkTarget(FieldReader& spec, const ObjectRef& ref, std::string_view field, const TargetKinds& allowed)
{
    const std::string words =
        "Invalid value: this policy can only have a " + std::string(field) + (field == "targetRefs" ? "[*]." : ".");
    if (ref.group && ref.group->value != kGatewayGroup) {
        spec.refuse(ref.group->span, words + "group of gateway.networking.k8s.io");
    }
    if (ref.kind && std::find(allowed.kinds.begin(), allowed.kinds.end(), ref.kind->value) == allowed.kinds.end()) {
        spec.refuse(ref.kind->span, words + "kind of " + std::string(allowed.words));
    }
}

std::vector<ObjectRef> readTargets(FieldReader& spec, const TargetKinds& allowed)
{
    constexpr unsigned kFields = RefFields::GroupAndKindRequired | RefFields::SectionName;
    std::vector<ObjectRef> targets;
    spec.object("targetRef", [&](FieldReader& ref) {
        targets.push_back(readObjectRef(ref, kFields));
        checkTarget(spec, targets.back(), "targetRef", allowed);
    });
    spec.each("targetRefs", {}, [&](FieldReader& ref) {
        targets.push_back(readObjectRef(ref, kFields));
        checkTarget(spec, targets.back(), "targetRefs", allowed);
    });
    return targets;
}

std::vector<TargetSelector> readSelectors(FieldReader& spec)
{
    std::vector<TargetSelector> selectors;
    spec.each("targetSelectors", {}, [&](FieldReader& item) {
        TargetSelector selector;
        selector.group = item.string("group", kGroup);
        if (selector.group && selector.group->value != kGatewayGroup) {
            item.refuse(selector.group->span, "Invalid value: group must be gateway.networking.k8s.io");
        }
        selector.kind = item.requiredString("kind", kKind);
        selector.matchLabels = item.stringMap("matchLabels");
        item.known({"matchExpressions", "namespaces"});
        selectors.push_back(std::move(selector));
    });
    return selectors;
}

void checkTargetsUsed(FieldReader& spec, const std::vector<TargetSelector>& selectors)
{
    if (spec.has("targetRef") == spec.has("targetRefs") && selectors.empty()) {
        spec.refuse(spec.spanOf("targetRef"), "Invalid value: either targetRef or targetRefs must be used");
    }
}

bool isRoute(std::string_view kind)
{
    return kind != "Gateway" && kind != "ListenerSet";
}

void checkMergeType(FieldReader& spec, const BackendTrafficPolicy& policy)
{
    if (!policy.mergeType) {
        return;
    }
    if (policy.mergeType->value == "Replace") {
        spec.refuseValue("mergeType", "Replace is not a valid MergeType for BackendTrafficPolicySpec");
    }
    const bool routes = std::all_of(policy.targetRefs.begin(), policy.targetRefs.end(), [](const ObjectRef& ref) {
        return !ref.kind || isRoute(ref.kind->value);
    }) && std::all_of(policy.targetSelectors.begin(), policy.targetSelectors.end(), [](const TargetSelector& selector) {
        return isRoute(selector.kind.value);
    });
    if (!routes) {
        spec.refuse(policy.mergeType->span, "Invalid value: mergeType can only be used with xRoute targets");
    }
}

} // namespace

Backend readBackend(FieldReader& root, const ObjectMeta&)
{
    Backend backend;
    const auto read = [&](FieldReader& spec) {
        const bool listed = spec.each("endpoints", {.most = 256, .least = 1},
            [&](FieldReader& item) { backend.endpoints.push_back(readEndpoint(item)); });
        checkEndpoints(spec, backend.endpoints);
        backend.fallback = spec.boolean("fallback");
        spec.strings("appProtocols", kAppProtocol);
        const Optional<std::string> type = spec.string("type", kBackendType);
        if (listed && type && type->value == "DynamicResolver") {
            spec.refuse(type->span, "Invalid value: DynamicResolver type cannot have endpoints specified");
        }
        spec.known({"tls"});
    };
    root.object("spec", read, Presence::Required);
    return backend;
}

BackendTrafficPolicy readBackendTrafficPolicy(FieldReader& root, const ObjectMeta&)
{
    BackendTrafficPolicy policy;
    const auto read = [&](FieldReader& spec) {
        policy.targetRefs = readTargets(spec, kTrafficTargets);
        policy.targetSelectors = readSelectors(spec);
        checkTargetsUsed(spec, policy.targetSelectors);
        policy.mergeType = spec.string("mergeType");
        checkMergeType(spec, policy);
        policy.settings = readTrafficSettings(spec);
    };
    root.object("spec", read, Presence::Required);
    return policy;
}

ClientTrafficPolicy readClientTrafficPolicy(FieldReader& root, const ObjectMeta&)
{
    ClientTrafficPolicy policy;
    const auto read = [&](FieldReader& spec) {
        policy.targetRefs = readTargets(spec, kClientTargets);
        checkTargetsUsed(spec, readSelectors(spec));
        spec.object("connection", [&](FieldReader& connection) {
            policy.bufferLimit = connection.bufferSize("bufferLimit");
            connection.known({"connectionLimit", "maxAcceptPerSocketEvent", "socketBufferLimit"});
        });
        spec.object("timeout", [&](FieldReader& timeout) {
            timeout.object("http", [&](FieldReader& http) {
                policy.streamIdleTimeout = http.duration("streamIdleTimeout");
                http.known({"idleTimeout", "requestHeadersReceivedTimeout", "requestReceivedTimeout"});
            });
            timeout.known({"tcp"});
        });
        spec.object("headers", [&](FieldReader& headers) {
            const Optional<bool> enabled = headers.boolean("enableEnvoyHeaders");
            policy.enableEnvoyHeaders = enabled && enabled->value;
            headers.allowUnknown();
        });
        spec.known({"clientIPDetection", "enableProxyProtocol", "grpc", "healthCheck", "http1", "http2", "http3",
            "path", "proxyProtocol", "scheme", "tcpKeepalive", "tls"});
    };
    root.object("spec", read, Presence::Required);
    return policy;
}

void readEnvoyProxy(FieldReader& root)
{
    const auto read = [](FieldReader& spec) {
        spec.known({"backendTLS", "bootstrap", "concurrency", "dynamicModules", "extraArgs", "filterOrder", "geoIP",
            "ipFamily", "logging", "lua", "luaValidation", "mergeBackends", "mergeGateways", "mergeType",
            "preserveRouteOrder", "provider", "routingType", "shutdown", "telemetry"});
    };
    root.object("spec", read, Presence::Required);
}

} // namespace signalbox::manifest
