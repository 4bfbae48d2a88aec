// SPDX-License-Identifier: Apache-2.0
#pragma once

// Resources to plan: the translation that AI Gateway's controller, Envoy Gateway and AI Gateway's
// extension server make in a cluster (envoy-routing 1, 3.1, 5, 12, 13; ai-gateway 2 and 3).

#include "core/manifest/resources.h"
#include "core/plan/plan.h"
#include "core/text/diagnostic.h"

#include <optional>
#include <string>
#include <vector>

namespace signalbox::plan {

struct CompileOptions {
    /// "NAMESPACE/NAME" or "NAME" of the Gateway to run; nothing: the only one that has routes.
    std::optional<std::string> gateway;
};

enum class CompileStatus {
    Ok,
    NothingServable, ///< no Gateway, none with an HTTP listener, or a policy that freezes it
    SeveralGateways, ///< several have routes and none was chosen; `gateways` lists them
    UnknownGateway,  ///< the chosen one does not exist; `gateways` lists what does
};

struct Compiled {
    CompileStatus status = CompileStatus::NothingServable;
    PlanPtr plan;                      ///< set when status is Ok
    std::vector<std::string> gateways; ///< "namespace/name"
    text::Diagnostics diagnostics;     ///< dangling references, policies without effect, …
};

/// Pure and deterministic; never fails on input, reports instead. Regular expressions that RE2 refuses
/// remove their rule, as in the gateway. The Plan refers to nothing in `resources` but their source texts.
///
/// Codes of diagnostics, in the order of discovery (text::sortByPlace orders them for people):
/// - Error, nothing is served: gateway-missing (without place), gateway-without-listener, policy-freezes-gateway
/// - Error, a part answers 500 or is left out: service-backend-missing, backend-missing, reference-not-granted,
///   backend-address-invalid, backend-addresses-mixed, policy-invalid, secret-missing, credential-conflict
/// - Warning, of no effect: gateway-missing, listener-missing, listener-not-served, route-without-gateway,
///   route-not-allowed, route-hostname-mismatch, regex-invalid, policy-target-missing, policy-conflict,
///   policy-without-effect, response-override-ignored, gateway-config-missing
/// - Warning, other than it looks: ip-backends-share-identity, weighted-clusters-no-failover, health-check-refused
/// - Warning, Signalbox differs: credential-not-simulated, inference-pool-not-simulated, socket-not-simulated,
///   balancer-not-simulated, endpoint-hostname-conflict
/// - Info: policy-timeout-ignored
Compiled compile(const manifest::Resources& resources, const CompileOptions& options = {});

/// Indices into plan.backends that a typed name may mean: "namespace/name", name, or short name; an
/// exact full name wins over a short one (cli.md "Names"). More than one: ambiguous.
std::vector<std::uint32_t> findBackends(const Plan& plan, std::string_view typed);

/// The server with this name or host:port; kNone when there is none.
std::uint32_t findServer(const Plan& plan, std::string_view typed);

/// The short name of an object: without the longest prefix ending in "-" that it shares with its
/// Gateway's name; no shared prefix, the whole name.
std::string shortName(std::string_view name, std::string_view gatewayName);

} // namespace signalbox::plan
