// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names of backends and servers, and the models a server serves (cli.md "Names").

#include "core/plan/plan.h"
#include "core/plan/resource_index.h"

namespace signalbox::plan {

/// Sets the short names of plan.backends and plan.profiles, the servers and the endpoints' server names.
void nameServers(const ResourceIndex& index, Plan& plan);

} // namespace signalbox::plan
