// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/edf_scheduler.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace signalbox::dispatch {
namespace {

constexpr std::uint32_t kPicksBound = 429'496'729;
constexpr double kWeightNudge = 1e-13; // Envoy adds it against division by zero; it also shifts ties

} // namespace

EdfScheduler::EdfScheduler(std::vector<double> weights, std::uint32_t picks) : m_weights(std::move(weights))
{
    picks %= kPicksBound;
    const std::size_t count = m_weights.size();
    double sum = 0;
    for (const double weight : m_weights) {
        sum += weight + kWeightNudge;
    }

    std::uint32_t done = 0;
    m_heap.reserve(count);
    for (std::size_t index = 0; index < count; ++index) {
        const double weight = m_weights[index] + kWeightNudge;
        auto turns = static_cast<std::uint32_t>(weight * picks / sum);
        if (turns > 0 && turns / weight >= picks / sum) {
            --turns;
        }
        m_heap.push_back({(turns + 1) / weight, index, static_cast<std::uint32_t>(index)});
        m_now = std::max(m_now, turns / weight);
        done += turns;
    }
    m_order = count;
    for (std::size_t at = count / 2; at-- > 0;) {
        siftDown(at);
    }
    for (; count > 0 && done < picks; ++done) {
        pick();
    }
}

std::uint32_t EdfScheduler::pick()
{
    Item& top = m_heap.front();
    const std::uint32_t index = top.index;
    m_now = top.deadline;
    top.deadline = m_now + 1.0 / m_weights[index];
    top.order = m_order++;
    siftDown(0);
    return index;
}

void EdfScheduler::siftDown(std::size_t at)
{
    const Item item = m_heap[at];
    const std::size_t count = m_heap.size();
    for (std::size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && m_heap[child + 1].isBefore(m_heap[child])) {
            ++child;
        }
        if (!m_heap[child].isBefore(item)) {
            break;
        }
        m_heap[at] = m_heap[child];
        at = child;
    }
    m_heap[at] = item;
}

} // namespace signalbox::dispatch
