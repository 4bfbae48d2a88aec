// SPDX-License-Identifier: Apache-2.0
#pragma once

// Look-ups over the open manifests by namespace and name, and the rules that Kubernetes has for
// references. Refers into the Resources it was made from.

#include "core/manifest/resources.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox::plan {

/// Namespace and name.
using ObjectKey = std::pair<std::string, std::string>;

ObjectKey keyOf(const manifest::ObjectMeta& meta);

inline constexpr std::string_view kGatewayApiGroup = "gateway.networking.k8s.io";
inline constexpr std::string_view kEnvoyGatewayGroup = "gateway.envoyproxy.io";
inline constexpr std::string_view kAiGatewayGroup = "aigateway.envoyproxy.io";

class ResourceIndex
{
public:
    explicit ResourceIndex(const manifest::Resources& resources);

    const manifest::Resources& resources() const { return *m_resources; }

    /// Null when there is none.
    const manifest::Gateway* gateway(const ObjectKey& key) const;
    const manifest::AIServiceBackend* serviceBackend(const ObjectKey& key) const;
    const manifest::Backend* backend(const ObjectKey& key) const;
    const manifest::Secret* secret(const ObjectKey& key) const;
    const manifest::InferenceService* inferenceService(const ObjectKey& key) const;
    const manifest::GatewayConfig* gatewayConfig(const ObjectKey& key) const;

    /// AIGatewayRoutes as Envoy Gateway orders their HTTPRoutes: by namespace, then name (files have no
    /// creation times).
    const std::vector<const manifest::AIGatewayRoute*>& routes() const { return m_routes; }

    /// True when an object of this kind stands in the manifests, be it a kind that is not compiled.
    bool exists(std::string_view kind, const ObjectKey& key) const;

    /// Whether a reference may leave its namespace: same namespace, or a ReferenceGrant in the target's.
    /// AI Gateway's controller ignores the names in grants, so it asks without one.
    struct Party {
        std::string_view group;
        std::string_view kind;
        std::string_view nameSpace;
    };
    bool mayRefer(const Party& from, const Party& to, std::optional<std::string_view> toName) const;

private:
    template<typename T>
    using Index = std::map<ObjectKey, const T*>;

    const manifest::Resources* m_resources;
    Index<manifest::Gateway> m_gateways;
    Index<manifest::AIServiceBackend> m_serviceBackends;
    Index<manifest::Backend> m_backends;
    Index<manifest::Secret> m_secrets;
    Index<manifest::InferenceService> m_inferenceServices;
    Index<manifest::GatewayConfig> m_gatewayConfigs;
    std::vector<const manifest::AIGatewayRoute*> m_routes;
};

/// What an optional field says, or its default.
template<typename T, typename U>
T valueOr(const manifest::Optional<T>& field, U&& fallback)
{
    return field ? field->value : static_cast<T>(std::forward<U>(fallback));
}

/// Numbers of manifests as Envoy's 32-bit ones; what an API server would refuse is cut to the range.
std::uint32_t toUint32(std::int64_t number);

/// ASCII lower case.
std::string lowerCase(std::string_view text);

} // namespace signalbox::plan
