// SPDX-License-Identifier: Apache-2.0
#include "core/plan/resource_index.h"

#include <algorithm>
#include <limits>

namespace signalbox::plan {

namespace {

template<typename T>
std::map<ObjectKey, const T*> indexOf(const std::vector<T>& objects)
{
    std::map<ObjectKey, const T*> index;
    for (const T& object : objects) {
        index.insert_or_assign(keyOf(object.meta), &object);
    }
    return index;
}

template<typename T>
const T* find(const std::map<ObjectKey, const T*>& index, const ObjectKey& key)
{
    const auto found = index.find(key);
    return found == index.end() ? nullptr : found->second;
}

} // namespace

ObjectKey keyOf(const manifest::ObjectMeta& meta)
{
    return {meta.nameSpace, meta.name};
}

ResourceIndex::ResourceIndex(const manifest::Resources& resources)
    : m_resources(&resources),
      m_gateways(indexOf(resources.gateways)),
      m_serviceBackends(indexOf(resources.serviceBackends)),
      m_backends(indexOf(resources.backends)),
      m_secrets(indexOf(resources.secrets)),
      m_inferenceServices(indexOf(resources.inferenceServices)),
      m_gatewayConfigs(indexOf(resources.gatewayConfigs))
{
    for (const manifest::AIGatewayRoute& route : resources.routes) {
        m_routes.push_back(&route);
    }
    std::stable_sort(m_routes.begin(), m_routes.end(),
        [](const auto* left, const auto* right) { return keyOf(left->meta) < keyOf(right->meta); });
}

const manifest::Gateway* ResourceIndex::gateway(const ObjectKey& key) const
{
    return find(m_gateways, key);
}

const manifest::AIServiceBackend* ResourceIndex::serviceBackend(const ObjectKey& key) const
{
    return find(m_serviceBackends, key);
}

const manifest::Backend* ResourceIndex::backend(const ObjectKey& key) const
{
    return find(m_backends, key);
}

const manifest::Secret* ResourceIndex::secret(const ObjectKey& key) const
{
    return find(m_secrets, key);
}

const manifest::InferenceService* ResourceIndex::inferenceService(const ObjectKey& key) const
{
    return find(m_inferenceServices, key);
}

const manifest::GatewayConfig* ResourceIndex::gatewayConfig(const ObjectKey& key) const
{
    return find(m_gatewayConfigs, key);
}

bool ResourceIndex::exists(std::string_view kind, const ObjectKey& key) const
{
    if (kind == "Gateway") {
        return gateway(key) != nullptr;
    }
    const auto& others = m_resources->others;
    return std::any_of(others.begin(), others.end(),
        [&](const manifest::ObjectMeta& meta) { return meta.kind == kind && keyOf(meta) == key; });
}

bool ResourceIndex::mayRefer(const Party& from, const Party& to, std::optional<std::string_view> toName) const
{
    if (from.nameSpace == to.nameSpace) {
        return true;
    }
    for (const manifest::ReferenceGrant& grant : m_resources->referenceGrants) {
        if (grant.meta.nameSpace != to.nameSpace) {
            continue;
        }
        const bool fromFits = std::any_of(grant.from.begin(), grant.from.end(), [&](const auto& entry) {
            return entry.group == from.group && entry.kind == from.kind && entry.nameSpace == from.nameSpace;
        });
        const bool toFits = std::any_of(grant.to.begin(), grant.to.end(), [&](const auto& entry) {
            return entry.group == to.group && entry.kind == to.kind
                && (!entry.name || !toName || *entry.name == *toName);
        });
        if (fromFits && toFits) {
            return true;
        }
    }
    return false;
}

std::uint32_t toUint32(std::int64_t number)
{
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(number, 0, std::numeric_limits<std::uint32_t>::max()));
}

std::string lowerCase(std::string_view text)
{
    std::string result(text);
    for (char& letter : result) {
        if (letter >= 'A' && letter <= 'Z') {
            letter = static_cast<char>(letter - 'A' + 'a');
        }
    }
    return result;
}

} // namespace signalbox::plan
