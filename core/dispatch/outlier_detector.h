// SPDX-License-Identifier: Apache-2.0
#pragma once

// Passive health: counts what hosts answer and ejects the bad ones for a while (Envoy's
// outlier_detection_impl.cc; envoy-routing 6.1, 6.2). It only sets Host::ejected; when the balancer sees
// that is the cluster's matter (merge window).

#include "core/dispatch/host.h"

#include <cstdint>
#include <vector>

namespace signalbox::dispatch {

class OutlierDetector
{
public:
    OutlierDetector(const plan::OutlierDetection& settings, base::Instant now);

    /// An HTTP status; without split also 503 for connect failures and resets, 504 for time-outs.
    /// `hostCount`: hosts of all priorities. True when the host was ejected by it.
    bool reportStatus(Host& host, std::uint32_t status, std::size_t hostCount, base::Instant now);
    /// A failure that is no answer of the host; `status` stands for it where origins are not split.
    bool reportLocalFailure(Host& host, std::uint32_t status, std::size_t hostCount, base::Instant now);
    void reportConnected(Host& host);

    /// The interval timer: un-ejects, then judges success rates. True when any host's flag changed.
    bool tick(const std::vector<HostPtr>& hosts, base::Instant now);
    base::Instant nextTick() const { return m_nextTick; }

    /// A passed active check ends an ejection (successful_active_health_check_uneject_host). True when it did.
    bool unejectPassed(Host& host, base::Instant now);
    /// The host left the cluster: its ejection no longer counts.
    void forget(const Host& host);

    std::uint32_t activeEjections() const { return m_active; }
    /// Detections that maxEjectionPercent stopped.
    std::uint64_t overflows() const { return m_overflows; }

private:
    bool ejectForErrors(Host& host, std::uint32_t& counter, std::size_t hostCount, base::Instant now);
    bool eject(Host& host, std::size_t hostCount, base::Instant now);
    void uneject(Host& host, base::Instant now);
    bool judgeRates(
        const std::vector<HostPtr>& hosts, IntervalCount Host::*count, bool enforceFailures, base::Instant now);
    base::Duration ejectionTime(const Host& host) const;

    plan::OutlierDetection m_settings;
    base::Duration m_maxTime{};
    base::Instant m_nextTick{};
    std::uint32_t m_active = 0;
    std::uint64_t m_overflows = 0;
};

} // namespace signalbox::dispatch
