// SPDX-License-Identifier: Apache-2.0
#pragma once

// An IP address with a port, without any networking library: what name resolution yields and what a
// driver connects to.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::base {

/// IPv4 addresses use the first four bytes. Ordered and comparable bytewise.
struct SocketAddress {
    std::array<std::uint8_t, 16> bytes{};
    bool isV6 = false;
    std::uint16_t port = 0; ///< host byte order

    auto operator<=>(const SocketAddress&) const = default;
};

/// Reads a literal IPv4 or IPv6 address (without brackets); nothing when it is not one.
std::optional<SocketAddress> parseAddress(std::string_view literal, std::uint16_t port);

/// "127.0.0.1:80" or "[::1]:80".
std::string addressText(const SocketAddress& address);

/// The address alone, as X-Forwarded-For writes it: "127.0.0.1" or "::1".
std::string hostText(const SocketAddress& address);

} // namespace signalbox::base
