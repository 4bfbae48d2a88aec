// SPDX-License-Identifier: Apache-2.0
#include "core/plan/listener_settings.h"

#include <algorithm>
#include <vector>

namespace signalbox::plan {

namespace {

bool hasListener(const manifest::Gateway& gateway, const std::string& section)
{
    return section.empty()
        || std::any_of(gateway.listeners.begin(), gateway.listeners.end(),
            [&](const auto& listener) { return listener.name.value == section; });
}

} // namespace

ListenerSettings::ListenerSettings(const ResourceIndex& index, const manifest::Gateway& gateway, Reporter& reporter)
{
    std::vector<const manifest::ClientTrafficPolicy*> policies;
    for (const manifest::ClientTrafficPolicy& policy : index.resources().clientPolicies) {
        policies.push_back(&policy);
    }
    std::stable_sort(policies.begin(), policies.end(),
        [](const auto* left, const auto* right) { return keyOf(left->meta) < keyOf(right->meta); });
    for (const manifest::ClientTrafficPolicy* policy : policies) {
        for (const manifest::ObjectRef& target : policy->targetRefs) {
            const std::string kind = valueOr(target.kind, "");
            const std::string section = valueOr(target.sectionName, "");
            const ObjectKey key{policy->meta.nameSpace, target.name.value};
            const manifest::Gateway* found = kind == "Gateway" ? index.gateway(key) : nullptr;
            if (found == nullptr ? !index.exists(kind, key) : !hasListener(*found, section)) {
                reporter.warning("policy-target-missing",
                    nameOf(policy->meta) + " targets " + kind + " " + key.first + "/" + key.second
                        + (section.empty() ? "" : " section " + section)
                        + ", which is not in these files, so it has no effect there.",
                    placeOf(policy->meta, target.span));
            } else if (found == &gateway && !m_bySection.emplace(section, policy).second
                && m_bySection[section] != policy) {
                reporter.warning("policy-conflict",
                    nameOf(policy->meta) + " has the same target as " + nameOf(m_bySection[section]->meta)
                        + ", which comes first by name; the second one is ignored.",
                    placeOf(policy->meta, target.span));
            }
        }
    }
}

std::optional<base::Duration> ListenerSettings::apply(Listener& listener) const
{
    auto found = m_bySection.find(listener.name);
    if (found == m_bySection.end()) {
        found = m_bySection.find("");
    }
    if (found == m_bySection.end()) {
        return std::nullopt;
    }
    const manifest::ClientTrafficPolicy& policy = *found->second;
    if (policy.bufferLimit) {
        listener.bufferLimit = toUint32(policy.bufferLimit->value);
    }
    listener.envoyHeaders = policy.enableEnvoyHeaders;
    if (!policy.streamIdleTimeout) {
        return std::nullopt;
    }
    listener.streamIdleTimeout = policy.streamIdleTimeout->value;
    return listener.streamIdleTimeout;
}

} // namespace signalbox::plan
