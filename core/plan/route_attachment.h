// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which routes a listener takes, and for which host names (Gateway API: parentRefs, allowedRoutes,
// intersection of host names; Envoy Gateway: processAllowedListenersForParentRefs and computeHosts).

#include "core/plan/reporter.h"
#include "core/plan/resource_index.h"

#include <string>
#include <vector>

namespace signalbox::plan {

/// The domains under which a route stands on a listener: sorted, lower-case, unique; empty when the
/// host names do not meet. `siblings`: host names of the other listeners on the same port, which keep
/// requests for exactly their own name.
std::vector<std::string> intersectHostnames(const std::vector<std::string>& routeHostnames,
    const std::string& listenerHostname, const std::vector<std::string>& siblings);

struct AttachedRoute {
    const manifest::AIGatewayRoute* route = nullptr;
    std::vector<std::string> domains;
};

/// Routes of one listener in the order of ResourceIndex::routes().
std::vector<AttachedRoute> routesOnListener(
    const ResourceIndex& index, const manifest::Gateway& gateway, const manifest::Listener& listener);

/// Reports references to Gateways and listeners that do not exist, and routes that no listener takes.
/// `served`: the Gateway that runs.
void reportUnattached(const ResourceIndex& index, const manifest::Gateway& served, Reporter& reporter);

} // namespace signalbox::plan
