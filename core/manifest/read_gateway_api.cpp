// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/kind_readers.h"

#include <algorithm>

namespace signalbox::manifest {

namespace {

bool sharesAddress(const Listener& a, const Listener& b)
{
    const auto textOf = [](const Optional<std::string>& field) {
        return field ? std::optional<std::string_view>(field->value) : std::nullopt;
    };
    return a.port.value == b.port.value && textOf(a.protocol) == textOf(b.protocol)
        && textOf(a.hostname) == textOf(b.hostname);
}

Listener readListener(FieldReader& reader)
{
    Listener listener;
    listener.span = reader.node().span;
    listener.name = reader.requiredString("name", kSectionName);
    listener.port = reader.integer("port", kPort, Presence::Required).value_or(Field<std::int64_t>{});
    listener.protocol = reader.string("protocol", kProtocol, Presence::Required);
    listener.hostname = reader.string("hostname", kHostname);
    reader.known({"allowedRoutes"});
    const std::string_view protocol =
        listener.protocol ? std::string_view(listener.protocol->value) : std::string_view();
    if (reader.has("tls") && (protocol == "HTTP" || protocol == "TCP" || protocol == "UDP")) {
        reader.refuseValue("tls", "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']");
    }
    if (listener.hostname && (protocol == "TCP" || protocol == "UDP")) {
        reader.refuseValue("hostname", "hostname must not be specified for protocols ['TCP', 'UDP']");
    }
    return listener;
}

void checkListeners(FieldReader& spec, const std::vector<Listener>& listeners)
{
    for (std::size_t i = 1; i < listeners.size(); ++i) {
        const auto before = listeners.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::any_of(listeners.begin(), before,
                [&](const Listener& other) { return other.name.value == listeners[i].name.value; })) {
            spec.refuse(
                listeners[i].name.span, "Invalid value: Listener name must be unique within the Gateway", "listeners");
        }
        if (std::any_of(
                listeners.begin(), before, [&](const Listener& other) { return sharesAddress(other, listeners[i]); })) {
            spec.refuse(listeners[i].port.span,
                "Invalid value: Combination of port, protocol and hostname must be unique for each listener",
                "listeners");
        }
    }
}

} // namespace

GatewayClass readGatewayClass(FieldReader& root, const ObjectMeta&)
{
    GatewayClass result;
    const auto read = [&](FieldReader& spec) {
        result.controllerName = spec.string("controllerName", kControllerName, Presence::Required);
        spec.known({"description", "parametersRef"});
    };
    root.object("spec", read, Presence::Required);
    return result;
}

Gateway readGateway(FieldReader& root, const ObjectMeta&)
{
    constexpr std::size_t kMostListeners = 64;
    Gateway result;
    const auto read = [&](FieldReader& spec) {
        result.gatewayClassName = spec.string("gatewayClassName", kReferredName, Presence::Required);
        const ListRule rule{.most = kMostListeners, .least = 1, .presence = Presence::Required};
        spec.each("listeners", rule, [&](FieldReader& item) { result.listeners.push_back(readListener(item)); });
        if (result.listeners.size() <= kMostListeners) {
            checkListeners(spec, result.listeners);
        }
        spec.known({"addresses", "allowedListeners", "defaultScope", "infrastructure", "tls"});
    };
    root.object("spec", read, Presence::Required);
    return result;
}

ReferenceGrant readReferenceGrant(FieldReader& root, const ObjectMeta&)
{
    const ListRule rule{.most = 16, .least = 1, .presence = Presence::Required};
    ReferenceGrant result;
    const auto read = [&](FieldReader& spec) {
        spec.each("from", rule, [&](FieldReader& item) {
            result.from.push_back({item.requiredString("group", kGroup).value, item.requiredString("kind", kKind).value,
                item.requiredString("namespace", kNamespace).value});
        });
        spec.each("to", rule, [&](FieldReader& item) {
            const Optional<std::string> name = item.string("name", kReferredName);
            result.to.push_back({item.requiredString("group", kGroup).value, item.requiredString("kind", kKind).value,
                name ? std::optional(name->value) : std::nullopt});
        });
    };
    root.object("spec", read, Presence::Required);
    return result;
}

} // namespace signalbox::manifest
