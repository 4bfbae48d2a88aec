// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which outcome a retry policy catches (envoy-routing 3.2) and how long it waits (3.4).

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/dispatch/outcome.h"
#include "core/plan/plan.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace signalbox::dispatch {

/// What of an upstream head decides about a retry.
struct ResponseHead {
    std::uint16_t status = 200;
    std::int8_t grpcStatus = -1; ///< grpc-status header, -1 when absent
    bool rateLimited = false;    ///< x-envoy-ratelimited is present
};

/// The trigger that catches an answer's head; the most specific when several do. Nothing when none does.
std::optional<plan::RetryOn> caughtBy(const plan::RetryPolicy& policy, const ResponseHead& head);

/// The same for an attempt that ended without a head. `requestSent`: any attempt of this request has had a
/// connection and thus sent something.
std::optional<plan::RetryOn> caughtBy(const plan::RetryPolicy& policy, Failure failure, bool requestSent);

/// Envoy's JitteredExponentialBackOffStrategy: uniform below a bound that doubles up to a maximum.
class BackOff
{
public:
    struct Wait {
        base::Duration time{};
        base::Duration bound{}; ///< exclusive
    };

    BackOff() = default;
    explicit BackOff(const plan::RetryPolicy& policy)
        : m_next(wholeMilliseconds(policy.baseInterval)),
          m_max(wholeMilliseconds(policy.maxInterval))
    {}

    /// One draw, in whole milliseconds.
    Wait next(base::Random& random)
    {
        const std::uint64_t bound = m_next;
        m_next = bound < m_max / 2 ? bound * 2 : m_max;
        return {duration(random.below(bound)), duration(bound)};
    }

private:
    static std::uint64_t wholeMilliseconds(base::Duration duration)
    {
        const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
        return static_cast<std::uint64_t>(std::max<std::int64_t>(1, count));
    }

    static base::Duration duration(std::uint64_t milliseconds)
    {
        return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
    }

    std::uint64_t m_next = 1;
    std::uint64_t m_max = 1;
};

} // namespace signalbox::dispatch
