// SPDX-License-Identifier: Apache-2.0
#pragma once

// One request on a bench of its own, with the events that tests send it in a row.

#include "tests/support/dispatch_bench.h"

#include <initializer_list>

namespace signalbox::test {

inline std::uint32_t bits(std::initializer_list<plan::RetryOn> triggers)
{
    std::uint32_t result = 0;
    for (const plan::RetryOn trigger : triggers) {
        result |= static_cast<std::uint32_t>(trigger);
    }
    return result;
}

/// Backends "a" (priority 0) and "b" (priority 1) under guide A's policy, shortened.
inline PlanBuilder twoPriorities(std::uint32_t retries = 5)
{
    PlanBuilder builder;
    const auto index = builder.cluster("m", {{"a"}, {"b", 1, 1}});
    plan::RetryPolicy& policy = builder.retry(index);
    policy.on = bits({plan::RetryOn::ConnectFailure, plan::RetryOn::RetriableStatusCodes});
    policy.statusCodes = {500, 502, 503};
    policy.numRetries = retries;
    policy.attemptsPerPriority = 1;
    return builder;
}

struct RequestRun : DispatchBench {
    explicit RequestRun(PlanBuilder builder)
        : DispatchBench(builder.build()),
          request(route(), &cluster(), streams(), now)
    {}

    /// The next deadline comes.
    dispatch::Action due()
    {
        now = request.deadline();
        return request.onDeadline(now);
    }
    dispatch::Action answer(std::uint16_t status)
    {
        request.onConnected(now);
        return request.onHeaders({status}, now);
    }
    dispatch::Action refuse() { return request.onFailure(dispatch::Failure::RemoteConnectionFailure, now); }
    /// Starts an attempt that connects and stays silent.
    void hang()
    {
        request.start(now);
        request.onConnected(now);
    }
    const dispatch::AttemptTrace& last() const { return request.trace().back(); }

    dispatch::Request request;
};

} // namespace signalbox::test
