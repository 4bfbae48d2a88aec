// SPDX-License-Identifier: Apache-2.0
// AIServiceBackend, BackendSecurityPolicy, GatewayConfig (reference: ai-gateway 2.5 to 2.8).
#include "core/manifest/kind_readers.h"

#include <algorithm>
#include <array>
#include <utility>

namespace signalbox::manifest {

namespace {

constexpr std::array<std::string_view, 8> kSchemaNames{
    "OpenAI", "Cohere", "AWSBedrock", "AzureOpenAI", "GCPVertexAI", "GCPAnthropic", "Anthropic", "AWSAnthropic"};
const StringRule kSchemaName{.oneOf = kSchemaNames};

constexpr std::array<std::string_view, 6> kPolicyTypes{
    "APIKey", "AWSCredentials", "AzureAPIKey", "AzureCredentials", "GCPCredentials", "AnthropicAPIKey"};
/// The field that belongs to each of kPolicyTypes.
constexpr std::array<std::string_view, 6> kPolicyFields{
    "apiKey", "awsCredentials", "azureAPIKey", "azureCredentials", "gcpCredentials", "anthropicAPIKey"};
const StringRule kPolicyType{.oneOf = kPolicyTypes};

constexpr std::string_view kBackendRefReason =
    "BackendRef must be a Backend resource of Envoy Gateway. "
    "See https://github.com/envoyproxy/ai-gateway/issues/902 for more details.";

ObjectRef readBackend(FieldReader& reader)
{
    ObjectRef ref = readObjectRef(reader, RefFields::Namespace | RefFields::Port);
    const bool kindFits = ref.kind && ref.kind->value == "Backend";
    if (!kindFits || !ref.group || ref.group->value != kEnvoyGatewayGroup) {
        reader.refuse(reader.spanOf(kindFits ? "group" : "kind"), "Invalid value: " + std::string(kBackendRefReason));
    }
    return ref;
}

void readTargets(FieldReader& spec, std::vector<ObjectRef>& targets)
{
    spec.each("targetRefs", {.most = 16}, [&](FieldReader& item) {
        ObjectRef ref = readObjectRef(item, static_cast<unsigned>(RefFields::GroupAndKindRequired));
        if (ref.group && ref.kind) {
            const bool backend = ref.group->value == kAiGatewayGroup && ref.kind->value == "AIServiceBackend";
            const bool pool = ref.group->value == kInferenceGroup && ref.kind->value == "InferencePool";
            const bool groupFits = ref.group->value == kAiGatewayGroup || ref.group->value == kInferenceGroup;
            if (!backend && !pool) {
                spec.refuse(groupFits ? ref.kind->span : ref.group->span,
                    "Invalid value: targetRefs must reference AIServiceBackend or InferencePool resources",
                    "targetRefs");
            }
        }
        targets.push_back(std::move(ref));
    });
}

// "When type is APIKey, only apiKey field should be set", and so on for each type.
void checkTypeFields(FieldReader& spec, std::string_view type)
{
    const auto at = std::find(kPolicyTypes.begin(), kPolicyTypes.end(), type);
    if (at == kPolicyTypes.end()) {
        return;
    }
    const std::string_view own = kPolicyFields[static_cast<std::size_t>(at - kPolicyTypes.begin())];
    const std::string reason =
        "Invalid value: When type is " + std::string(type) + ", only " + std::string(own) + " field should be set";
    bool wrong = false;
    for (const std::string_view field : kPolicyFields) {
        if (field != own && spec.has(field)) {
            spec.refuse(spec.spanOf(field), reason);
            wrong = true;
        }
    }
    if (!wrong && !spec.has(own)) {
        spec.refuse(spec.spanOf("type"), reason);
    }
}

void readCloudCredentials(FieldReader& spec)
{
    spec.object("awsCredentials", [](FieldReader& aws) {
        aws.requiredString("region", kNonEmpty);
        aws.known({"credentialsFile", "oidcExchangeToken"});
    });
    spec.object("azureCredentials", [](FieldReader& azure) {
        azure.requiredString("clientID", kNonEmpty);
        azure.requiredString("tenantID", kNonEmpty);
        if (azure.has("clientSecretRef") == azure.has("oidcExchangeToken")) {
            azure.refuse(azure.spanOf("oidcExchangeToken"),
                "Invalid value: Exactly one of clientSecretRef or oidcExchangeToken must be specified");
        }
    });
    spec.object("gcpCredentials", [](FieldReader& gcp) {
        gcp.requiredString("projectName", kNonEmpty);
        gcp.requiredString("region", kNonEmpty);
        if (gcp.has("credentialsFile") && gcp.has("workloadIdentityFederationConfig")) {
            gcp.refuse(gcp.spanOf("workloadIdentityFederationConfig"),
                "Invalid value: At most one of credentialsFile or workloadIdentityFederationConfig may be specified");
        }
    });
}

void readOverride(FieldReader& spec, BackendSecurityPolicy& policy)
{
    spec.object("credentialOverride", [&](FieldReader& source) {
        source.object("fromRequestHeaders", [&](FieldReader& headers) {
            policy.overrideHeader = headers.string("header");
            policy.overrideFallbackToConfigured = headers.boolean("fallbackToConfigured");
        });
        source.object("fromDynamicMetadata", [&](FieldReader& metadata) {
            metadata.requiredString("namespace", kNonEmpty);
            metadata.string("key");
            metadata.boolean("fallbackToConfigured");
        });
        if (source.has("fromRequestHeaders") == source.has("fromDynamicMetadata")) {
            source.refuse(source.node().span,
                "Invalid value: exactly one of fromRequestHeaders and fromDynamicMetadata must be set");
        }
    });
}

} // namespace

AIServiceBackend readAiServiceBackend(FieldReader& root, const ObjectMeta&)
{
    AIServiceBackend backend;
    root.object("spec", [&](FieldReader& spec) {
        const auto readSchema = [&](FieldReader& schema) {
            backend.schemaName = schema.string("name", kSchemaName, Presence::Required);
            backend.schemaVersion = schema.string("version");
            backend.schemaPrefix = schema.string("prefix");
        };
        spec.object("schema", readSchema, Presence::Required);
        spec.object(
            "backendRef", [&](FieldReader& ref) { backend.backendRef = readBackend(ref); }, Presence::Required);
        backend.headerMutation = readMutation(spec, "headerMutation", "name");
        backend.bodyMutation = readMutation(spec, "bodyMutation", "path");
    });
    return backend;
}

BackendSecurityPolicy readBackendSecurityPolicy(FieldReader& root, const ObjectMeta& meta)
{
    BackendSecurityPolicy policy;
    root.object("spec", [&](FieldReader& spec) {
        readTargets(spec, policy.targetRefs);
        policy.type = spec.string("type", kPolicyType, Presence::Required);
        for (const std::string_view field : {"apiKey", "azureAPIKey", "anthropicAPIKey"}) {
            spec.object(field, [&](FieldReader& key) { policy.secretRef = readSecretRef(key); });
        }
        readCloudCredentials(spec);
        if (policy.type) {
            checkTypeFields(spec, policy.type->value);
        }
        if (meta.apiVersion.ends_with("/v1beta1")) { // v1alpha1 does not have it: there it is an unknown field
            readOverride(spec, policy);
        }
    });
    return policy;
}

GatewayConfig readGatewayConfig(FieldReader& root, const ObjectMeta&)
{
    GatewayConfig config;
    root.object("spec", [&](FieldReader& spec) {
        config.globalLlmRequestCosts =
            readCosts(spec, "globalLLMRequestCosts", std::numeric_limits<std::size_t>::max(), true);
        spec.known({"extProc"});
        spec.object("forwardProxy", [](FieldReader& proxy) { proxy.requiredString("address", kNonEmpty); });
    });
    return config;
}

} // namespace signalbox::manifest
