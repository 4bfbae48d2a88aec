// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the fuzz targets of both kinds of head share: a head is parsed whole and in pieces, and told as a text that can be
// compared.

#include "core/http/head.h"
#include "tests/fuzz/require.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace signalbox::fuzz {

/// Above this size not every cut is tried.
inline constexpr std::size_t kSmall = 256;

template<typename HeadType>
using Parse = http::ParseStatus (http::HeadParser::*)(char*, std::size_t, HeadType&);

template<typename HeadType>
using Describe = void (*)(std::string&, const HeadType&, const char*);

template<typename HeadType>
std::string outcome(
    http::ParseStatus status, const HeadType& head, const char* base, std::size_t received, Describe<HeadType> describe)
{
    std::string text = std::to_string(static_cast<int>(status)) + "\n";
    if (status != http::ParseStatus::Complete) {
        return text;
    }
    require(head.length <= received && base[head.length - 1] == '\n');
    require(head.fields.size() <= http::kMaxFields);
    describe(text, head, base);
    text += "\n" + std::to_string(head.length) + " " + std::to_string(head.minorVersion) + " "
        + std::to_string(static_cast<int>(head.framing)) + " "
        + std::to_string(head.framing == http::Framing::Length ? head.contentLength : 0) + " "
        + std::to_string(head.connectionClose) + std::to_string(head.connectionKeepAlive) + "\n";
    for (const http::Field& field : head.fields) {
        require(std::size_t{field.name} + field.nameLength < head.length
            && std::size_t{field.value} + field.valueLength < head.length);
        text.append(head.name(base, field)).append("=").append(head.value(base, field)).append("\n");
    }
    return text;
}

/// Parses after `first` bytes, then after each further `step`. Every read is a buffer of exactly its size, so that the
/// sanitizer sees a look beyond it; the parser's changes go on into the next, as in a buffer that grows.
template<typename HeadType>
std::string parseInPieces(std::span<const std::uint8_t> input, std::size_t first, std::size_t step,
    Parse<HeadType> parse, Describe<HeadType> describe)
{
    http::HeadParser parser;
    HeadType head;
    std::vector<char> buffer;
    for (std::size_t end = std::min(first, input.size());; end = std::min(end + step, input.size())) {
        std::vector<char> grown(buffer);
        grown.insert(grown.end(), input.begin() + static_cast<std::ptrdiff_t>(buffer.size()),
            input.begin() + static_cast<std::ptrdiff_t>(end));
        grown.shrink_to_fit();
        buffer.swap(grown);
        const auto status = (parser.*parse)(buffer.data(), buffer.size(), head);
        if (status != http::ParseStatus::Incomplete || end == input.size()) {
            return outcome(status, head, buffer.data(), buffer.size(), describe);
        }
    }
}

template<typename HeadType>
void checkHead(std::span<const std::uint8_t> input, Parse<HeadType> parse, Describe<HeadType> describe)
{
    if (input.empty()) {
        return;
    }
    const std::string whole = parseInPieces(input, input.size(), 1, parse, describe);
    if (input.size() <= kSmall) {
        require(parseInPieces(input, 1, 1, parse, describe) == whole);
        for (std::size_t cut = 1; cut < input.size(); ++cut) {
            require(parseInPieces(input, cut, input.size(), parse, describe) == whole);
        }
        return;
    }
    for (const std::size_t part : {2U, 3U, 7U}) {
        require(parseInPieces(input, input.size() / part, input.size() / part + 1, parse, describe) == whole);
    }
}

} // namespace signalbox::fuzz
