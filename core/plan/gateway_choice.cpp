// SPDX-License-Identifier: Apache-2.0
#include "core/plan/gateway_choice.h"

#include <algorithm>

namespace signalbox::plan {

namespace {

using Gateways = std::vector<const manifest::Gateway*>;

std::string fullName(const manifest::Gateway& gateway)
{
    return gateway.meta.nameSpace + "/" + gateway.meta.name;
}

std::vector<std::string> fullNames(const Gateways& gateways)
{
    std::vector<std::string> names;
    for (const manifest::Gateway* gateway : gateways) {
        names.push_back(fullName(*gateway));
    }
    return names;
}

Gateways candidates(const ResourceIndex& index, const CompileOptions& options)
{
    Gateways all;
    Gateways named;
    Gateways used;
    for (const manifest::Gateway& gateway : index.resources().gateways) {
        all.push_back(&gateway);
        if (options.gateway && (*options.gateway == fullName(gateway) || *options.gateway == gateway.meta.name)) {
            named.push_back(&gateway);
        }
        if (!routesOf(index, gateway).empty()) {
            used.push_back(&gateway);
        }
    }
    if (options.gateway) {
        return named;
    }
    return used.empty() ? all : used;
}

} // namespace

bool isHttp(const manifest::Listener& listener)
{
    return valueOr(listener.protocol, "HTTP") == "HTTP";
}

bool refersTo(const manifest::ObjectRef& parent, const std::string& nameSpace, const manifest::Gateway& gateway)
{
    return valueOr(parent.group, kGatewayApiGroup) == kGatewayApiGroup && valueOr(parent.kind, "Gateway") == "Gateway"
        && valueOr(parent.nameSpace, nameSpace) == gateway.meta.nameSpace && parent.name.value == gateway.meta.name;
}

std::vector<const manifest::AIGatewayRoute*> routesOf(const ResourceIndex& index, const manifest::Gateway& gateway)
{
    std::vector<const manifest::AIGatewayRoute*> routes;
    for (const manifest::AIGatewayRoute* route : index.routes()) {
        if (std::any_of(route->parentRefs.begin(), route->parentRefs.end(),
                [&](const auto& parent) { return refersTo(parent, route->meta.nameSpace, gateway); })) {
            routes.push_back(route);
        }
    }
    return routes;
}

GatewayChoice chooseGateway(const ResourceIndex& index, const CompileOptions& options, Reporter& reporter)
{
    GatewayChoice choice;
    const Gateways found = candidates(index, options);
    choice.gateways = fullNames(found);
    if (found.size() > 1) {
        choice.status = CompileStatus::SeveralGateways;
        return choice;
    }
    if (found.empty()) {
        if (options.gateway) {
            choice.status = CompileStatus::UnknownGateway;
            for (const manifest::Gateway& gateway : index.resources().gateways) {
                choice.gateways.push_back(fullName(gateway));
            }
            return choice;
        }
        reporter.error("gateway-missing", "There is no Gateway in these files, so nothing can be served.", {});
        return choice;
    }
    const auto& listeners = found.front()->listeners;
    if (std::none_of(listeners.begin(), listeners.end(), isHttp)) {
        reporter.error("gateway-without-listener",
            nameOf(found.front()->meta) + " has no listener with protocol HTTP, so nothing can be served.",
            placeOf(found.front()->meta));
        return choice;
    }
    choice.status = CompileStatus::Ok;
    choice.gateway = found.front();
    return choice;
}

} // namespace signalbox::plan
