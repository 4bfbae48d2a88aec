// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/retry_policy.h"

namespace signalbox::dispatch {
namespace {

using plan::RetryOn;

std::optional<RetryOn> grpcTrigger(std::int8_t grpcStatus)
{
    switch (grpcStatus) {
    case 1:
        return RetryOn::Cancelled;
    case 4:
        return RetryOn::DeadlineExceeded;
    case 8:
        return RetryOn::ResourceExhausted;
    case 13:
        return RetryOn::Internal;
    case 14:
        return RetryOn::Unavailable;
    default:
        return std::nullopt;
    }
}

bool isConnectFailure(Failure failure)
{
    return failure == Failure::RemoteConnectionFailure || failure == Failure::LocalConnectionFailure
        || failure == Failure::ConnectionTimeout;
}

} // namespace

std::optional<RetryOn> caughtBy(const plan::RetryPolicy& policy, const ResponseHead& head)
{
    if (head.rateLimited) {
        return std::nullopt;
    }
    const std::uint16_t status = head.status;
    if (policy.has(RetryOn::RetriableStatusCodes)
        && std::binary_search(policy.statusCodes.begin(), policy.statusCodes.end(), status)) {
        return RetryOn::RetriableStatusCodes;
    }
    if (policy.has(RetryOn::Retriable4xx) && status == 409) {
        return RetryOn::Retriable4xx;
    }
    if (policy.has(RetryOn::GatewayError) && status >= 502 && status <= 504) {
        return RetryOn::GatewayError;
    }
    if (policy.has(RetryOn::FiveXx) && status >= 500 && status <= 599) {
        return RetryOn::FiveXx;
    }
    const auto trigger = grpcTrigger(head.grpcStatus);
    return trigger && policy.has(*trigger) ? trigger : std::nullopt;
}

std::optional<RetryOn> caughtBy(const plan::RetryPolicy& policy, Failure failure, bool requestSent)
{
    if (failure == Failure::Overflow) {
        return std::nullopt;
    }
    if (policy.has(RetryOn::ConnectFailure) && isConnectFailure(failure)) {
        return RetryOn::ConnectFailure;
    }
    if (policy.has(RetryOn::ResetBeforeRequest) && !requestSent) {
        return RetryOn::ResetBeforeRequest;
    }
    for (const RetryOn trigger : {RetryOn::Reset, RetryOn::GatewayError, RetryOn::FiveXx}) {
        if (policy.has(trigger)) {
            return trigger;
        }
    }
    return std::nullopt;
}

} // namespace signalbox::dispatch
