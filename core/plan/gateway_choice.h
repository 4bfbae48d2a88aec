// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which Gateway runs: the one asked for, else the only one that has routes (cli.md "run").

#include "core/plan/compiler.h"
#include "core/plan/reporter.h"
#include "core/plan/resource_index.h"

#include <string>
#include <vector>

namespace signalbox::plan {

struct GatewayChoice {
    CompileStatus status = CompileStatus::NothingServable;
    const manifest::Gateway* gateway = nullptr; ///< set when status is Ok
    std::vector<std::string> gateways;          ///< what could have been meant, "namespace/name"
};

GatewayChoice chooseGateway(const ResourceIndex& index, const CompileOptions& options, Reporter& reporter);

/// Whether a reference of an object in `nameSpace` means this Gateway.
bool refersTo(const manifest::ObjectRef& parent, const std::string& nameSpace, const manifest::Gateway& gateway);

/// Routes with a parentRef to this Gateway, whether or not a listener takes them.
std::vector<const manifest::AIGatewayRoute*> routesOf(const ResourceIndex& index, const manifest::Gateway& gateway);

/// Listeners that Signalbox serves: protocol HTTP.
bool isHttp(const manifest::Listener& listener);

} // namespace signalbox::plan
