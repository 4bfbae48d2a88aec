// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bounded history with rising ids: "everything after id N" is how readers pull, so a slow reader
// skips and never slows the writer.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace signalbox::base {

/// Keeps the newest `capacity` values (at least 1). Ids start at 1 and rise by one per push; the
/// storage grows with use up to the capacity. Not thread-safe.
template<typename T>
class RingBuffer
{
public:
    explicit RingBuffer(std::size_t capacity) : m_capacity(capacity == 0 ? 1 : capacity) {}

    /// Stores a value, dropping the oldest when full. Returns its id.
    std::uint64_t push(T value)
    {
        if (m_values.size() < m_capacity) {
            m_values.push_back(std::move(value));
        } else {
            m_values[static_cast<std::size_t>(m_lastId % m_capacity)] = std::move(value);
        }
        return ++m_lastId;
    }

    std::size_t size() const { return m_values.size(); }
    std::size_t capacity() const { return m_capacity; }
    /// Id of the newest value, 0 when nothing was ever stored.
    std::uint64_t lastId() const { return m_lastId; }
    /// Id of the oldest value still held (lastId() + 1 when empty).
    std::uint64_t firstId() const { return m_lastId - m_values.size() + 1; }

    /// The value with this id, which must lie in [firstId(), lastId()].
    const T& at(std::uint64_t id) const { return m_values[static_cast<std::size_t>((id - 1) % m_capacity)]; }

    /// Calls visit(id, value) for all held values with an id above `after`, oldest first.
    template<typename Visit>
    void forEachAfter(std::uint64_t after, Visit&& visit) const
    {
        for (std::uint64_t id = after < firstId() ? firstId() : after + 1; id <= m_lastId; ++id) {
            visit(id, at(id));
        }
    }

private:
    std::size_t m_capacity;
    std::uint64_t m_lastId = 0;
    std::vector<T> m_values;
};

} // namespace signalbox::base
