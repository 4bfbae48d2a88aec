// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/request.h"

#include <algorithm>

namespace signalbox::dispatch {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::string_view kNoHealthyUpstream = "no healthy upstream";
constexpr std::string_view kFaultAbort = "fault filter abort";

base::Instant after(base::Instant start, base::Duration time)
{
    return time > base::Duration::zero() ? start + time : base::kNever;
}

} // namespace

Request::Request(const plan::Route& route, Cluster* cluster, Streams streams, base::Instant received)
    : m_route(route),
      m_cluster(cluster),
      m_definition(cluster ? &cluster->definition() : nullptr),
      m_streams(streams),
      m_received(received)
{
    if (const plan::RetryPolicy* retry = policy()) {
        m_retriesLeft = retry->numRetries;
        m_backOff = BackOff(*retry);
        m_retry.rejectAttempted = retry->previousHosts;
        m_retry.updateFrequency = retry->attemptsPerPriority;
    }
}

Request::~Request()
{
    finish();
}

Action Request::start(base::Instant now)
{
    if (m_phase != Phase::Created) {
        return {};
    }
    m_streamIdleAt = after(m_received, m_route.idleTimeout);
    m_durationAt = after(m_received, m_route.maxStreamDuration);
    if (m_route.fault && m_route.fault->delay > base::Duration::zero() && isChance(m_route.fault->delayPerMillion)) {
        m_phase = Phase::Delayed;
        m_decision = Decision::FaultInjected;
        m_waitAt = now + m_route.fault->delay;
        Action action;
        action.kind = Action::Kind::Wait;
        return action;
    }
    m_requestAt = after(m_received, m_route.timeout);
    return afterDelay(now);
}

/// The abort is drawn after the delay, and the router, with its clock, comes after both.
Action Request::afterDelay(base::Instant now)
{
    if (m_phase == Phase::Delayed) {
        m_waitAt = base::kNever;
        m_requestAt = after(now, m_route.timeout);
    }
    if (m_route.fault && m_route.fault->abortStatus != 0 && isChance(m_route.fault->abortPerMillion)) {
        m_decision = Decision::FaultInjected;
        return reply(static_cast<std::uint16_t>(m_route.fault->abortStatus), kFaultAbort);
    }
    return routeAction(now);
}

Action Request::routeAction(base::Instant now)
{
    switch (m_route.action) {
    case plan::Route::Action::NotFound:
        return reply(404, {});
    case plan::Route::Action::DirectResponse:
        return reply(m_route.directStatus, {});
    case plan::Route::Action::Forward:
        break;
    }
    return m_cluster ? tryHost(now) : reply(m_route.invalidStatus, {});
}

Action Request::tryHost(base::Instant now)
{
    const bool isRetry = !m_trace.empty();
    Host* const host = m_cluster->chooseHost(isRetry ? &m_retry : nullptr, now);
    AttemptTrace& trace = m_trace.emplace_back();
    trace.started = now;
    trace.picks = isRetry ? m_retry.picks : std::uint8_t{1};
    m_phase = Phase::Trying;
    if (!host) {
        endAttempt(AttemptOutcome::NoHost, now);
        decide(Decision::NoHealthyHost);
        return reply(503, kNoHealthyUpstream);
    }
    trace.host = m_cluster->share(*host);
    trace.endpoint = m_cluster->endpointOf(*host, *m_definition);
    trace.profile = m_definition->localities[host->locality].profile;
    trace.priority = host->priority;
    if (policy()) {
        m_retry.onAttempted(*host);
    }
    Action action;
    action.kind = Action::Kind::Try;
    action.host = host;
    action.attempt = attempts();
    return action;
}

bool Request::isChance(std::uint32_t perMillion)
{
    return perMillion > 0 && m_streams.cluster->below(kMillion) < perMillion;
}

void Request::onConnected(base::Instant now)
{
    if (!awaitsHead() || m_attemptConnected) {
        return;
    }
    Host& host = *attempt().host;
    ++host.activeRequests;
    m_attemptConnected = true;
    m_everConnected = true;
    attempt().connected = true;
    m_cluster->reportConnected(host);

    const plan::RetryPolicy* retry = policy();
    const base::Duration whole = m_route.timeout;
    if (retry && (whole <= base::Duration::zero() || retry->perTryTimeout < whole)) {
        m_perTryAt = after(now, retry->perTryTimeout);
    }
    m_perTryIdleAt = after(now, m_route.perTryIdleTimeout);
}

void Request::onActivity(base::Instant now)
{
    if (m_attemptConnected) {
        m_perTryIdleAt = after(now, m_route.perTryIdleTimeout);
    }
    if (hasHead()) {
        m_streamIdleAt = after(now, m_route.idleTimeout);
    }
}

Action Request::onHeaders(const ResponseHead& head, base::Instant now)
{
    if (!awaitsHead()) {
        return {};
    }
    onConnected(now); // for drivers that saw the answer before the end of their own write
    attempt().status = head.status;
    m_cluster->reportStatus(*attempt().host, head.status, now);

    Action action;
    if (takeRetry(policy() ? caughtBy(*policy(), head) : std::nullopt, now)) {
        endAttempt(head.status < 400 ? AttemptOutcome::Ok : AttemptOutcome::Status, now);
        action.kind = Action::Kind::Wait;
        action.cancelAttempt = true;
        return action;
    }
    const bool unwanted = m_decision == Decision::RetriesUsedUp || m_decision == Decision::RetryBreakerFull;
    if (head.status < 400 && !unwanted) {
        decide(Decision::Forwarded);
    }
    m_phase = Phase::HeadHeld;
    m_perTryAt = base::kNever;
    onActivity(now);
    action.kind = Action::Kind::Forward;
    return action;
}

void Request::onHeadSent()
{
    if (m_phase == Phase::HeadHeld) {
        m_phase = Phase::HeadSent;
    }
}

base::Instant Request::deadline() const
{
    return std::min({m_waitAt, m_perTryAt, m_perTryIdleAt, m_streamIdleAt, m_requestAt, m_durationAt});
}

std::uint32_t Request::drawCluster(const plan::Route& route, base::Random& random)
{
    std::uint64_t total = 0;
    for (const auto& entry : route.weighted) {
        total += entry.weight;
    }
    std::uint64_t ticket = random.below(total);
    for (const auto& entry : route.weighted) {
        if (ticket < entry.weight) {
            return entry.cluster;
        }
        ticket -= entry.weight;
    }
    return plan::kNone;
}

} // namespace signalbox::dispatch
