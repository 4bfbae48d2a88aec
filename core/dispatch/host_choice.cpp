// SPDX-License-Identifier: Apache-2.0
// The balancer's way from a request to a host (envoy-routing 2.2 to 2.8).
#include "core/dispatch/cluster.h"
#include "core/dispatch/retry_context.h"

#include <algorithm>

namespace signalbox::dispatch {
namespace {

constexpr std::uint8_t kRetryPicks = 6; // one, and host_selection_retry_max_attempts 5

/// The priority whose share of 1..100 the draw falls into; the count of priorities when it is a degraded one,
/// which no cluster here ever has.
std::size_t choosePriority(std::uint64_t draw, const LoadView& loads)
{
    const auto ticket = static_cast<std::uint32_t>(draw % 100 + 1);
    std::uint32_t sum = 0;
    for (std::size_t p = 0; p < loads.healthy.size(); ++p) {
        sum += loads.healthy[p];
        if (ticket <= sum) {
            return p;
        }
    }
    return loads.healthy.size();
}

bool wasAttempted(const RetryContext& retry, const Host* host)
{
    return std::find(retry.attempted.begin(), retry.attempted.end(), host) != retry.attempted.end();
}

} // namespace

Host* Cluster::chooseHost(const RetryContext* retry, base::Instant now)
{
    if (!retry) {
        return chooseOnce(nullptr, now);
    }
    Host* host = nullptr;
    for (retry->picks = 1; retry->picks <= kRetryPicks; ++retry->picks) {
        host = chooseOnce(retry, now);
        if (!host || !retry->rejectAttempted || !wasAttempted(*retry, host)) {
            return host;
        }
    }
    retry->picks = kRetryPicks;
    return host; // the last rejected one is used anyway
}

Host* Cluster::chooseOnce(const RetryContext* retry, base::Instant now)
{
    const LoadView loads =
        retry ? previousPrioritiesLoad(*retry, m_health, m_state) : LoadView{m_state.healthyLoad, m_state.degradedLoad};
    const std::uint64_t draw = m_random.next();
    const std::size_t priority = choosePriority(draw, loads);
    if (priority >= m_sets.size()) {
        return nullptr;
    }
    return m_sets[priority].choose(m_state.panic[priority], m_balancer, draw, m_random, now);
}

} // namespace signalbox::dispatch
