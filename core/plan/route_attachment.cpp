// SPDX-License-Identifier: Apache-2.0
#include "core/plan/route_attachment.h"

#include "core/plan/gateway_choice.h"

#include <algorithm>
#include <set>

namespace signalbox::plan {

namespace {

bool isWildcard(std::string_view hostname)
{
    return hostname.starts_with("*");
}

/// Whether the wildcard takes in `hostname`, which may be a narrower wildcard itself. Unlike in
/// certificates "*" stands for one or more labels.
bool covers(std::string_view wildcard, std::string_view hostname)
{
    const std::string_view suffix = wildcard.substr(1);
    const bool narrower = isWildcard(hostname);
    const std::string_view rest = narrower ? hostname.substr(1) : hostname;
    if (!rest.ends_with(suffix) || rest.size() == suffix.size()) {
        return false;
    }
    return !narrower || rest.front() == '.';
}

void intersect(const std::string& route, const std::string& listener, std::set<std::string>& domains)
{
    if (listener.empty() || listener == route || (isWildcard(listener) && covers(listener, route))) {
        domains.insert(route);
    } else if (isWildcard(route) && covers(route, listener)) {
        domains.insert(listener);
    }
}

const manifest::YamlNode* child(const manifest::YamlNode* node, std::string_view key)
{
    if (node == nullptr) {
        return nullptr;
    }
    const auto found =
        std::find_if(node->entries.rbegin(), node->entries.rend(), [&](const auto& entry) { return entry.key == key; });
    return found == node->entries.rend() ? nullptr : found->value.get();
}

std::string textOf(const manifest::YamlNode* node)
{
    return node == nullptr ? std::string() : node->scalar;
}

/// spec.listeners[].allowedRoutes.namespaces, which Resources leaves in the document.
const manifest::YamlNode* allowedNamespaces(const manifest::Gateway& gateway, const manifest::Listener& listener)
{
    const manifest::YamlNode* listeners = child(child(gateway.meta.tree.get(), "spec"), "listeners");
    if (listeners == nullptr) {
        return nullptr;
    }
    for (const auto& item : listeners->items) {
        if (textOf(child(item.get(), "name")) == listener.name.value) {
            return child(child(item.get(), "allowedRoutes"), "namespaces");
        }
    }
    return nullptr;
}

bool selectorTakes(const ResourceIndex& index, const manifest::YamlNode* selector, const std::string& nameSpace)
{
    std::map<std::string, std::string> labels{{"kubernetes.io/metadata.name", nameSpace}};
    for (const manifest::ObjectMeta& meta : index.resources().others) {
        if (meta.kind == "Namespace" && meta.group.empty() && meta.name == nameSpace) {
            labels.insert(meta.labels.begin(), meta.labels.end());
        }
    }
    const manifest::YamlNode* wanted = child(selector, "matchLabels");
    return wanted == nullptr || std::all_of(wanted->entries.begin(), wanted->entries.end(), [&](const auto& entry) {
        const auto found = labels.find(entry.key);
        return found != labels.end() && found->second == textOf(entry.value.get());
    });
}

bool takesNamespace(const ResourceIndex& index, const manifest::Gateway& gateway, const manifest::Listener& listener,
    const std::string& nameSpace)
{
    const manifest::YamlNode* namespaces = allowedNamespaces(gateway, listener);
    const std::string from = textOf(child(namespaces, "from"));
    if (from == "All") {
        return true;
    }
    if (from == "None") {
        return false;
    }
    if (from == "Selector") {
        return selectorTakes(index, child(namespaces, "selector"), nameSpace);
    }
    return nameSpace == gateway.meta.nameSpace;
}

bool selects(const manifest::ObjectRef& parent, const manifest::Listener& listener)
{
    return (!parent.sectionName || parent.sectionName->value == listener.name.value)
        && (!parent.port || parent.port->value == listener.port.value);
}

std::vector<std::string> siblingsOf(const manifest::Gateway& gateway, const manifest::Listener& listener)
{
    std::vector<std::string> hostnames;
    for (const manifest::Listener& other : gateway.listeners) {
        if (&other != &listener && other.port.value == listener.port.value && other.hostname) {
            hostnames.push_back(lowerCase(other.hostname->value));
        }
    }
    return hostnames;
}

std::vector<std::string> domainsOf(
    const manifest::AIGatewayRoute& route, const manifest::Gateway& gateway, const manifest::Listener& listener)
{
    std::vector<std::string> hostnames;
    for (const auto& hostname : route.hostnames) {
        hostnames.push_back(lowerCase(hostname.value));
    }
    return intersectHostnames(hostnames, lowerCase(valueOr(listener.hostname, "")), siblingsOf(gateway, listener));
}

void reportOnServed(const ResourceIndex& index, const manifest::AIGatewayRoute& route,
    const manifest::ObjectRef& parent, const manifest::Gateway& gateway, Reporter& reporter)
{
    bool selected = false;
    bool allowed = false;
    for (const manifest::Listener& listener : gateway.listeners) {
        if (!selects(parent, listener)) {
            continue;
        }
        selected = true;
        if (takesNamespace(index, gateway, listener, route.meta.nameSpace)) {
            allowed = true;
            if (!domainsOf(route, gateway, listener).empty()) {
                return;
            }
        }
    }
    if (!selected) {
        reporter.warning("listener-missing",
            nameOf(route.meta) + " asks for a listener that " + nameOf(gateway.meta)
                + " does not have, so this reference serves nothing.",
            placeOf(route.meta, parent.span));
    } else if (!allowed) {
        reporter.warning("route-not-allowed",
            nameOf(route.meta) + " stands in another namespace than " + nameOf(gateway.meta)
                + ", whose listeners do not allow that (allowedRoutes.namespaces), so it is not served.",
            placeOf(route.meta, parent.span));
    } else {
        reporter.warning("route-hostname-mismatch",
            "No host name of " + nameOf(route.meta) + " fits a listener of " + nameOf(gateway.meta)
                + ", so it is not served there.",
            placeOf(route.meta, parent.span));
    }
}

} // namespace

std::vector<std::string> intersectHostnames(const std::vector<std::string>& routeHostnames,
    const std::string& listenerHostname, const std::vector<std::string>& siblings)
{
    if (routeHostnames.empty()) {
        return {listenerHostname.empty() ? "*" : listenerHostname};
    }
    std::set<std::string> domains;
    for (const std::string& hostname : routeHostnames) {
        intersect(hostname, listenerHostname, domains);
    }
    for (const std::string& sibling : siblings) {
        domains.erase(sibling);
    }
    return {domains.begin(), domains.end()};
}

std::vector<AttachedRoute> routesOnListener(
    const ResourceIndex& index, const manifest::Gateway& gateway, const manifest::Listener& listener)
{
    std::vector<AttachedRoute> attached;
    for (const manifest::AIGatewayRoute* route : routesOf(index, gateway)) {
        const bool selected = std::any_of(route->parentRefs.begin(), route->parentRefs.end(), [&](const auto& parent) {
            return refersTo(parent, route->meta.nameSpace, gateway) && selects(parent, listener);
        });
        if (!selected || !takesNamespace(index, gateway, listener, route->meta.nameSpace)) {
            continue;
        }
        if (auto domains = domainsOf(*route, gateway, listener); !domains.empty()) {
            attached.push_back({route, std::move(domains)});
        }
    }
    return attached;
}

void reportUnattached(const ResourceIndex& index, const manifest::Gateway& served, Reporter& reporter)
{
    for (const manifest::AIGatewayRoute* route : index.routes()) {
        if (route->parentRefs.empty()) {
            reporter.warning("route-without-gateway",
                nameOf(route->meta) + " has no parentRefs, so no Gateway serves it.", placeOf(route->meta));
        }
        for (const manifest::ObjectRef& parent : route->parentRefs) {
            const ObjectKey key{valueOr(parent.nameSpace, route->meta.nameSpace), parent.name.value};
            if (refersTo(parent, route->meta.nameSpace, served)) {
                reportOnServed(index, *route, parent, served, reporter);
            } else if (valueOr(parent.kind, "Gateway") == "Gateway" && index.gateway(key) == nullptr) {
                reporter.warning("gateway-missing",
                    nameOf(route->meta) + " names the Gateway " + key.first + "/" + key.second
                        + ", which is not in these files.",
                    placeOf(route->meta, parent.name.span));
            }
        }
    }
}

} // namespace signalbox::plan
