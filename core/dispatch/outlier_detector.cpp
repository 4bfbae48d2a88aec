// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/outlier_detector.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace signalbox::dispatch {
namespace {

// Envoy's defaults, which Envoy Gateway leaves alone.
constexpr base::Duration kMaxEjectionTime = std::chrono::seconds(300);
constexpr std::size_t kRateMinHosts = 5;
constexpr std::uint64_t kSuccessRateVolume = 100;
constexpr std::uint64_t kFailurePercentageVolume = 50;
constexpr double kSuccessRateFactor = 1.9;

struct HostRate {
    Host* host;
    double percent;
};

std::vector<HostRate> ratesOf(const std::vector<HostPtr>& hosts, const IntervalCount Host::*count, std::uint64_t volume)
{
    std::vector<HostRate> rates;
    for (const HostPtr& host : hosts) {
        const IntervalCount& interval = (*host).*count;
        if (!host->ejected && interval.total >= volume) {
            const double share = static_cast<double>(interval.success) / static_cast<double>(interval.total);
            rates.push_back({host.get(), 100.0 * share});
        }
    }
    return rates;
}

double successRateFloor(const std::vector<HostRate>& rates)
{
    const auto count = static_cast<double>(rates.size());
    double mean = 0;
    for (const HostRate& rate : rates) {
        mean += rate.percent / count;
    }
    double variance = 0;
    for (const HostRate& rate : rates) {
        variance += (rate.percent - mean) * (rate.percent - mean) / count;
    }
    return mean - kSuccessRateFactor * std::sqrt(variance);
}

} // namespace

OutlierDetector::OutlierDetector(const plan::OutlierDetection& settings, base::Instant now)
    : m_settings(settings),
      m_maxTime(std::max(kMaxEjectionTime, settings.baseEjectionTime))
{
    m_settings.interval = std::max<base::Duration>(settings.interval, std::chrono::milliseconds(1));
    m_nextTick = now + m_settings.interval;
}

bool OutlierDetector::reportStatus(Host& host, std::uint32_t status, std::size_t hostCount, base::Instant now)
{
    ++host.answers.total;
    if (status < 500 || status > 599) {
        ++host.answers.success;
        host.consecutive5xx = 0;
        host.consecutiveGateway = 0;
        return false;
    }

    bool ejected = false;
    if (status >= 502 && status <= 504) {
        ++host.consecutiveGateway;
        if (m_settings.consecutiveGatewayErrors && host.consecutiveGateway == *m_settings.consecutiveGatewayErrors) {
            ejected = ejectForErrors(host, host.consecutiveGateway, hostCount, now);
        }
    } else {
        host.consecutiveGateway = 0;
    }
    if (++host.consecutive5xx == m_settings.consecutive5xx) {
        ejected = ejectForErrors(host, host.consecutive5xx, hostCount, now) || ejected;
    }
    return ejected;
}

bool OutlierDetector::reportLocalFailure(Host& host, std::uint32_t status, std::size_t hostCount, base::Instant now)
{
    if (!m_settings.splitLocalOrigin) {
        return reportStatus(host, status, hostCount, now);
    }
    ++host.local.total;
    return ++host.consecutiveLocal == m_settings.consecutiveLocalOriginFailures
        && ejectForErrors(host, host.consecutiveLocal, hostCount, now);
}

void OutlierDetector::reportConnected(Host& host)
{
    if (m_settings.splitLocalOrigin) {
        ++host.local.total;
        ++host.local.success;
        host.consecutiveLocal = 0;
    }
}

bool OutlierDetector::ejectForErrors(Host& host, std::uint32_t& counter, std::size_t hostCount, base::Instant now)
{
    if (host.ejected || host.removed) {
        return false; // the counter runs on: it will not be equal again before the host is back
    }
    const bool ejected = eject(host, hostCount, now);
    counter = 0;
    return ejected;
}

bool OutlierDetector::eject(Host& host, std::size_t hostCount, base::Instant now)
{
    const double percent = 100.0 * (m_active + 1) / static_cast<double>(hostCount);
    const bool within = percent <= std::min(100U, m_settings.maxEjectionPercent);
    if (!within && !(m_settings.alwaysEjectOne && m_active == 0)) {
        ++m_overflows;
        return false;
    }
    ++m_active;
    host.ejected = true;
    host.ejectedAt = now;
    if (m_settings.baseEjectionTime * host.ejections < m_maxTime + m_settings.baseEjectionTime) {
        ++host.ejections;
    }
    return true;
}

void OutlierDetector::uneject(Host& host, base::Instant now)
{
    --m_active;
    host.ejected = false;
    host.unejectedAt = now;
    host.consecutive5xx = 0;
    host.consecutiveGateway = 0;
    host.consecutiveLocal = 0;
}

base::Duration OutlierDetector::ejectionTime(const Host& host) const
{
    return std::min(m_settings.baseEjectionTime * host.ejections, m_maxTime);
}

bool OutlierDetector::tick(const std::vector<HostPtr>& hosts, base::Instant now)
{
    m_nextTick = now + m_settings.interval;
    bool changed = false;
    for (const HostPtr& host : hosts) {
        if (host->ejected) {
            if (now - host->ejectedAt >= ejectionTime(*host)) {
                uneject(*host, now);
                changed = true;
            }
        } else if (host->ejections > 0 && now - host->unejectedAt >= m_settings.interval) {
            --host->ejections;
        }
    }
    changed = judgeRates(hosts, &Host::answers, true, now) || changed;
    if (m_settings.splitLocalOrigin) {
        changed = judgeRates(hosts, &Host::local, false, now) || changed;
    }
    for (const HostPtr& host : hosts) {
        host->answers = {};
        host->local = {};
    }
    return changed;
}

bool OutlierDetector::judgeRates(
    const std::vector<HostPtr>& hosts, IntervalCount Host::*count, bool enforceFailures, base::Instant now)
{
    if (hosts.size() < kRateMinHosts) {
        return false;
    }
    bool changed = false;
    // Both judge the hosts as they stood at the tick, before either ejected any.
    const std::vector<HostRate> bySuccess = ratesOf(hosts, count, kSuccessRateVolume);
    const std::vector<HostRate> byFailure = ratesOf(hosts, count, kFailurePercentageVolume);
    if (bySuccess.size() >= kRateMinHosts) {
        const double floor = successRateFloor(bySuccess);
        for (const HostRate& rate : bySuccess) {
            changed = (rate.percent < floor && eject(*rate.host, hosts.size(), now)) || changed;
        }
    }
    if (enforceFailures && m_settings.failurePercentageThreshold && byFailure.size() >= kRateMinHosts) {
        for (const HostRate& rate : byFailure) {
            const bool bad = !rate.host->ejected && 100.0 - rate.percent >= *m_settings.failurePercentageThreshold;
            changed = (bad && eject(*rate.host, hosts.size(), now)) || changed;
        }
    }
    return changed;
}

bool OutlierDetector::unejectPassed(Host& host, base::Instant now)
{
    if (!host.ejected || host.failedCheck) {
        return false;
    }
    uneject(host, now);
    return true;
}

void OutlierDetector::forget(const Host& host)
{
    if (host.ejected) {
        --m_active;
    }
}

} // namespace signalbox::dispatch
