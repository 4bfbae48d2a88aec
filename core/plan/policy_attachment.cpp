// SPDX-License-Identifier: Apache-2.0
#include "core/plan/policy_attachment.h"

#include "core/plan/settings_merge.h"

#include <algorithm>

namespace signalbox::plan {

namespace {

const manifest::AIGatewayRoute* findRoute(const ResourceIndex& index, const ObjectKey& key)
{
    const auto& routes = index.routes();
    const auto found =
        std::find_if(routes.begin(), routes.end(), [&](const auto* route) { return keyOf(route->meta) == key; });
    return found == routes.end() ? nullptr : *found;
}

bool hasRule(const manifest::AIGatewayRoute& route, const std::string& name)
{
    return name == kNotFoundRule || std::any_of(route.rules.begin(), route.rules.end(), [&](const auto& rule) {
        return rule.name && rule.name->value == name;
    });
}

bool hasListener(const manifest::Gateway& gateway, const std::string& name)
{
    return std::any_of(gateway.listeners.begin(), gateway.listeners.end(),
        [&](const auto& listener) { return listener.name.value == name; });
}

bool hasLabels(const manifest::ObjectMeta& meta, const std::map<std::string, std::string>& wanted)
{
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
        const auto found = meta.labels.find(label.first);
        return found != meta.labels.end() && found->second == label.second;
    });
}

const manifest::BackendTrafficPolicy* findIn(
    const std::map<std::string, const manifest::BackendTrafficPolicy*>& sections, const std::string& section)
{
    const auto found = sections.find(section);
    return found == sections.end() ? nullptr : found->second;
}

} // namespace

PolicyAttachment::PolicyAttachment(const ResourceIndex& index, const manifest::Gateway& gateway, Reporter& reporter)
    : m_index(index),
      m_gateway(gateway),
      m_reporter(reporter)
{
    std::vector<const Policy*> policies;
    for (const Policy& policy : index.resources().trafficPolicies) {
        policies.push_back(&policy);
    }
    std::stable_sort(policies.begin(), policies.end(),
        [](const Policy* left, const Policy* right) { return keyOf(left->meta) < keyOf(right->meta); });
    for (const Policy* policy : policies) {
        for (const manifest::ObjectRef& target : policy->targetRefs) {
            attach(*policy, target);
        }
        for (const manifest::TargetSelector& selector : policy->targetSelectors) {
            attachBySelector(*policy, selector);
        }
    }
}

bool PolicyAttachment::hasTarget(std::string_view kind, const ObjectKey& key, const std::string& section) const
{
    if (kind == "HTTPRoute") {
        const manifest::AIGatewayRoute* route = findRoute(m_index, key);
        return (route != nullptr && (section.empty() || hasRule(*route, section))) || m_index.exists(kind, key);
    }
    if (kind == "Gateway") {
        const manifest::Gateway* gateway = m_index.gateway(key);
        return gateway != nullptr && (section.empty() || hasListener(*gateway, section));
    }
    return m_index.exists(kind, key);
}

void PolicyAttachment::attach(const Policy& policy, const manifest::ObjectRef& target)
{
    const std::string kind = valueOr(target.kind, "");
    const std::string section = valueOr(target.sectionName, "");
    const ObjectKey key{policy.meta.nameSpace, target.name.value};
    const std::string name = kind + " " + key.first + "/" + key.second + (section.empty() ? "" : " section " + section);
    if (!hasTarget(kind, key, section)) {
        m_reporter.warning("policy-target-missing",
            nameOf(policy.meta) + " targets " + name + ", which is not in these files, so it has no effect there.",
            placeOf(policy.meta, target.span));
    } else if (kind == "HTTPRoute") {
        attachTo(policy, m_onRoutes[key], section, name, placeOf(policy.meta, target.span));
    } else if (kind == "Gateway" && key == keyOf(m_gateway.meta)) {
        attachTo(policy, m_onGateway, section, name, placeOf(policy.meta, target.span));
    }
}

void PolicyAttachment::attachBySelector(const Policy& policy, const manifest::TargetSelector& selector)
{
    if (valueOr(selector.group, kGatewayApiGroup) != kGatewayApiGroup) {
        return;
    }
    bool found = false;
    const std::string& kind = selector.kind.value;
    const auto consider = [&](const manifest::ObjectMeta& meta, Sections& sections) {
        if (meta.nameSpace == policy.meta.nameSpace && hasLabels(meta, selector.matchLabels)) {
            found = true;
            attachTo(policy, sections, "", kind + " " + meta.nameSpace + "/" + meta.name,
                placeOf(policy.meta, selector.kind.span));
        }
    };
    if (kind == "HTTPRoute") {
        for (const manifest::AIGatewayRoute* route : m_index.routes()) {
            consider(route->meta, m_onRoutes[keyOf(route->meta)]);
        }
    } else if (kind == "Gateway") {
        Sections elsewhere;
        for (const manifest::Gateway& gateway : m_index.resources().gateways) {
            consider(gateway.meta, &gateway == &m_gateway ? m_onGateway : elsewhere);
        }
    }
    if (!found) {
        m_reporter.warning("policy-target-missing",
            nameOf(policy.meta) + " selects objects of kind " + kind
                + " by labels that none of them has in its namespace, so it has no effect.",
            placeOf(policy.meta, selector.kind.span));
    }
}

void PolicyAttachment::attachTo(
    const Policy& policy, Sections& sections, const std::string& section, const std::string& target, text::Place place)
{
    const auto [entry, isNew] = sections.emplace(section, &policy);
    if (!isNew && entry->second != &policy) {
        m_reporter.warning("policy-conflict",
            nameOf(policy.meta) + " targets " + target + " as " + nameOf(entry->second->meta)
                + " does, which comes first by name; the second one is ignored.",
            std::move(place));
    }
}

const manifest::BackendTrafficPolicy* PolicyAttachment::own(
    const manifest::AIGatewayRoute& route, const std::string& ruleName) const
{
    const auto found = m_onRoutes.find(keyOf(route.meta));
    if (found == m_onRoutes.end()) {
        return nullptr;
    }
    const Policy* onRule = ruleName.empty() ? nullptr : findIn(found->second, ruleName);
    return onRule != nullptr ? onRule : findIn(found->second, "");
}

const manifest::BackendTrafficPolicy* PolicyAttachment::parent(const std::string& listenerName) const
{
    const Policy* onListener = findIn(m_onGateway, listenerName);
    return onListener != nullptr ? onListener : findIn(m_onGateway, "");
}

EffectivePolicy PolicyAttachment::effective(
    const manifest::AIGatewayRoute& route, const std::string& ruleName, const std::string& listenerName)
{
    EffectivePolicy result;
    const Policy* ownPolicy = own(route, ruleName);
    const Policy* parentPolicy = parent(listenerName);
    result.policy = ownPolicy != nullptr ? ownPolicy : parentPolicy;
    if (result.policy == nullptr) {
        return result;
    }
    result.settings = result.policy->settings;
    result.retryPolicy = result.policy;
    const bool merges = ownPolicy != nullptr && ownPolicy->mergeType && parentPolicy != nullptr;
    if (merges) {
        result.settings = mergeSettings(ownPolicy->settings, parentPolicy->settings);
        result.retryPolicy = ownPolicy->settings.retry ? ownPolicy : parentPolicy;
        result.mergedParent = parentPolicy;
    }
    if (ruleName != kNotFoundRule) {
        m_asked.insert(keyOf(route.meta));
        m_used.insert(result.policy);
        if (merges) {
            m_used.insert(parentPolicy);
        }
    }
    if (result.settings.retry) {
        result.retry = translateRetry(*result.settings.retry);
    }
    return result;
}

void PolicyAttachment::reportUnused()
{
    const auto report = [&](const Sections& sections) {
        for (const auto& [section, policy] : sections) {
            if (m_used.count(policy) == 0) {
                m_reporter.warning("policy-without-effect",
                    nameOf(policy->meta)
                        + " has no effect: every rule that it covers has a policy of its own, which replaces it whole.",
                    placeOf(policy->meta));
            }
        }
    };
    if (!m_asked.empty()) {
        report(m_onGateway);
    }
    for (const ObjectKey& key : m_asked) {
        if (const auto found = m_onRoutes.find(key); found != m_onRoutes.end()) {
            report(found->second);
        }
    }
}

} // namespace signalbox::plan
