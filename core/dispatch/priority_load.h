// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which share of the load each priority carries, with over-provisioning and panic
// (Envoy's LoadBalancerBase; envoy-routing 2.1). Integer arithmetic with truncation, as there.

#include <cstdint>
#include <vector>

namespace signalbox::dispatch {

struct PriorityHealth {
    std::uint32_t hosts = 0;
    std::uint32_t healthy = 0;
    std::uint32_t degraded = 0;
    std::uint32_t excluded = 0;
};

/// Percentages per priority; healthyLoad and degradedLoad together add up to 100.
struct PriorityState {
    std::vector<std::uint32_t> healthyLoad;
    std::vector<std::uint32_t> degradedLoad;
    std::vector<bool> panic;
};

/// Availability of one priority in percent: min(100, 140 * healthy / (hosts - excluded)).
std::uint32_t availability(std::uint32_t healthy, const PriorityHealth& health);

PriorityState computePriorityState(const std::vector<PriorityHealth>& priorities, std::uint32_t panicThreshold);

} // namespace signalbox::dispatch
