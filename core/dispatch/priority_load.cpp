// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/priority_load.h"

#include <algorithm>
#include <cstddef>

namespace signalbox::dispatch {
namespace {

constexpr std::uint32_t kOverProvisioningPercent = 140;

std::uint32_t candidates(const PriorityHealth& health)
{
    return health.hosts > health.excluded ? health.hosts - health.excluded : 0;
}

struct Availabilities {
    std::vector<std::uint32_t> healthy;
    std::vector<std::uint32_t> degraded;
    std::uint32_t total = 0; ///< of all priorities, at most 100
};

Availabilities availabilities(const std::vector<PriorityHealth>& priorities)
{
    Availabilities result;
    for (const PriorityHealth& health : priorities) {
        result.healthy.push_back(availability(health.healthy, health));
        result.degraded.push_back(availability(health.degraded, health));
        result.total = std::min(100U, result.total + result.healthy.back() + result.degraded.back());
    }
    return result;
}

/// Hands out what is `left` in priority order and returns the first priority that has any availability.
std::size_t handOut(const std::vector<std::uint32_t>& available, std::uint32_t total, std::uint32_t& left,
    std::vector<std::uint32_t>& load)
{
    std::size_t first = available.size();
    for (std::size_t p = 0; p < available.size(); ++p) {
        if (first == available.size() && available[p] > 0) {
            first = p;
        }
        load[p] = std::min(left, available[p] * 100 / total);
        left -= load[p];
    }
    return first;
}

/// With no priority above the threshold, every host counts alike.
void spreadByHostCount(const std::vector<PriorityHealth>& priorities, PriorityState& state)
{
    std::uint64_t hosts = 0;
    for (const PriorityHealth& health : priorities) {
        hosts += health.hosts;
    }
    std::fill(state.degradedLoad.begin(), state.degradedLoad.end(), 0);
    std::fill(state.healthyLoad.begin(), state.healthyLoad.end(), 0);
    if (hosts == 0) {
        state.healthyLoad[0] = 100;
        return;
    }
    std::uint32_t left = 100;
    std::size_t first = priorities.size();
    for (std::size_t p = 0; p < priorities.size(); ++p) {
        state.healthyLoad[p] = static_cast<std::uint32_t>(100 * std::uint64_t{priorities[p].hosts} / hosts);
        left -= state.healthyLoad[p];
        if (first == priorities.size() && priorities[p].hosts > 0) {
            first = p;
        }
    }
    state.healthyLoad[first] += left;
}

void computePanic(
    const std::vector<PriorityHealth>& priorities, std::uint32_t total, std::uint32_t threshold, PriorityState& state)
{
    if (threshold == 0 && total == 0) {
        state.healthyLoad[0] = 100; // panic is switched off: the first priority is chosen and yields no host
        return;
    }
    bool all = true;
    for (std::size_t p = 0; p < priorities.size(); ++p) {
        const double count = candidates(priorities[p]);
        const double healthy = count > 0 ? 100.0 * priorities[p].healthy / count : 0;
        const double degraded = count > 0 ? 100.0 * priorities[p].degraded / count : 0;
        state.panic[p] = total < 100 && healthy + degraded < threshold;
        all = all && state.panic[p];
    }
    if (all) {
        spreadByHostCount(priorities, state);
    }
}

} // namespace

std::uint32_t availability(std::uint32_t healthy, const PriorityHealth& health)
{
    const std::uint32_t count = candidates(health);
    if (count == 0) {
        return 0;
    }
    const std::uint64_t percent = std::uint64_t{kOverProvisioningPercent} * healthy / count;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(100, percent));
}

PriorityState computePriorityState(const std::vector<PriorityHealth>& priorities, std::uint32_t panicThreshold)
{
    PriorityState state;
    state.healthyLoad.assign(priorities.size(), 0);
    state.degradedLoad.assign(priorities.size(), 0);
    state.panic.assign(priorities.size(), false);
    if (priorities.empty()) {
        return state;
    }

    const Availabilities available = availabilities(priorities);
    if (available.total > 0) {
        std::uint32_t left = 100;
        const std::size_t firstHealthy = handOut(available.healthy, available.total, left, state.healthyLoad);
        const std::size_t firstDegraded = handOut(available.degraded, available.total, left, state.degradedLoad);
        if (left > 0 && firstHealthy < priorities.size()) {
            state.healthyLoad[firstHealthy] += left;
        } else if (left > 0) {
            state.degradedLoad[firstDegraded] += left;
        }
    }
    computePanic(priorities, available.total, std::min(100U, panicThreshold), state);
    return state;
}

} // namespace signalbox::dispatch
