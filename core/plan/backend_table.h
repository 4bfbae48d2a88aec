// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every AIServiceBackend with the Backend behind it, and the one list of endpoints that bindings,
// servers and localities share.

#include "core/plan/plan.h"
#include "core/plan/reporter.h"
#include "core/plan/resource_index.h"

#include <map>
#include <vector>

namespace signalbox::plan {

/// What Envoy Gateway makes of an AIServiceBackend's Backend (envoy-routing 1.3).
struct ResolvedBackend {
    enum class State { Ready, NoEndpoints, Invalid };
    enum class Addresses { Fqdn, Ip, Unix };

    State state = State::Invalid;
    Addresses addresses = Addresses::Fqdn;
    bool fallback = false;                ///< Backend.spec.fallback
    ObjectKey backend;                    ///< namespace and name of the Backend
    std::vector<std::uint32_t> endpoints; ///< indices into Plan::endpoints, in document order
};

class BackendTable
{
public:
    /// Fills plan.endpoints and plan.backends (without their short names).
    BackendTable(const ResourceIndex& index, Plan& plan, Reporter& reporter);

    /// Of an AIServiceBackend that exists.
    const ResolvedBackend& resolved(const ObjectKey& serviceBackend) const { return m_resolved.at(serviceBackend); }

private:
    ResolvedBackend resolve(const manifest::AIServiceBackend& serviceBackend);
    void addEndpoints(const manifest::Backend& backend, ResolvedBackend& resolved);
    std::uint32_t endpoint(const manifest::Backend& backend, const manifest::BackendEndpoint& source);

    const ResourceIndex& m_index;
    Plan& m_plan;
    Reporter& m_reporter;
    std::map<std::string, std::uint32_t> m_endpoints; ///< by Endpoint::key()
    std::map<ObjectKey, ResolvedBackend> m_resolved;
};

} // namespace signalbox::plan
