// SPDX-License-Identifier: Apache-2.0
#include "core/base/socket_address.h"

#include <arpa/inet.h>

#include <cstring>

namespace signalbox::base {

std::optional<SocketAddress> parseAddress(std::string_view literal, std::uint16_t port)
{
    const std::string text(literal);
    SocketAddress address;
    address.port = port;
    if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) {
        return address;
    }
    address.bytes = {};
    if (::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) {
        address.isV6 = true;
        return address;
    }
    return std::nullopt;
}

std::string hostText(const SocketAddress& address)
{
    char text[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(address.isV6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
    return text;
}

std::string addressText(const SocketAddress& address)
{
    const std::string port = ":" + std::to_string(address.port);
    return address.isV6 ? "[" + hostText(address) + "]" + port : hostText(address) + port;
}

} // namespace signalbox::base
