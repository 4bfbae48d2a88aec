// SPDX-License-Identifier: Apache-2.0
#include "core/chat/content_decoding.h"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

namespace signalbox::chat {

namespace {

constexpr std::size_t kMaximumText = std::size_t{64} << 20U;
constexpr int kGzipWindow = 15 + 16;

using Buffer = std::array<unsigned char, 16384>;

const unsigned char* bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

bool append(std::string& out, const Buffer& buffer, std::size_t unused)
{
    out.append(reinterpret_cast<const char*>(buffer.data()), buffer.size() - unused);
    return out.size() <= kMaximumText;
}

/// All members of a gzip file; false: too large.
bool inflateGzip(z_stream& stream, DecodedContent& out)
{
    Buffer buffer;
    while (true) {
        stream.next_out = buffer.data();
        stream.avail_out = static_cast<uInt>(buffer.size());
        const int result = inflate(&stream, Z_NO_FLUSH);
        if (!append(out.storage, buffer, stream.avail_out)) {
            return false;
        }
        if (result == Z_STREAM_END) {
            if (stream.avail_in == 0) {
                return true;
            }
            inflateReset(&stream);
        } else if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
            out.damaged = true;
            return true;
        }
    }
}

bool decodeGzip(std::string_view body, DecodedContent& out)
{
    constexpr std::size_t kHeader = 10;
    if (body.size() < kHeader || body.substr(0, 3) != "\x1f\x8b\x08"
        || body.size() > std::numeric_limits<uInt>::max()) {
        return false;
    }
    z_stream stream{};
    stream.next_in = const_cast<Bytef*>(bytes(body)); // zlib without ZLIB_CONST takes no const
    stream.avail_in = static_cast<uInt>(body.size());
    if (inflateInit2(&stream, kGzipWindow) != Z_OK) {
        return false;
    }
    const bool done = inflateGzip(stream, out);
    inflateEnd(&stream);
    return done;
}

bool decodeBrotli(std::string_view body, DecodedContent& out)
{
    const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
        BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
    if (!state) {
        return false;
    }
    const unsigned char* next = bytes(body);
    std::size_t left = body.size();
    Buffer buffer;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
        unsigned char* to = buffer.data();
        std::size_t room = buffer.size();
        result = BrotliDecoderDecompressStream(state.get(), &left, &next, &room, &to, nullptr);
        if (!append(out.storage, buffer, room)) {
            return false;
        }
    }
    out.damaged = result != BROTLI_DECODER_RESULT_SUCCESS;
    return true;
}

} // namespace

std::optional<DecodedContent> decodeContent(std::string_view contentEncoding, std::string_view body)
{
    DecodedContent out;
    const bool gzip = contentEncoding == "gzip";
    out.encoded = !body.empty() && (gzip || contentEncoding == "br");
    if (out.encoded && !(gzip ? decodeGzip(body, out) : decodeBrotli(body, out))) {
        return std::nullopt;
    }
    return out;
}

} // namespace signalbox::chat
