// SPDX-License-Identifier: Apache-2.0
// Failures, time-outs and the end of a request (envoy-routing 3.5 to 3.9).
#include "core/dispatch/request.h"

#include <array>
#include <utility>

namespace signalbox::dispatch {
namespace {

constexpr std::string_view kRequestTimeout = "upstream request timeout";
constexpr std::string_view kStreamTimeout = "stream timeout";
constexpr std::string_view kDurationTimeout = "downstream duration timeout";

AttemptOutcome outcomeOf(Failure failure)
{
    switch (failure) {
    case Failure::RemoteConnectionFailure:
    case Failure::LocalConnectionFailure:
        return AttemptOutcome::Refused;
    case Failure::ConnectionTimeout:
        return AttemptOutcome::ConnectTimeout;
    case Failure::ConnectionTermination:
        return AttemptOutcome::Closed;
    case Failure::ProtocolError:
        return AttemptOutcome::Garbage;
    case Failure::Overflow:
        return AttemptOutcome::Overflow;
    case Failure::LocalReset:
        break;
    }
    return AttemptOutcome::Reset;
}

} // namespace

Action Request::onFailure(Failure failure, base::Instant now)
{
    if (!awaitsHead() && !hasHead()) {
        return {};
    }
    if (failure != Failure::Overflow) { // that one says nothing about the host
        m_cluster->reportLocalFailure(*attempt().host, 503, now);
    }
    endAttempt(outcomeOf(failure), now);
    if (hasHead()) {
        decide(Decision::HeadSent);
        return endAnswer(502, disconnectText(Failure::ProtocolError), false);
    }
    if (takeRetry(policy() ? caughtBy(*policy(), failure, m_everConnected) : std::nullopt, now)) {
        Action action;
        action.kind = Action::Kind::Wait;
        return action;
    }
    return reply(failure == Failure::ProtocolError ? 502 : 503, disconnectText(failure));
}

std::string_view Request::disconnectText(Failure failure)
{
    m_text = "upstream connect error or disconnect/reset before headers. ";
    m_text += attempts() > 1 ? "retried and the latest reset reason: " : "reset reason: ";
    m_text += failureText(failure);
    return m_text;
}

Action Request::onDeadline(base::Instant now)
{
    switch (dueTimer(now)) {
    case Timer::None:
        return {};
    case Timer::Request:
        return onRequestTimeout(AttemptOutcome::RequestTimeout, kRequestTimeout, true, now);
    case Timer::StreamDuration:
        return onRequestTimeout(AttemptOutcome::RequestTimeout, kDurationTimeout, false, now);
    case Timer::StreamIdle:
        return onRequestTimeout(AttemptOutcome::IdleTimeout, kStreamTimeout, false, now);
    case Timer::PerTryIdle:
        return onTryTimeout(AttemptOutcome::IdleTimeout, now);
    case Timer::PerTry:
        return onTryTimeout(AttemptOutcome::PerTryTimeout, now);
    case Timer::Wait:
        break;
    }
    if (m_phase == Phase::Delayed) {
        return afterDelay(now);
    }
    m_waitAt = base::kNever;
    return tryHost(now);
}

/// The timer that is due first; of several at the same moment the one that ends more.
Request::Timer Request::dueTimer(base::Instant now) const
{
    const base::Instant due = deadline();
    if (due > now || m_phase == Phase::Over) {
        return Timer::None;
    }
    const std::array<std::pair<base::Instant, Timer>, 5> timers{
        {{m_requestAt, Timer::Request}, {m_durationAt, Timer::StreamDuration}, {m_streamIdleAt, Timer::StreamIdle},
            {m_perTryIdleAt, Timer::PerTryIdle}, {m_perTryAt, Timer::PerTry}}};
    for (const auto& [at, timer] : timers) {
        if (at == due) {
            return timer;
        }
    }
    return Timer::Wait;
}

Action Request::onTryTimeout(AttemptOutcome outcome, base::Instant now)
{
    m_cluster->reportLocalFailure(*attempt().host, 504, now);
    const bool answering = hasHead();
    endAttempt(outcome, now);
    if (answering) {
        decide(Decision::TimedOut);
        return endAnswer(504, kRequestTimeout, true);
    }
    Action action;
    if (takeRetry(policy() ? caughtBy(*policy(), Failure::LocalReset, m_everConnected) : std::nullopt, now)) {
        action.kind = Action::Kind::Wait;
    } else {
        action = reply(504, kRequestTimeout);
    }
    action.cancelAttempt = true;
    return action;
}

/// `reported`: the host is to blame if it was asked and had not begun to answer.
Action Request::onRequestTimeout(AttemptOutcome outcome, std::string_view text, bool reported, base::Instant now)
{
    const bool answering = hasHead();
    const bool running = awaitsHead() || answering;
    if (reported && awaitsHead() && m_attemptConnected) {
        m_cluster->reportLocalFailure(*attempt().host, 504, now);
    }
    if (running) {
        endAttempt(outcome, now);
    }
    decide(Decision::TimedOut);
    if (answering) {
        return endAnswer(504, text, true);
    }
    Action action = reply(504, text);
    action.cancelAttempt = running;
    return action;
}

/// After the head: a collected answer can still be replaced, a streamed one only be cut.
Action Request::endAnswer(std::uint16_t status, std::string_view text, bool cancelAttempt)
{
    Action action;
    if (m_phase == Phase::HeadSent) {
        action.kind = Action::Kind::Cut;
        finish();
    } else {
        action = reply(status, text);
        action.reply.inErrorForm = false;
    }
    action.cancelAttempt = cancelAttempt;
    return action;
}

Action Request::reply(std::uint16_t status, std::string_view text)
{
    Action action;
    action.kind = Action::Kind::Reply;
    action.reply = {status, text, m_everConnected};
    finish();
    return action;
}

void Request::onComplete(base::Instant now)
{
    if (hasHead()) {
        endAttempt(attempt().status < 400 ? AttemptOutcome::Ok : AttemptOutcome::Status, now);
        finish();
    }
}

void Request::onClientGone(base::Instant now)
{
    if (m_phase == Phase::Over) {
        return;
    }
    if (awaitsHead() || hasHead()) {
        endAttempt(AttemptOutcome::Cancelled, now);
    }
    decide(Decision::ClientGone);
    finish();
}

void Request::endAttempt(AttemptOutcome outcome, base::Instant now)
{
    AttemptTrace& trace = attempt();
    trace.outcome = outcome;
    trace.ended = now;
    if (m_attemptConnected) {
        --trace.host->activeRequests;
        m_attemptConnected = false;
    }
    m_perTryAt = base::kNever;
    m_perTryIdleAt = base::kNever;
}

void Request::decide(Decision decision)
{
    m_decision = decision;
    if (!m_trace.empty()) {
        attempt().decision = decision;
    }
}

/// Gives back what it holds and stops every timer.
void Request::finish()
{
    if (m_phase == Phase::Over) {
        return;
    }
    m_phase = Phase::Over;
    if (m_attemptConnected) {
        --attempt().host->activeRequests;
        m_attemptConnected = false;
    }
    releaseRetrySlot();
    m_waitAt = m_perTryAt = m_perTryIdleAt = m_streamIdleAt = m_requestAt = m_durationAt = base::kNever;
}

} // namespace signalbox::dispatch
