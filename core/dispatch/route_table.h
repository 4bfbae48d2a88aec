// SPDX-License-Identifier: Apache-2.0
#pragma once

// First match wins: from host and headers to a route of the plan (ai-gateway 3.5).

#include "core/plan/plan.h"

#include <span>
#include <string_view>

namespace signalbox::dispatch {

/// One request header; the name is lower-case. Repeated headers stand one after the other or apart.
struct HeaderView {
    std::string_view name;
    std::string_view value;
};

/// The virtual host for a Host header (port and case ignored): exact name, else the longest matching
/// "*.suffix", else "*"; null when none. Envoy: ignore_port_in_host_matching.
const plan::VirtualHost* findVirtualHost(const plan::Listener& listener, std::string_view host);

/// The first route of the virtual host whose header matches all hold; null when none does. `headers` has
/// the model in "x-ai-eg-model". No allocation unless a matched header is repeated.
const plan::Route* matchRoute(
    const plan::Plan& plan, const plan::VirtualHost& virtualHost, std::span<const HeaderView> headers);

} // namespace signalbox::dispatch
