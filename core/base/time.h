// SPDX-License-Identifier: Apache-2.0
#pragma once

// Moments and durations as every machine below uses them. Machines never read a clock: "now" is an
// argument, so that the proxy can pass the steady clock and the simulator virtual time.

#include <chrono>
#include <cstdint>

namespace signalbox::base {

using Duration = std::chrono::nanoseconds;

/// Tag for moments on a monotonic axis whose zero is the start of the run (live or virtual).
struct RunClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<RunClock>;
    static constexpr bool is_steady = true;
};

using Instant = RunClock::time_point;

/// "Never": later than every real moment.
inline constexpr Instant kNever = Instant::max();

/// Wall-clock moments, only for display and records (microseconds since the Unix epoch, UTC).
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

} // namespace signalbox::base
