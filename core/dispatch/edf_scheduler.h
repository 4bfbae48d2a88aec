// SPDX-License-Identifier: Apache-2.0
#pragma once

// Weighted round robin by earliest deadline first, exactly as Envoy's EdfScheduler does it
// (envoy/source/common/upstream/edf_scheduler.h; envoy-routing 2.4).

#include <cstdint>
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

    /// The next entry. O(log n), no allocation. Not to be called when empty().
    std::uint32_t pick();

    /// As pick(), but the entry goes back with the weight that `weightOf(index)` gives now (above 0): weights
    /// that change with time or load.
    template<typename WeightOf>
    std::uint32_t pick(WeightOf&& weightOf)
    {
        const std::uint32_t index = m_heap.front().index;
        m_weights[index] = weightOf(index);
        return pick();
    }

private:
    struct Item {
        double deadline;
        std::uint64_t order;
        std::uint32_t index;

        bool isBefore(const Item& other) const
        {
            return deadline < other.deadline || (deadline == other.deadline && order < other.order);
        }
    };

    void siftDown(std::size_t at);

    double m_now = 0;
    std::uint64_t m_order = 0;
    std::vector<double> m_weights;
    std::vector<Item> m_heap; ///< binary heap, earliest first
};

} // namespace signalbox::dispatch
