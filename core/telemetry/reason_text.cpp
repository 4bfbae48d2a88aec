// SPDX-License-Identifier: Apache-2.0
#include "core/base/duration_text.h"
#include "core/telemetry/record_json.h"

#include <chrono>

namespace signalbox::telemetry {

namespace {

using dispatch::AttemptOutcome;
using dispatch::Decision;

std::string milliseconds(base::Duration duration)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + " ms";
}

/// " of 10s", or nothing where no such time-out is set.
std::string ofLimit(base::Duration limit)
{
    return limit > base::Duration{} ? " of " + base::durationText(limit) : std::string();
}

/// Envoy's name of the condition in retry_on.
std::string_view triggerName(plan::RetryOn trigger)
{
    using plan::RetryOn;
    switch (trigger) {
    case RetryOn::FiveXx:
        return "5xx";
    case RetryOn::GatewayError:
        return "gateway-error";
    case RetryOn::Reset:
        return "reset";
    case RetryOn::ResetBeforeRequest:
        return "reset-before-request";
    case RetryOn::ConnectFailure:
        return "connect-failure";
    case RetryOn::Retriable4xx:
        return "retriable-4xx";
    case RetryOn::RefusedStream:
        return "refused-stream";
    case RetryOn::RetriableStatusCodes:
        return "retriable-status-codes";
    case RetryOn::Cancelled:
        return "cancelled";
    case RetryOn::DeadlineExceeded:
        return "deadline-exceeded";
    case RetryOn::Internal:
        return "internal";
    case RetryOn::ResourceExhausted:
        return "resource-exhausted";
    case RetryOn::Unavailable:
        return "unavailable";
    }
    return "a trigger";
}

std::string outcomeText(const AttemptRecord& attempt, const plan::Route* route)
{
    const std::string headFirst = attempt.status != 0 ? "answered " + std::to_string(attempt.status) + ", then " : "";
    const std::string after = milliseconds(attempt.end - attempt.start);
    switch (attempt.outcome) {
    case AttemptOutcome::Pending:
        return "still running";
    case AttemptOutcome::Ok:
    case AttemptOutcome::Status:
        return "answered " + std::to_string(attempt.status);
    case AttemptOutcome::Refused:
        return "connection refused";
    case AttemptOutcome::ConnectTimeout:
        return "no connection after " + after;
    case AttemptOutcome::Reset:
        return headFirst + "connection reset after " + after;
    case AttemptOutcome::Closed:
        return headFirst + "connection closed after " + after;
    case AttemptOutcome::Garbage:
        return headFirst + "what came is not HTTP";
    case AttemptOutcome::PerTryTimeout:
        return "no answer after " + after + ", the per-try timeout"
            + ofLimit(route && route->retry ? route->retry->perTryTimeout : base::Duration{});
    case AttemptOutcome::IdleTimeout:
        return headFirst + "nothing moved until the idle timeout, after " + after;
    case AttemptOutcome::RequestTimeout:
        return headFirst + "ended after " + after + " by the request timeout"
            + ofLimit(route ? route->timeout : base::Duration{});
    case AttemptOutcome::Overflow:
        return "refused by a circuit breaker";
    case AttemptOutcome::NoHost:
        return "no healthy host";
    case AttemptOutcome::Cancelled:
        return "the client went away after " + after;
    }
    return {};
}

std::string retriedText(const AttemptRecord& attempt)
{
    std::string text(triggerName(attempt.trigger));
    text += " matches, next attempt ";
    // Envoy draws whole milliseconds below the bound.
    const auto bound = std::chrono::duration_cast<std::chrono::milliseconds>(attempt.backoffBound).count();
    if (bound <= 0 && attempt.backoff <= base::Duration{}) {
        return text + "at once";
    }
    text += "after " + milliseconds(attempt.backoff);
    return bound > 0 ? text + " (of at most " + std::to_string(bound - 1) + ")" : text;
}

std::string decisionText(const AttemptRecord& attempt, const plan::Route* route)
{
    const bool failed = attempt.outcome != AttemptOutcome::Ok;
    switch (attempt.decision) {
    case Decision::None:
        return {};
    case Decision::Forwarded:
        return failed ? "passed on to the client" : "";
    case Decision::NoRetryPolicy:
        return failed ? "no retry policy on this route" : "";
    case Decision::NotCaught:
        return failed ? "no trigger of the retry policy matches" : "";
    case Decision::Retried:
        return retriedText(attempt);
    case Decision::RetriesUsedUp:
        return route && route->retry ? "all " + std::to_string(route->retry->numRetries) + " retries are used up"
                                     : "the retries are used up";
    case Decision::RetryBreakerFull:
        return "the circuit breaker for retries is full";
    case Decision::TimedOut:
        return "the time of the request is over";
    case Decision::NoHealthyHost:
        return attempt.outcome == AttemptOutcome::NoHost ? "" : "no healthy host to try";
    case Decision::HeadSent:
        return "never retried after its head";
    case Decision::ClientGone:
        return attempt.outcome == AttemptOutcome::Cancelled ? "" : "the client went away";
    case Decision::FaultInjected:
        return "fault injected by the policy";
    }
    return {};
}

} // namespace

std::string reasonText(const RequestRecord& record, std::size_t index)
{
    if (index >= record.attempts.size()) {
        return {};
    }
    const AttemptRecord& attempt = record.attempts[index];
    const bool routed = record.plan && record.route < record.plan->routes.size();
    const plan::Route* route = routed ? &record.plan->routes[record.route] : nullptr;
    std::string text = outcomeText(attempt, route);
    if (attempt.picks > 1) {
        text += ", host drawn " + std::to_string(attempt.picks) + " times";
    }
    const std::string decision = decisionText(attempt, route);
    return decision.empty() ? text : text + "; " + decision;
}

} // namespace signalbox::telemetry
