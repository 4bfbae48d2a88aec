// SPDX-License-Identifier: Apache-2.0
#pragma once

// One finished request with its attempts, as a value. Drivers write it once, at the end; texts are made only
// when someone reads it.

#include "core/base/time.h"
#include "core/dispatch/outcome.h"
#include "core/plan/plan.h"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <string>

namespace signalbox::telemetry {

struct AttemptRecord {
    std::uint32_t endpoint = plan::kNone; ///< index into plan->endpoints and plan->servers; kNone: no host
    std::uint32_t profile = plan::kNone;  ///< index into plan->profiles
    std::uint32_t priority = 0;
    base::SocketAddress address; ///< socket that was tried
    dispatch::AttemptOutcome outcome = dispatch::AttemptOutcome::Pending;
    dispatch::Decision decision = dispatch::Decision::None;
    plan::RetryOn trigger{};
    std::uint16_t status = 0; ///< 0: no head arrived
    std::uint8_t picks = 1;
    base::Duration start{}; ///< since the request was received
    base::Duration end{};
    base::Duration firstByte{-1}; ///< since the request was received; negative: none
    base::Duration backoff{};
    base::Duration backoffBound{};
};

struct RequestRecord {
    plan::PlanPtr plan;                ///< that decided; indices refer to it
    std::uint64_t id = 0;              ///< set by the recorder, rising from 1
    base::WallTime time;               ///< when the head was complete
    std::string model;                 ///< as the client named it, at most 256 bytes
    std::uint32_t route = plan::kNone; ///< index into plan->routes; kNone: no route
    std::uint16_t status = 0;          ///< sent to the client; 0: it went away before
    bool streamed = false;
    bool complete = false;      ///< the answer ended properly
    std::uint64_t bytesIn = 0;  ///< request body
    std::uint64_t bytesOut = 0; ///< answer body
    base::Duration first{-1};   ///< first byte of the answer's body sent to the client; negative: none
    base::Duration total{};
    std::int64_t tokensIn = -1; ///< -1: not known
    std::int64_t tokensOut = -1;
    boost::container::small_vector<AttemptRecord, 1> attempts;
};

} // namespace signalbox::telemetry
