// SPDX-License-Identifier: Apache-2.0
#pragma once

// What really stands behind an endpoint of the manifests on this machine (cli.md "--bind"). A binding changes only
// the socket's address; plan, names and everything that is sent come from the manifest.

#include "core/base/socket_address.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace signalbox::proxy {

struct Binding {
    enum class Kind {
        None,     ///< nothing stands there: connections are refused
        Manifest, ///< the address as the manifest has it
        Url,      ///< `host`:`port`
    };
    Kind kind = Kind::None;
    std::string host; ///< name or address of a URL
    std::uint16_t port = 0;
    std::optional<base::SocketAddress> address; ///< set when `host` is an address

    bool operator==(const Binding&) const = default;
};

/// By endpoint key ("host:port" of the manifest). Endpoints that are not listed have Kind::None. Immutable and shared
/// once handed to a proxy.
struct Bindings {
    std::map<std::string, Binding> byEndpoint;

    const Binding& of(const std::string& endpointKey) const
    {
        static const Binding none;
        const auto found = byEndpoint.find(endpointKey);
        return found == byEndpoint.end() ? none : found->second;
    }
};

using BindingsPtr = std::shared_ptr<const Bindings>;

} // namespace signalbox::proxy
