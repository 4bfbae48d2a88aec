// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/health_check.h"

#include <algorithm>
#include <chrono>

namespace signalbox::dispatch {
namespace {

constexpr base::Duration kNoTrafficInterval = std::chrono::seconds(60);

} // namespace

HealthChecker::HealthChecker(const plan::ActiveHealthCheck& settings) : m_settings(settings)
{
    m_settings.interval = std::max<base::Duration>(settings.interval, std::chrono::milliseconds(1));
}

void HealthChecker::start(Host& host, base::Instant now) const
{
    host.failedCheck = true;
    host.nextCheck = now;
}

void HealthChecker::begin(Host& host) const
{
    host.checking = true;
    host.nextCheck = base::kNever;
}

bool HealthChecker::finish(Host& host, CheckResult result, bool hadTraffic, base::Instant now) const
{
    const bool first = !host.checkedOnce;
    const bool failedBefore = host.failedCheck;
    host.checking = false;
    host.checkedOnce = true;
    host.nextCheck = now + (hadTraffic ? m_settings.interval : kNoTrafficInterval);

    if (result == CheckResult::Success) {
        host.checkFailures = 0;
        if (host.failedCheck && (first || ++host.checkSuccesses >= m_settings.healthyThreshold)) {
            host.failedCheck = false;
        }
    } else {
        host.checkSuccesses = 0;
        if (!host.failedCheck
            && (result == CheckResult::UnexpectedStatus || ++host.checkFailures >= m_settings.unhealthyThreshold)) {
            host.failedCheck = true;
        }
    }
    if (host.failedCheck != failedBefore) {
        host.checkFailures = 0;
        host.checkSuccesses = 0;
    }
    return host.failedCheck != failedBefore;
}

} // namespace signalbox::dispatch
