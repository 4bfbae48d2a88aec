// SPDX-License-Identifier: Apache-2.0
#pragma once

// One upstream host as one worker sees it: its place in the cluster, its load and its health.

#include "core/base/socket_address.h"
#include "core/base/time.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <memory>

namespace signalbox::dispatch {

/// Answers of one kind in the running outlier interval (success rate, failure percentage).
struct IntervalCount {
    std::uint64_t total = 0;
    std::uint64_t success = 0;
};

/// One resolved address in one locality. Identity is the object, not the address (previous_hosts,
/// envoy-routing 3.8): an address that left and came back is a new host.
struct Host : std::enable_shared_from_this<Host> {
    base::SocketAddress address;
    std::uint32_t endpoint = plan::kNone; ///< index into the endpoints of the cluster's present plan (Cluster::adopt)
    std::uint32_t locality = 0;           ///< index into the cluster's localities
    std::uint32_t priority = 0;

    /// rq_active: attempts with a connection. Request counts: up in onConnected(), down when the attempt ends.
    std::uint32_t activeRequests = 0;
    bool ejected = false;         ///< failed outlier detection (as detected)
    bool failedCheck = false;     ///< failed active health check (as detected); also before the first result
    bool publishedHealthy = true; ///< as the balancer sees it (merge window, envoy-routing 6.4)
    bool removed = false;         ///< left the host set; requests in flight may still hold it

    // outlier detection (envoy-routing 6.2)
    std::uint32_t consecutive5xx = 0;
    std::uint32_t consecutiveGateway = 0;
    std::uint32_t consecutiveLocal = 0;
    std::uint32_t ejections = 0; ///< back-off multiplier
    base::Instant ejectedAt{};
    base::Instant unejectedAt{};
    IntervalCount answers; ///< without split: connect failures and time-outs too
    IntervalCount local;   ///< with split: connects and their failures

    // active health check (envoy-routing 6.3)
    std::uint32_t checkFailures = 0;
    std::uint32_t checkSuccesses = 0;
    bool checkedOnce = false;
    bool checking = false; ///< ordered and not yet answered
    base::Instant nextCheck = base::kNever;

    base::Instant addedAt{}; ///< slow start: joined the host set, or passed its checks again

    bool isHealthy() const { return !ejected && !failedCheck; }
};
using HostPtr = std::shared_ptr<Host>;

} // namespace signalbox::dispatch
