// SPDX-License-Identifier: Apache-2.0
#pragma once

// Character classes and first lines of HTTP/1 heads (RFC 9110 5.5 and 5.6, RFC 9112 3 and 4), as Envoy's codec takes them.

#include "core/http/head.h"

#include <array>
#include <string_view>

namespace signalbox::http::grammar {

namespace detail {

constexpr std::array<bool, 256> tokenTable()
{
    std::array<bool, 256> table{};
    for (const char c :
        std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}

inline constexpr std::array<bool, 256> kToken = tokenTable();

} // namespace detail

constexpr bool isToken(char c)
{
    return detail::kToken[static_cast<unsigned char>(c)];
}
constexpr bool isSpace(char c)
{
    return c == ' ' || c == '\t';
}
constexpr char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// Visible characters, spaces, tabs and bytes above 0x7f.
bool isFieldValue(const char* data, std::size_t size);

/// Some standard method begins with this byte.
constexpr bool startsMethod(char c)
{
    return std::string_view("ABCDGHLMNOPRSTU").find(c) != std::string_view::npos;
}

/// Reads "METHOD SP target SP HTTP/1.1" into `head`.
ParseStatus readRequestLine(std::string_view line, RequestHead& head);

/// Reads "HTTP/1.x SP status [SP reason]" into `head`.
bool readStatusLine(std::string_view line, ResponseHead& head);

} // namespace signalbox::http::grammar
