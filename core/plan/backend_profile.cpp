// SPDX-License-Identifier: Apache-2.0
#include "core/plan/backend_profile.h"

#include <algorithm>
#include <array>

namespace signalbox::plan {

namespace {

constexpr std::array<std::pair<std::string_view, ApiSchema>, 8> kSchemas{{
    {"OpenAI", ApiSchema::OpenAI},
    {"Cohere", ApiSchema::Cohere},
    {"AWSBedrock", ApiSchema::AwsBedrock},
    {"AzureOpenAI", ApiSchema::AzureOpenAI},
    {"GCPVertexAI", ApiSchema::GcpVertexAI},
    {"GCPAnthropic", ApiSchema::GcpAnthropic},
    {"Anthropic", ApiSchema::Anthropic},
    {"AWSAnthropic", ApiSchema::AwsAnthropic},
}};

ApiSchema schemaOf(const std::string& name)
{
    for (const auto& [word, schema] : kSchemas) {
        if (word == name) {
            return schema;
        }
    }
    return ApiSchema::OpenAI;
}

/// schema.prefix as paths need it: an empty one means "v1", "/" means none.
std::string prefixOf(const std::string& text)
{
    if (text.empty()) {
        return "v1";
    }
    const std::size_t begin = text.find_first_not_of('/');
    if (begin == std::string::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of('/') - begin + 1);
}

bool isReserved(std::string_view header)
{
    return header.starts_with(":") || header.starts_with("x-ai-eg-") || header == "x-envoy-original-path";
}

void addSet(Mutation& mutation, std::string name, const std::string& value)
{
    const auto found =
        std::find_if(mutation.set.begin(), mutation.set.end(), [&](const auto& entry) { return entry.first == name; });
    if (found != mutation.set.end()) {
        found->second = value;
    } else {
        mutation.set.emplace_back(std::move(name), value);
    }
}

void addRemove(Mutation& mutation, std::string name)
{
    if (std::find(mutation.remove.begin(), mutation.remove.end(), name) == mutation.remove.end()) {
        mutation.remove.push_back(std::move(name));
    }
}

void addLevel(Mutation& mutation, const manifest::Mutation& level, bool isHeader)
{
    const auto nameOfEntry = [&](const std::string& name) { return isHeader ? lowerCase(name) : name; };
    for (const manifest::NameValue& entry : level.set) {
        if (std::string name = nameOfEntry(entry.name.value); !isHeader || !isReserved(name)) {
            addSet(mutation, std::move(name), entry.value.value);
        }
    }
    for (const auto& entry : level.remove) {
        if (std::string name = nameOfEntry(entry.value); !isHeader || !isReserved(name)) {
            addRemove(mutation, std::move(name));
        }
    }
}

} // namespace

Mutation mergeMutations(
    const std::optional<manifest::Mutation>& route, const std::optional<manifest::Mutation>& backend, bool isHeader)
{
    Mutation merged;
    for (const auto* level : {&backend, &route}) {
        if (*level) {
            addLevel(merged, **level, isHeader);
        }
    }
    return merged;
}

BackendProfile makeProfile(const manifest::BackendRef& ref, std::uint32_t refIndex,
    const manifest::AIServiceBackend& serviceBackend, const ResourceIndex& index, Reporter& reporter)
{
    BackendProfile profile;
    profile.name = serviceBackend.meta.name;
    profile.nameSpace = serviceBackend.meta.nameSpace;
    profile.refIndex = refIndex;
    profile.modelNameOverride = valueOr(ref.modelNameOverride, "");
    profile.schema = schemaOf(valueOr(serviceBackend.schemaName, ""));
    profile.version = valueOr(serviceBackend.schemaVersion, "");
    profile.prefix = prefixOf(valueOr(serviceBackend.schemaPrefix, ""));
    profile.headers = mergeMutations(ref.headerMutation, serviceBackend.headerMutation, true);
    profile.body = mergeMutations(ref.bodyMutation, serviceBackend.bodyMutation, false);
    profile.credential = makeCredential(serviceBackend, index, reporter);
    if (profile.credential && !profile.credential->overrideHeader.empty()) {
        addRemove(profile.headers, profile.credential->overrideHeader);
    }
    return profile;
}

} // namespace signalbox::plan
