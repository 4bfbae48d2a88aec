// SPDX-License-Identifier: Apache-2.0
#pragma once

// Active health checks: when each host is due, and what its results mean (Envoy's
// health_checker_base_impl.cc; envoy-routing 6.3). The driver makes the checks; only Host::failedCheck is set here.

#include "core/dispatch/host.h"

namespace signalbox::dispatch {

/// Result of one active health check.
enum class CheckResult { Success, UnexpectedStatus, NoAnswer };

class HealthChecker
{
public:
    explicit HealthChecker(const plan::ActiveHealthCheck& settings);

    /// A new host counts as failed until its first result, and is due at once.
    void start(Host& host, base::Instant now) const;

    bool isDue(const Host& host, base::Instant now) const { return !host.checking && host.nextCheck <= now; }
    void begin(Host& host) const;

    /// `hadTraffic`: the cluster has ever opened a connection, as known when the check ends; until then the next
    /// check waits 60 s. True when the host's flag changed.
    bool finish(Host& host, CheckResult result, bool hadTraffic, base::Instant now) const;

private:
    plan::ActiveHealthCheck m_settings;
};

} // namespace signalbox::dispatch
