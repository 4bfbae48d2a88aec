// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a policy says about a cluster, with Envoy Gateway's and Envoy's defaults filled in
// (envoy-routing 1.7, 6.1, 7, 13), and the text by which clusters of two plans are compared.

#include "core/manifest/resources.h"
#include "core/plan/plan.h"

#include <string>
#include <vector>

namespace signalbox::plan {

/// `checkHost`: the host name of active HTTP checks when the policy names none (the route's domain).
void applySettings(const manifest::TrafficSettings& settings, const std::string& checkHost, Cluster& cluster);

/// A gRPC health check on the HTTP/1 clusters of AI Gateway: Envoy refuses such a cluster.
bool isRefusedByEnvoy(const manifest::TrafficSettings& settings);

/// One backendRef per cluster instead of one locality per ref: zoneAware settings.
bool wantsClusterPerRef(const manifest::TrafficSettings& settings);

/// Everything of the cluster that decides whether its live state survives a new plan (envoy-routing 14):
/// all of it but the profiles, which only change what is sent.
std::string fingerprintOf(const Plan& plan, const Cluster& cluster);

} // namespace signalbox::plan
