// SPDX-License-Identifier: Apache-2.0
#pragma once

// What AI Gateway's processor does to an attempt for one backendRef: schema, override, mutations and
// credential (ai-gateway 2.5, 4.4, 4.5, 4.6).

#include "core/plan/plan.h"
#include "core/plan/reporter.h"
#include "core/plan/resource_index.h"

#include <cstdint>
#include <optional>

namespace signalbox::plan {

/// `refIndex`: index of `ref` in its rule. The short name is left to the caller.
BackendProfile makeProfile(const manifest::BackendRef& ref, std::uint32_t refIndex,
    const manifest::AIServiceBackend& serviceBackend, const ResourceIndex& index, Reporter& reporter);

/// Backend level first, in its order, values replaced in place by the route's; then what only the route
/// has. Merged `remove` lists are united. `isHeader`: names without case, reserved ones left out.
Mutation mergeMutations(
    const std::optional<manifest::Mutation>& route, const std::optional<manifest::Mutation>& backend, bool isHeader);

/// The credential of an AIServiceBackend; nothing when no BackendSecurityPolicy targets it.
std::optional<Credential> makeCredential(
    const manifest::AIServiceBackend& serviceBackend, const ResourceIndex& index, Reporter& reporter);

} // namespace signalbox::plan
