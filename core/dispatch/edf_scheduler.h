// SPDX-License-Identifier: Apache-2.0
#pragma once

// Weighted round robin by earliest deadline first, exactly as Envoy's EdfScheduler does it
// (envoy/source/common/upstream/edf_scheduler.h; envoy-routing 2.4).

#include <cstdint>
#include <utility>
#include <vector>

namespace signalbox::dispatch {

/// Picks indices 0..n-1 in proportion to their weights: a fixed cyclic order, its phase chosen at
/// construction. Deadlines are doubles and accumulate as Envoy's do; ties go to the entry that has waited longest.
class EdfScheduler
{
public:
    EdfScheduler() = default;

    /// `weights` are all above 0. `picks`: a 32-bit random value; the scheduler starts as if
    /// picks mod 429496729 picks had been made.
    EdfScheduler(std::vector<double> weights, std::uint32_t picks);

    bool empty() const { return m_weights.empty(); }

    /// The next entry. O(log n), no allocation.
    std::uint32_t pick();

private:
    struct Item { double deadline; std::uint64_t order; std::uint32_t index; };

    void push(double deadline, std::uint32_t index);

    double m_now = 0;
    std::uint64_t m_order = 0;
    std::vector<double> m_weights;
    std::vector<Item> m_heap;
};

} // namespace signalbox::dispatch
