// SPDX-License-Identifier: Apache-2.0
#include "core/http/chunked.h"

#include <algorithm>

namespace signalbox::http {
namespace {

constexpr std::size_t kMaxOverhead = 64 * 1024;

int hexDigit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

bool ChunkedDecoder::takeSize(char c)
{
    const int digit = hexDigit(c);
    if (digit >= 0) {
        if (m_left >> 56 != 0) {
            return false;
        }
        m_left = m_left * 16 + static_cast<std::uint64_t>(digit);
        m_state = State::Size;
        return true;
    }
    if (m_state == State::SizeStart) {
        return false; // a size needs a digit
    }
    if (c == '\n') {
        m_state = m_left == 0 ? State::TrailerStart : State::Data;
        return true;
    }
    if (c == ';' || c == ' ' || c == '\t' || c == '\r') {
        m_state = State::Extension;
        m_sawCr = c == '\r';
        return true;
    }
    return false;
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view input)
{
    std::size_t at = 0;
    while (at < input.size()) {
        const char c = input[at];
        switch (m_state) {
        case State::SizeStart:
        case State::Size:
            if (!takeSize(c)) {
                return {Event::Error, at, {}};
            }
            ++at;
            break;
        case State::Extension:
            ++at;
            if (c == '\n') {
                m_state = m_left == 0 ? State::TrailerStart : State::Data;
            } else if (m_sawCr || ++m_overhead > kMaxOverhead) {
                return {Event::Error, at, {}};
            }
            m_sawCr = c == '\r';
            break;
        case State::Data: {
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(m_left, input.size() - at));
            m_left -= size;
            if (m_left == 0) {
                m_state = State::DataEnd;
                m_sawCr = false;
            }
            return {Event::Data, at + size, input.substr(at, size)};
        }
        case State::DataEnd:
            ++at;
            if (c == '\n') {
                m_state = State::SizeStart;
            } else if (c == '\r' && !m_sawCr) {
                m_sawCr = true;
            } else {
                return {Event::Error, at, {}};
            }
            break;
        case State::TrailerStart:
            ++at;
            if (c == '\n') {
                reset();
                return {Event::End, at, {}};
            }
            if (c != '\r') {
                m_state = State::Trailer;
            }
            break;
        case State::Trailer:
            ++at;
            if (c == '\n') {
                m_state = State::TrailerStart;
            } else if (++m_overhead > kMaxOverhead) {
                return {Event::Error, at, {}};
            }
            break;
        }
    }
    return {Event::NeedMore, at, {}};
}

std::size_t writeChunkSize(char* out, std::size_t size)
{
    char digits[16];
    std::size_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[size & 0xf];
        size >>= 4;
    } while (size != 0);
    std::reverse_copy(digits, digits + count, out);
    out[count] = '\r';
    out[count + 1] = '\n';
    return count + 2;
}

} // namespace signalbox::http
