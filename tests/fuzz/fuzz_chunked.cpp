// SPDX-License-Identifier: Apache-2.0
// link: http

// However a chunked body is cut into reads, what is decoded, where it ends and whether it is refused are the same; and what
// was decoded comes back when it is written as chunks.

#include "core/http/chunked.h"
#include "tests/fuzz/require.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace {

using namespace signalbox::http;
using signalbox::fuzz::require;

constexpr std::size_t kSmall = 512;

struct Decoded {
    ChunkedDecoder::Event end = ChunkedDecoder::Event::NeedMore;
    std::size_t length = 0; ///< of the coded body, when it ended
    std::string data;

    bool operator==(const Decoded&) const = default;
};

/// Takes what one read brought; true when there is nothing more to do.
bool feed(ChunkedDecoder& decoder, std::string_view bytes, Decoded& decoded)
{
    const std::vector<char> exact(bytes.begin(), bytes.end());
    std::string_view rest(exact.data(), exact.size());
    for (;;) {
        const auto step = decoder.next(rest);
        require(step.consumed <= rest.size());
        rest.remove_prefix(step.consumed);
        decoded.length += step.consumed;
        decoded.end = step.event;
        switch (step.event) {
        case ChunkedDecoder::Event::Data:
            require(!step.data.empty());
            decoded.data.append(step.data);
            break;
        case ChunkedDecoder::Event::NeedMore:
            require(rest.empty());
            return false;
        case ChunkedDecoder::Event::End:
            return true;
        case ChunkedDecoder::Event::Error:
            decoded.length = 0; // what was read of a refused body depends on the cut
            return true;
        }
    }
}

Decoded decode(std::string_view coded, std::size_t first, std::size_t step)
{
    ChunkedDecoder decoder;
    Decoded decoded;
    bool done = feed(decoder, coded.substr(0, first), decoded);
    for (std::size_t at = std::min(first, coded.size()); !done && at < coded.size(); at += step) {
        done = feed(decoder, coded.substr(at, step), decoded);
    }
    return decoded;
}

std::string encode(std::string_view data)
{
    std::string coded;
    std::array<char, 18> line;
    for (std::size_t at = 0, size = 1; at < data.size(); at += size, size = size * 3 + 1) {
        const std::string_view piece = data.substr(at, size);
        coded.append(line.data(), writeChunkSize(line.data(), piece.size())).append(piece).append("\r\n");
    }
    return coded + "0\r\n\r\n";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string coded(data, data + size);
    const Decoded whole = decode(coded, size, 1);
    require(decode(coded, 1, 1) == whole);
    for (std::size_t cut = 1; cut < size && size <= kSmall; ++cut) {
        require(decode(coded, cut, size) == whole);
    }
    const std::string again = encode(whole.data);
    require(decode(again, again.size(), 1) == Decoded{ChunkedDecoder::Event::End, again.size(), whole.data});
    return 0;
}
