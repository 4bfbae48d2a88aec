// SPDX-License-Identifier: Apache-2.0
#pragma once

// Latency histogram with bounded relative error (the idea of HdrHistogram and DDSketch: buckets of equal
// relative width).

#include "core/base/time.h"

#include <cstdint>
#include <vector>

namespace signalbox::telemetry {

/// Counts durations from 1 µs to 1 h in buckets whose width is at most 1 % of their value; below that exact to 1 µs,
/// above clamped. add() is O(1) and does not allocate after the first use of a magnitude. Not thread-safe.
class Histogram
{
public:
    void add(base::Duration value, std::uint64_t count = 1);
    void merge(const Histogram& other);
    void clear();

    std::uint64_t count() const { return m_count; }
    base::Duration sum() const { return m_sum; }

    /// The value at rank ceil(q * count), q in [0, 1], within 1 %; zero when empty.
    base::Duration quantile(double q) const;

private:
    std::uint64_t m_count = 0;
    base::Duration m_sum{};
    std::vector<std::uint32_t> m_buckets;
};

} // namespace signalbox::telemetry
