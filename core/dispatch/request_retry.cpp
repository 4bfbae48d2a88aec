// SPDX-License-Identifier: Apache-2.0
// The decision about a retry (envoy-routing 3.3).
#include "core/dispatch/request.h"

namespace signalbox::dispatch {

bool Request::takeRetry(std::optional<plan::RetryOn> trigger, base::Instant now)
{
    releaseRetrySlot();
    if (!policy() || policy()->on == 0) {
        decide(Decision::NoRetryPolicy);
        return false;
    }
    if (!trigger) {
        decide(Decision::NotCaught);
        return false;
    }
    attempt().trigger = *trigger;
    if (m_retriesLeft == 0) {
        decide(Decision::RetriesUsedUp);
        return false;
    }
    --m_retriesLeft; // before the breaker is asked: a refused retry is used up too
    if (!m_cluster->canRetry()) {
        decide(Decision::RetryBreakerFull);
        return false;
    }
    ++m_cluster->gauges.retries;
    m_holdsRetrySlot = true;
    const BackOff::Wait wait = m_backOff.next(*m_streams.backoff);
    attempt().backoff = wait.time;
    attempt().backoffBound = wait.bound;
    m_waitAt = now + wait.time;
    m_phase = Phase::BackingOff;
    decide(Decision::Retried);
    return true;
}

void Request::releaseRetrySlot()
{
    if (m_holdsRetrySlot) {
        --m_cluster->gauges.retries;
        m_holdsRetrySlot = false;
    }
}

} // namespace signalbox::dispatch
