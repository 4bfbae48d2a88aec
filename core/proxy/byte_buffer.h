// SPDX-License-Identifier: Apache-2.0
#pragma once

// Received bytes of one connection: contiguous, consumed from the front, filled at the back.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace signalbox::proxy {

class ByteBuffer
{
public:
    char* data() { return m_bytes.get() + m_begin; }
    std::size_t size() const { return m_end - m_begin; }
    bool empty() const { return m_begin == m_end; }
    std::string_view view() const { return {m_bytes.get() + m_begin, size()}; }

    char* space() { return m_bytes.get() + m_end; }
    std::size_t spaceSize() const { return m_capacity - m_end; }
    std::size_t capacity() const { return m_capacity; }

    void filled(std::size_t bytes) { m_end += bytes; }

    void consume(std::size_t bytes)
    {
        m_begin += bytes;
        if (m_begin == m_end && m_pins == 0) {
            m_begin = m_end = 0;
        }
    }

    /// While pinned nothing moves: a read into space() is under way.
    void pin() { ++m_pins; }
    void unpin() { --m_pins; }
    bool isPinned() const { return m_pins != 0; }

    /// Moves what is there to the front and makes room for at least `room` more bytes. Not while pinned.
    void makeRoom(std::size_t room)
    {
        if (m_begin != 0) {
            std::memmove(m_bytes.get(), data(), size());
            m_end -= m_begin;
            m_begin = 0;
        }
        if (spaceSize() < room) {
            const std::size_t capacity = std::max(m_end + room, m_capacity * 2);
            std::unique_ptr<char[]> bytes(new char[capacity]);
            std::copy_n(m_bytes.get(), m_end, bytes.get());
            m_bytes = std::move(bytes);
            m_capacity = capacity;
        }
    }

    /// Moves what is there to the front; not while pinned.
    void compact()
    {
        if (m_begin != 0) {
            makeRoom(0);
        }
    }

    /// Takes `count` bytes out that stand `keep` bytes behind the front.
    void eraseAfter(std::size_t keep, std::size_t count)
    {
        char* const at = data() + keep;
        std::memmove(at, at + count, size() - keep - count);
        m_end -= count;
    }

    /// Gives memory back after a large message, when little is left; not while pinned.
    void shrinkTo(std::size_t capacity)
    {
        if (m_capacity > capacity && size() <= capacity / 2) {
            std::unique_ptr<char[]> bytes(new char[capacity]);
            std::copy_n(data(), size(), bytes.get());
            m_end = size();
            m_begin = 0;
            m_bytes = std::move(bytes);
            m_capacity = capacity;
        }
    }

private:
    std::unique_ptr<char[]> m_bytes;
    std::size_t m_capacity = 0;
    std::size_t m_begin = 0;
    std::size_t m_end = 0;
    int m_pins = 0;
};

} // namespace signalbox::proxy
