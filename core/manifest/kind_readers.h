// SPDX-License-Identifier: Apache-2.0
#pragma once

// One function per kind: fields and refusals of an object whose metadata is read already. They leave
// `meta` to the caller.

#include "core/manifest/field_reader.h"

namespace signalbox::manifest {

inline constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";
inline constexpr std::string_view kEnvoyGatewayGroup = "gateway.envoyproxy.io";
inline constexpr std::string_view kAiGatewayGroup = "aigateway.envoyproxy.io";
inline constexpr std::string_view kInferenceGroup = "inference.networking.k8s.io";

// read_gateway_api.cpp
GatewayClass readGatewayClass(FieldReader& root, const ObjectMeta& meta);
Gateway readGateway(FieldReader& root, const ObjectMeta& meta);
ReferenceGrant readReferenceGrant(FieldReader& root, const ObjectMeta& meta);

// read_ai_route.cpp
AIGatewayRoute readAiGatewayRoute(FieldReader& root, const ObjectMeta& meta);

// read_ai_gateway.cpp
AIServiceBackend readAiServiceBackend(FieldReader& root, const ObjectMeta& meta);
BackendSecurityPolicy readBackendSecurityPolicy(FieldReader& root, const ObjectMeta& meta);
GatewayConfig readGatewayConfig(FieldReader& root, const ObjectMeta& meta);

// read_envoy_gateway.cpp
Backend readBackend(FieldReader& root, const ObjectMeta& meta);
BackendTrafficPolicy readBackendTrafficPolicy(FieldReader& root, const ObjectMeta& meta);
ClientTrafficPolicy readClientTrafficPolicy(FieldReader& root, const ObjectMeta& meta);
void readEnvoyProxy(FieldReader& root);

// read_traffic_settings.cpp
TrafficSettings readTrafficSettings(FieldReader& spec);

// read_core.cpp
Secret readSecret(FieldReader& root, const ObjectMeta& meta);
InferenceService readInferenceService(FieldReader& root, const ObjectMeta& meta);

// read_shared.cpp: parts that several kinds have

enum class RefFields : unsigned {
    GroupAndKindRequired = 1,
    Namespace = 2,
    SectionName = 4,
    Port = 8,
};
constexpr unsigned operator|(RefFields a, RefFields b)
{
    return static_cast<unsigned>(a) | static_cast<unsigned>(b);
}

/// group, kind, name and what `fields` (RefFields) adds.
ObjectRef readObjectRef(FieldReader& ref, unsigned fields);
/// A secretRef, which is required.
std::optional<ObjectRef> readSecretRef(FieldReader& parent);

/// headerMutation ("name") or bodyMutation ("path").
std::optional<Mutation> readMutation(FieldReader& parent, std::string_view field, std::string_view key);

std::vector<LlmRequestCost> readCosts(FieldReader& spec, std::string_view field, std::size_t most, bool keyed);

} // namespace signalbox::manifest
