// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the choice of a retry's host depends on besides the cluster: the predicate previous_hosts and the
// plugin previous_priorities (envoy-routing 3.8, 4).

#include "core/dispatch/host.h"
#include "core/dispatch/priority_load.h"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace signalbox::dispatch {

/// Answers `shouldSelectAnotherHost` and the retry-priority plugin (envoy-routing 2.7, 3.8, 4). One per request.
/// The hosts must be kept alive as long as the context (Request does so by its trace).
struct RetryContext {
    bool rejectAttempted = false;                       ///< previous_hosts
    boost::container::small_vector<Host*, 8> attempted; ///< every attempt's host, in order
    // previous_priorities
    std::uint32_t updateFrequency = 0; ///< 0: plugin absent
    mutable boost::container::small_vector<Host*, 8> pluginAttempted;
    mutable boost::container::small_vector<bool, 4> excluded; ///< per priority
    mutable boost::container::small_vector<std::uint32_t, 4> healthyLoad;
    mutable boost::container::small_vector<std::uint32_t, 4> degradedLoad;
    mutable std::uint8_t picks = 0; ///< of the last choice

    void onAttempted(Host& host)
    {
        attempted.push_back(&host);
        if (updateFrequency > 0) {
            pluginAttempted.push_back(&host);
        }
    }
};

/// Loads of all priorities in percent, healthy and degraded.
struct LoadView {
    std::span<const std::uint32_t> healthy;
    std::span<const std::uint32_t> degraded;
};

/// The loads that one pick of a retry goes by: `original`, or what previous_priorities makes of them. Changes the
/// plugin's state in `context`, as Envoy's does on every pick. The view lives as long as both arguments.
LoadView previousPrioritiesLoad(
    const RetryContext& context, const std::vector<PriorityHealth>& health, const PriorityState& original);

} // namespace signalbox::dispatch
