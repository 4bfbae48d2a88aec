// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/socket_address.h"

#include <cstdint>

namespace signalbox::proxy {

/// A socket to listen on for all listeners of one port of the manifest.
struct ListenAddress {
    base::SocketAddress address; ///< port 0: a free one
    std::uint16_t manifestPort = 0;
};

} // namespace signalbox::proxy
