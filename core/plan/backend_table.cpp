// SPDX-License-Identifier: Apache-2.0
#include "core/plan/backend_table.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace signalbox::plan {

namespace {

using Kind = manifest::BackendEndpoint::Kind;

/// Why Envoy Gateway does not accept an address (its validateBackend); empty when it does. Single-label
/// names and loopback addresses are let through: the standalone gateway takes them.
std::string refusal(const manifest::BackendEndpoint& endpoint)
{
    const std::string& address = endpoint.address.value;
    const bool isAddress = base::parseAddress(address, 0).has_value();
    if (endpoint.kind == Kind::Ip && !isAddress) {
        return "ip.address \"" + address + "\" is no IP address; a host name belongs into fqdn.hostname";
    }
    if (endpoint.kind == Kind::Fqdn && isAddress) {
        return "fqdn.hostname \"" + address + "\" is an IP address; it belongs into ip.address";
    }
    if (endpoint.kind != Kind::Unix
        && (endpoint.port.value < 1 || endpoint.port.value > std::numeric_limits<std::uint16_t>::max())) {
        return "port " + std::to_string(endpoint.port.value) + " is not between 1 and 65535";
    }
    return {};
}

ResolvedBackend::Addresses addressesOf(Kind kind)
{
    switch (kind) {
    case Kind::Fqdn:
        return ResolvedBackend::Addresses::Fqdn;
    case Kind::Ip:
        return ResolvedBackend::Addresses::Ip;
    case Kind::Unix:
        break;
    }
    return ResolvedBackend::Addresses::Unix;
}

Endpoint toEndpoint(const manifest::BackendEndpoint& source)
{
    Endpoint endpoint;
    endpoint.host = source.kind == Kind::Fqdn ? lowerCase(source.address.value) : source.address.value;
    endpoint.port = static_cast<std::uint16_t>(std::clamp<std::int64_t>(source.port.value, 0, 65535));
    if (source.kind == Kind::Ip) {
        endpoint.address = base::parseAddress(endpoint.host, endpoint.port);
    }
    endpoint.rewriteHost = valueOr(source.hostname, source.kind == Kind::Fqdn ? endpoint.host : std::string());
    return endpoint;
}

} // namespace

BackendTable::BackendTable(const ResourceIndex& index, Plan& plan, Reporter& reporter)
    : m_index(index),
      m_plan(plan),
      m_reporter(reporter)
{
    for (const manifest::AIServiceBackend& serviceBackend : index.resources().serviceBackends) {
        ResolvedBackend resolved = resolve(serviceBackend);
        Backend backend;
        backend.nameSpace = serviceBackend.meta.nameSpace;
        backend.name = serviceBackend.meta.name;
        backend.endpoints = resolved.endpoints;
        plan.backends.push_back(std::move(backend));
        m_resolved.insert_or_assign(keyOf(serviceBackend.meta), std::move(resolved));
    }
}

ResolvedBackend BackendTable::resolve(const manifest::AIServiceBackend& serviceBackend)
{
    ResolvedBackend resolved;
    if (!serviceBackend.backendRef) {
        return resolved; // refused by an API server
    }
    const manifest::ObjectRef& ref = *serviceBackend.backendRef;
    resolved.backend = {valueOr(ref.nameSpace, serviceBackend.meta.nameSpace), ref.name.value};
    const manifest::Backend* backend = m_index.backend(resolved.backend);
    if (backend == nullptr) {
        m_reporter.error("backend-missing",
            nameOf(serviceBackend.meta) + " names the Backend " + resolved.backend.first + "/" + resolved.backend.second
                + ", which is not in these files; requests that it draws get 500.",
            placeOf(serviceBackend.meta, ref.name.span));
        return resolved;
    }
    resolved.fallback = valueOr(backend->fallback, false);
    addEndpoints(*backend, resolved);
    return resolved;
}

void BackendTable::addEndpoints(const manifest::Backend& backend, ResolvedBackend& resolved)
{
    if (backend.endpoints.empty()) {
        resolved.state = ResolvedBackend::State::NoEndpoints;
        return;
    }
    const Kind kind = backend.endpoints.front().kind;
    for (const manifest::BackendEndpoint& source : backend.endpoints) {
        if (const std::string reason = refusal(source); !reason.empty()) {
            m_reporter.error("backend-address-invalid",
                nameOf(backend.meta) + " is not accepted: " + reason + ". Requests that it draws get 500.",
                placeOf(backend.meta, source.span));
            return;
        }
        if (source.kind != kind) {
            m_reporter.error("backend-addresses-mixed",
                nameOf(backend.meta)
                    + " mixes host names, IP addresses or sockets, which Envoy Gateway refuses; requests that it draws "
                      "get 500.",
                placeOf(backend.meta, source.span));
            return;
        }
    }
    resolved.state = ResolvedBackend::State::Ready;
    resolved.addresses = addressesOf(kind);
    if (kind == Kind::Unix) {
        m_reporter.warning("socket-not-simulated",
            nameOf(backend.meta) + " stands at a Unix socket, which Signalbox does not open; its host has no address.",
            placeOf(backend.meta));
    }
    for (const manifest::BackendEndpoint& source : backend.endpoints) {
        resolved.endpoints.push_back(endpoint(backend, source));
    }
}

std::uint32_t BackendTable::endpoint(const manifest::Backend& backend, const manifest::BackendEndpoint& source)
{
    Endpoint made = toEndpoint(source);
    const auto next = static_cast<std::uint32_t>(m_plan.endpoints.size());
    const auto [found, isNew] = m_endpoints.emplace(made.key(), next);
    if (isNew) {
        m_plan.endpoints.push_back(std::move(made));
    } else if (const Endpoint& kept = m_plan.endpoints[found->second]; kept.rewriteHost != made.rewriteHost) {
        m_reporter.warning("endpoint-hostname-conflict",
            nameOf(backend.meta) + " gives " + made.key() + " the host name \"" + made.rewriteHost
                + "\", another Backend gives it \"" + kept.rewriteHost
                + "\"; Signalbox knows an endpoint once and sends the latter for both.",
            placeOf(backend.meta, source.span));
    }
    return found->second;
}

} // namespace signalbox::plan
