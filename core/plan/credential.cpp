// SPDX-License-Identifier: Apache-2.0
#include "core/plan/backend_profile.h"

#include <algorithm>
#include <array>
#include <vector>

namespace signalbox::plan {

namespace {

constexpr std::string_view kSecretKey = "apiKey";

/// A credential that is one key in one header, and the header that may bring it per request.
struct KeyType {
    std::string_view type;
    std::string_view header;
    std::string_view prefix;
    std::string_view overrideHeader;
};

constexpr std::array<KeyType, 3> kKeyTypes{{
    {"APIKey", "authorization", "Bearer ", "x-aigw-api-key"},
    {"AzureAPIKey", "api-key", "", "x-aigw-azure-api-key"},
    {"AnthropicAPIKey", "x-api-key", "", "x-aigw-anthropic-api-key"},
}};

std::string trimmed(const std::string& text)
{
    constexpr std::string_view kWhite = " \t\r\n\v\f";
    const std::size_t begin = text.find_first_not_of(kWhite);
    return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(kWhite) - begin + 1);
}

/// Every target that means the backend counts, so a policy that names it twice counts twice.
std::vector<const manifest::BackendSecurityPolicy*> policiesOf(
    const manifest::AIServiceBackend& serviceBackend, const manifest::Resources& resources)
{
    std::vector<const manifest::BackendSecurityPolicy*> policies;
    for (const manifest::BackendSecurityPolicy& policy : resources.securityPolicies) {
        if (policy.meta.nameSpace != serviceBackend.meta.nameSpace) {
            continue;
        }
        for (const manifest::ObjectRef& target : policy.targetRefs) {
            if (target.name.value == serviceBackend.meta.name && valueOr(target.group, "") == kAiGatewayGroup
                && valueOr(target.kind, "") == "AIServiceBackend") {
                policies.push_back(&policy);
            }
        }
    }
    return policies;
}

Credential unusable()
{
    Credential credential;
    credential.unusable = true;
    return credential;
}

/// The Secret stands in the policy's namespace, whatever secretRef.namespace says: AI Gateway reads no other.
const std::string* findKey(const manifest::BackendSecurityPolicy& policy, const ResourceIndex& index)
{
    if (!policy.secretRef) {
        return nullptr;
    }
    const manifest::Secret* secret = index.secret({policy.meta.nameSpace, policy.secretRef->name.value});
    if (secret == nullptr) {
        return nullptr;
    }
    const auto found = secret->data.find(std::string(kSecretKey));
    return found == secret->data.end() ? nullptr : &found->second;
}

Credential keyCredential(
    const KeyType& type, const manifest::BackendSecurityPolicy& policy, const ResourceIndex& index, Reporter& reporter)
{
    const std::string* key = findKey(policy, index);
    if (key == nullptr) {
        const std::string secret = policy.secretRef ? policy.secretRef->name.value : std::string();
        reporter.error("secret-missing",
            nameOf(policy.meta) + " needs the Secret " + policy.meta.nameSpace + "/" + secret + " with the key \""
                + std::string(kSecretKey)
                + "\", which is not in these files; every attempt on its backends ends with 500.",
            policy.secretRef ? placeOf(policy.meta, policy.secretRef->span) : placeOf(policy.meta));
        return unusable();
    }
    Credential credential;
    credential.header = type.header;
    credential.prefix = type.prefix;
    credential.key = trimmed(*key);
    if (policy.overrideHeader || policy.overrideFallbackToConfigured) {
        const std::string header = lowerCase(valueOr(policy.overrideHeader, ""));
        credential.overrideHeader = header.empty() ? std::string(type.overrideHeader) : header;
        credential.fallbackToConfigured = valueOr(policy.overrideFallbackToConfigured, true);
    }
    return credential;
}

} // namespace

std::optional<Credential> makeCredential(
    const manifest::AIServiceBackend& serviceBackend, const ResourceIndex& index, Reporter& reporter)
{
    const auto policies = policiesOf(serviceBackend, index.resources());
    if (policies.empty()) {
        return std::nullopt;
    }
    const manifest::BackendSecurityPolicy& policy = *policies.front();
    if (policies.size() > 1) {
        reporter.error("credential-conflict",
            nameOf(serviceBackend.meta) + " is the target of " + std::to_string(policies.size())
                + " BackendSecurityPolicies and may have one only; every attempt on it ends with 500.",
            placeOf(serviceBackend.meta));
        return unusable();
    }
    const std::string type = valueOr(policy.type, "");
    const auto known = std::find_if(
        kKeyTypes.begin(), kKeyTypes.end(), [&](const KeyType& candidate) { return candidate.type == type; });
    if (known == kKeyTypes.end()) {
        reporter.warning("credential-not-simulated",
            nameOf(policy.meta) + " has type " + type
                + ", which Signalbox does not simulate; every attempt on its backends ends with 500.",
            policy.type ? placeOf(policy.meta, policy.type->span) : placeOf(policy.meta));
        return unusable();
    }
    return keyCredential(*known, policy, index, reporter);
}

} // namespace signalbox::plan
