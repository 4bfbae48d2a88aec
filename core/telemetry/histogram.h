// SPDX-License-Identifier: Apache-2.0
#pragma once

// Latency histogram with bounded relative error (the idea of HdrHistogram and DDSketch: buckets of equal
// relative width).

#include "core/base/time.h"

#include <cstdint>
#include <vector>

namespace signalbox::telemetry {

/// Counts durations in buckets whose width is at most 1 % of their value (128 for every power of two of nanoseconds,
/// below 128 ns one each); negative ones count as 0, those above 1 h as 1 h. add() is O(1) and does not allocate after
/// the first use of a magnitude. Not thread-safe.
class Histogram
{
public:
    void add(base::Duration value, std::uint64_t count = 1);
    void merge(const Histogram& other);
    void clear();

    std::uint64_t count() const { return m_count; }
    /// Of the values as they were given, but for negative ones.
    base::Duration sum() const { return m_sum; }

    /// The value at rank ceil(q * count), q in [0, 1], within 0.5 %, never outside the values seen; zero when empty.
    base::Duration quantile(double q) const;

private:
    std::uint64_t m_count = 0;
    base::Duration m_sum{};
    base::Duration m_least{};
    base::Duration m_most{};
    std::vector<std::uint64_t> m_buckets;
};

} // namespace signalbox::telemetry
