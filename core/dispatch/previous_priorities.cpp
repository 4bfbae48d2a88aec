// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/retry_context.h"

#include <algorithm>
#include <cstddef>

namespace signalbox::dispatch {
namespace {

LoadView viewOf(const PriorityState& state)
{
    return {state.healthyLoad, state.degradedLoad};
}

std::uint32_t healthyOf(const RetryContext& context, const std::vector<PriorityHealth>& health, std::size_t priority)
{
    return context.excluded[priority] ? 0 : availability(health[priority].healthy, health[priority]);
}

std::uint32_t degradedOf(const RetryContext& context, const std::vector<PriorityHealth>& health, std::size_t priority)
{
    return context.excluded[priority] ? 0 : availability(health[priority].degraded, health[priority]);
}

std::uint32_t totalAvailability(const RetryContext& context, const std::vector<PriorityHealth>& health)
{
    std::uint32_t total = 0;
    for (std::size_t p = 0; p < health.size(); ++p) {
        total = std::min(100U, total + healthyOf(context, health, p) + degradedOf(context, health, p));
    }
    return total;
}

/// Leaves the attempted priorities out; false when nothing is available even with all of them.
bool refresh(const RetryContext& context, const std::vector<PriorityHealth>& health)
{
    const std::size_t count = health.size();
    context.excluded.resize(count, false);
    for (const Host* host : context.pluginAttempted) {
        if (host->priority < count) {
            context.excluded[host->priority] = true;
        }
    }
    std::uint32_t total = totalAvailability(context, health);
    if (total == 0) { // everything was tried: start over
        context.excluded.assign(count, false);
        context.pluginAttempted.clear();
        total = totalAvailability(context, health);
    }
    if (total == 0) {
        return false;
    }

    context.healthyLoad.assign(count, 0);
    context.degradedLoad.assign(count, 0);
    for (std::uint32_t left = 100; left > 0;) { // again and again until truncation has left nothing over
        for (std::size_t p = 0; p < count; ++p) {
            const std::uint32_t share = std::min(left, healthyOf(context, health, p) * 100 / total);
            context.healthyLoad[p] += share;
            left -= share;
        }
        for (std::size_t p = 0; p < count; ++p) {
            const std::uint32_t share = std::min(left, degradedOf(context, health, p) * 100 / total);
            context.degradedLoad[p] += share;
            left -= share;
        }
    }
    return true;
}

} // namespace

LoadView previousPrioritiesLoad(
    const RetryContext& context, const std::vector<PriorityHealth>& health, const PriorityState& original)
{
    const std::size_t attempts = context.pluginAttempted.size();
    if (context.updateFrequency == 0 || attempts < context.updateFrequency) {
        return viewOf(original);
    }
    if (attempts % context.updateFrequency == 0 && !refresh(context, health)) {
        return viewOf(original);
    }
    if (context.healthyLoad.size() != health.size()) {
        return viewOf(original);
    }
    return {context.healthyLoad, context.degradedLoad};
}

} // namespace signalbox::dispatch
