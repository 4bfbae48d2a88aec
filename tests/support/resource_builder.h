// SPDX-License-Identifier: Apache-2.0
#pragma once

// Manifests as structs, without YAML: short words for what the tests of the plan need.

#include "core/manifest/resources.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace signalbox::tests {

template<typename T>
manifest::Field<T> field(T value)
{
    return {std::move(value), {}};
}

inline manifest::Field<std::string> field(const char* value)
{
    return {value, {}};
}

/// An optional number, text, duration or flag that is present.
inline manifest::Optional<std::int64_t> number(std::int64_t value)
{
    return field(value);
}
inline manifest::Optional<std::string> word(std::string value)
{
    return field(std::move(value));
}
inline manifest::Optional<base::Duration> lasting(base::Duration value)
{
    return field(value);
}
inline manifest::Optional<bool> flag(bool value)
{
    return field(value);
}

inline std::vector<manifest::Field<std::string>> words(std::vector<std::string> values)
{
    std::vector<manifest::Field<std::string>> fields;
    for (std::string& value : values) {
        fields.push_back(field(std::move(value)));
    }
    return fields;
}

inline std::vector<manifest::Field<std::int64_t>> numbers(const std::vector<std::int64_t>& values)
{
    std::vector<manifest::Field<std::int64_t>> fields;
    for (const std::int64_t value : values) {
        fields.push_back(field(value));
    }
    return fields;
}

inline manifest::ObjectMeta meta(std::string kind, std::string name, std::string nameSpace = "default")
{
    manifest::ObjectMeta made;
    made.kind = std::move(kind);
    made.name = std::move(name);
    made.nameSpace = std::move(nameSpace);
    return made;
}

inline manifest::ObjectRef target(std::string kind, std::string name, std::optional<std::string> section = {})
{
    manifest::ObjectRef made;
    made.group = word("gateway.networking.k8s.io");
    made.kind = word(std::move(kind));
    made.name = field(std::move(name));
    if (section) {
        made.sectionName = word(*section);
    }
    return made;
}

inline manifest::HeaderMatch header(std::string name, std::string value, std::optional<std::string> type = {})
{
    manifest::HeaderMatch made;
    made.name = field(std::move(name));
    made.value = field(std::move(value));
    if (type) {
        made.type = word(*type);
    }
    return made;
}

inline manifest::HeaderMatch expression(std::string name, std::string value)
{
    return header(std::move(name), std::move(value), "RegularExpression");
}

inline manifest::HeaderMatch model(std::string value)
{
    return header("x-ai-eg-model", std::move(value), "Exact");
}

inline manifest::BackendRef ref(
    std::string name, std::optional<std::int64_t> weight = {}, std::optional<std::int64_t> priority = {})
{
    manifest::BackendRef made;
    made.name = field(std::move(name));
    if (weight) {
        made.weight = number(*weight);
    }
    if (priority) {
        made.priority = number(*priority);
    }
    return made;
}

inline manifest::BackendRef refAs(std::string name, std::string override, std::optional<std::int64_t> weight = {},
    std::optional<std::int64_t> priority = {})
{
    manifest::BackendRef made = ref(std::move(name), weight, priority);
    made.modelNameOverride = word(std::move(override));
    return made;
}

/// One match with these headers.
inline manifest::RouteRule rule(std::vector<manifest::HeaderMatch> headers, std::vector<manifest::BackendRef> refs)
{
    manifest::RouteRule made;
    if (!headers.empty()) {
        made.matches.push_back({std::move(headers), {}});
    }
    made.backendRefs = std::move(refs);
    return made;
}

inline manifest::RouteRule ruleFor(std::string modelName, std::vector<manifest::BackendRef> refs)
{
    return rule({model(std::move(modelName))}, std::move(refs));
}

inline manifest::BackendEndpoint fqdn(std::string host, std::int64_t port = 80)
{
    manifest::BackendEndpoint made;
    made.kind = manifest::BackendEndpoint::Kind::Fqdn;
    made.address = field(std::move(host));
    made.port = field(port);
    return made;
}

inline manifest::BackendEndpoint ip(std::string address, std::int64_t port = 80)
{
    manifest::BackendEndpoint made = fqdn(std::move(address), port);
    made.kind = manifest::BackendEndpoint::Kind::Ip;
    return made;
}

/// A growing set of manifests. Every function returns the object just added, which stays valid until the
/// next one of its kind is.
class ResourceBuilder
{
public:
    manifest::Resources resources;

    manifest::Gateway& gateway(std::string name, std::string nameSpace = "default")
    {
        manifest::Gateway made;
        made.meta = meta("Gateway", std::move(name), std::move(nameSpace));
        made.listeners.push_back(listener("http", 80));
        return resources.gateways.emplace_back(std::move(made));
    }

    static manifest::Listener listener(std::string name, std::int64_t port, std::optional<std::string> hostname = {})
    {
        manifest::Listener made;
        made.name = field(std::move(name));
        made.port = field(port);
        made.protocol = word("HTTP");
        if (hostname) {
            made.hostname = word(*hostname);
        }
        return made;
    }

    /// A route on the Gateway added last.
    manifest::AIGatewayRoute& route(
        std::string name, std::vector<manifest::RouteRule> rules, std::string nameSpace = "default")
    {
        manifest::AIGatewayRoute made;
        made.meta = meta("AIGatewayRoute", std::move(name), std::move(nameSpace));
        if (!resources.gateways.empty()) {
            made.parentRefs.push_back(target("Gateway", resources.gateways.back().meta.name));
        }
        made.rules = std::move(rules);
        return resources.routes.emplace_back(std::move(made));
    }

    /// An AIServiceBackend of schema OpenAI that names the Backend with its own name.
    manifest::AIServiceBackend& serviceBackend(std::string name, std::string nameSpace = "default")
    {
        manifest::AIServiceBackend made;
        made.meta = meta("AIServiceBackend", name, std::move(nameSpace));
        made.schemaName = word("OpenAI");
        made.backendRef.emplace();
        made.backendRef->name = field(std::move(name));
        return resources.serviceBackends.emplace_back(std::move(made));
    }

    manifest::Backend& backend(
        std::string name, std::vector<manifest::BackendEndpoint> endpoints, std::string nameSpace = "default")
    {
        manifest::Backend made;
        made.meta = meta("Backend", std::move(name), std::move(nameSpace));
        made.endpoints = std::move(endpoints);
        return resources.backends.emplace_back(std::move(made));
    }

    /// AIServiceBackends with their Backends; each stands at NAME.test:80.
    void services(const std::vector<std::string>& names)
    {
        for (const std::string& name : names) {
            service(name, {fqdn(name + ".test")});
        }
    }

    void service(const std::string& name, std::vector<manifest::BackendEndpoint> endpoints)
    {
        serviceBackend(name);
        backend(name, std::move(endpoints));
    }

    manifest::BackendTrafficPolicy& policy(std::string name, manifest::ObjectRef on)
    {
        manifest::BackendTrafficPolicy made;
        made.meta = meta("BackendTrafficPolicy", std::move(name));
        made.targetRefs.push_back(std::move(on));
        return resources.trafficPolicies.emplace_back(std::move(made));
    }

    void secret(std::string name, std::string key)
    {
        manifest::Secret made;
        made.meta = meta("Secret", std::move(name));
        made.data.emplace("apiKey", std::move(key));
        resources.secrets.push_back(std::move(made));
    }

    manifest::BackendSecurityPolicy& security(
        std::string name, std::string type, std::string serviceBackendName, std::string secretName)
    {
        manifest::BackendSecurityPolicy made;
        made.meta = meta("BackendSecurityPolicy", std::move(name));
        made.type = word(std::move(type));
        made.targetRefs.push_back(target("AIServiceBackend", std::move(serviceBackendName)));
        made.targetRefs.back().group = word("aigateway.envoyproxy.io");
        made.secretRef.emplace();
        made.secretRef->name = field(std::move(secretName));
        return resources.securityPolicies.emplace_back(std::move(made));
    }
};

/// A Gateway "gw" with one HTTP listener.
inline ResourceBuilder withGateway()
{
    ResourceBuilder builder;
    builder.gateway("gw");
    return builder;
}

} // namespace signalbox::tests
