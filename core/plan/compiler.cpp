// SPDX-License-Identifier: Apache-2.0
#include "core/plan/compiler.h"

#include "core/plan/backend_table.h"
#include "core/plan/gateway_choice.h"
#include "core/plan/listener_settings.h"
#include "core/plan/models.h"
#include "core/plan/policy_attachment.h"
#include "core/plan/route_attachment.h"
#include "core/plan/route_table_compiler.h"
#include "core/plan/rule_target.h"
#include "core/plan/server_names.h"

#include <algorithm>

namespace signalbox::plan {

namespace {

constexpr const char* kGatewayConfigAnnotation = "aigateway.envoyproxy.io/gateway-config";

bool hasUsableBackend(const manifest::AIGatewayRoute& route, const ResourceIndex& index)
{
    for (const manifest::RouteRule& rule : route.rules) {
        for (const manifest::BackendRef& ref : rule.backendRefs) {
            if (index.serviceBackend({valueOr(ref.nameSpace, route.meta.nameSpace), ref.name.value}) != nullptr) {
                return true;
            }
        }
    }
    return false;
}

/// The processor asks for usage in streams before it knows the route, so costs anywhere on the Gateway
/// count for all of its routes (ai-gateway 5.4).
bool countsUsage(const manifest::Gateway& gateway, const std::vector<const manifest::AIGatewayRoute*>& routes,
    const ResourceIndex& index, Reporter& reporter)
{
    const auto annotation = gateway.meta.annotations.find(kGatewayConfigAnnotation);
    if (annotation != gateway.meta.annotations.end()) {
        const auto* config = index.gatewayConfig({gateway.meta.nameSpace, annotation->second});
        if (config == nullptr) {
            reporter.warning("gateway-config-missing",
                nameOf(gateway.meta) + " names the GatewayConfig " + annotation->second
                    + " in an annotation, which is not in these files.",
                placeOf(gateway.meta));
        } else if (!config->globalLlmRequestCosts.empty()) {
            return true;
        }
    }
    return std::any_of(routes.begin(), routes.end(), [&](const manifest::AIGatewayRoute* route) {
        return !route->llmRequestCosts.empty() && hasUsableBackend(*route, index);
    });
}

Listener makeListener(const manifest::Listener& source)
{
    Listener listener;
    listener.name = source.name.value;
    listener.port = static_cast<std::uint16_t>(std::clamp<std::int64_t>(source.port.value, 0, 65535));
    listener.hostname = lowerCase(valueOr(source.hostname, ""));
    return listener;
}

void compileListeners(const ResourceIndex& index, const manifest::Gateway& gateway, RouteTableCompiler& routes,
    Plan& plan, Reporter& reporter)
{
    const ListenerSettings settings(index, gateway, reporter);
    for (const manifest::Listener& source : gateway.listeners) {
        if (!isHttp(source)) {
            reporter.warning("listener-not-served",
                "Listener " + source.name.value + " of " + nameOf(gateway.meta) + " has protocol "
                    + valueOr(source.protocol, "") + "; Signalbox serves HTTP listeners only.",
                placeOf(gateway.meta, source.span));
            continue;
        }
        Listener listener = makeListener(source);
        const auto streamIdleTimeout = settings.apply(listener);
        routes.compile(listener, routesOnListener(index, gateway, source), streamIdleTimeout);
        plan.listeners.push_back(std::move(listener));
    }
}

/// Null when Envoy Gateway would publish nothing.
PlanPtr makePlan(const ResourceIndex& index, const manifest::Gateway& gateway, Reporter& reporter)
{
    auto plan = std::make_shared<Plan>();
    plan->gatewayNamespace = gateway.meta.nameSpace;
    plan->gatewayName = gateway.meta.name;
    const auto routes = routesOf(index, gateway);
    const BackendTable backends(index, *plan, reporter);
    TargetCompiler targets(index, backends, *plan, reporter);
    PolicyAttachment policies(index, gateway, reporter);
    RouteTableCompiler tables(targets, policies, countsUsage(gateway, routes, index, reporter), *plan, reporter);
    compileListeners(index, gateway, tables, *plan, reporter);
    reportUnattached(index, gateway, reporter);
    policies.reportUnused();
    plan->models = listModels(routes);
    nameServers(index, *plan);
    return tables.freezesGateway() ? nullptr : plan;
}

} // namespace

Compiled compile(const manifest::Resources& resources, const CompileOptions& options)
{
    const ResourceIndex index(resources);
    Reporter reporter;
    GatewayChoice choice = chooseGateway(index, options, reporter);
    Compiled compiled;
    compiled.status = choice.status;
    compiled.gateways = std::move(choice.gateways);
    if (choice.status == CompileStatus::Ok) {
        compiled.plan = makePlan(index, *choice.gateway, reporter);
        if (compiled.plan == nullptr) {
            compiled.status = CompileStatus::NothingServable;
        }
    }
    compiled.diagnostics = reporter.take();
    return compiled;
}

} // namespace signalbox::plan
