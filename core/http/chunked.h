// SPDX-License-Identifier: Apache-2.0
#pragma once

// The chunked coding (RFC 9112, 7.1): a resumable decoder; extensions are skipped, trailers dropped.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace signalbox::http {

class ChunkedDecoder
{
public:
    enum class Event : std::uint8_t {
        NeedMore, ///< all input is consumed
        Data,     ///< `data` holds decoded bytes (a view into the input)
        End,      ///< the last chunk and its trailers are complete; what follows is the next message
        Error,    ///< not chunked coding, or more than 64 KiB of extensions or trailers
    };
    struct Step {
        Event event = Event::NeedMore;
        std::size_t consumed = 0;
        std::string_view data;
    };

    /// Decodes from the start of `input`; call again with the rest while it gives Data.
    Step next(std::string_view input);

    void reset() { *this = ChunkedDecoder(); }

private:
    enum class State : std::uint8_t { SizeStart, Size, Extension, Data, DataEnd, TrailerStart, Trailer };

    bool takeSize(char c);

    State m_state = State::SizeStart;
    std::uint64_t m_left = 0;
    std::size_t m_overhead = 0;
    bool m_sawCr = false;
};

/// Writes the hexadecimal size line of a chunk; returns its length. `out` has room for 18 bytes.
std::size_t writeChunkSize(char* out, std::size_t size);

} // namespace signalbox::http
