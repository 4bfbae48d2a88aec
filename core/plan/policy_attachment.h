// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which BackendTrafficPolicy holds for a rule: rule, route, listener, Gateway, the first that has one,
// merged onto its parent when it says so (envoy-routing 5).

#include "core/plan/reporter.h"
#include "core/plan/resource_index.h"
#include "core/plan/retry_translation.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace signalbox::plan {

/// The name of the rule that AI Gateway adds to every HTTPRoute; policies can name it too.
inline constexpr std::string_view kNotFoundRule = "route-not-found";

/// The settings that hold for one rule on one listener.
struct EffectivePolicy {
    manifest::TrafficSettings settings;
    const manifest::BackendTrafficPolicy* policy = nullptr;       ///< null: no policy
    const manifest::BackendTrafficPolicy* mergedParent = nullptr; ///< onto which `policy` was merged
    const manifest::BackendTrafficPolicy* retryPolicy = nullptr;  ///< whose retry block it is
    std::optional<RetryTranslation> retry;

    /// Not accepted by Envoy Gateway: everything it covers answers 500.
    bool isInvalid() const { return retry && retry->verdict == RetryTranslation::Verdict::Invalid; }
};

class PolicyAttachment
{
public:
    /// Attaches the policies of the manifests to this Gateway and its routes; reports those that attach
    /// to nothing or come second.
    PolicyAttachment(const ResourceIndex& index, const manifest::Gateway& gateway, Reporter& reporter);

    EffectivePolicy effective(
        const manifest::AIGatewayRoute& route, const std::string& ruleName, const std::string& listenerName);

    /// Reports attached policies that effective() gave out for no rule of a manifest.
    void reportUnused();

private:
    using Policy = manifest::BackendTrafficPolicy;
    /// Section name and policy; no section: the whole object.
    using Sections = std::map<std::string, const Policy*>;

    void attach(const Policy& policy, const manifest::ObjectRef& target);
    void attachBySelector(const Policy& policy, const manifest::TargetSelector& selector);
    void attachTo(const Policy& policy, Sections& sections, const std::string& section, const std::string& target,
        text::Place place);
    bool hasTarget(std::string_view kind, const ObjectKey& key, const std::string& section) const;
    const Policy* own(const manifest::AIGatewayRoute& route, const std::string& ruleName) const;
    const Policy* parent(const std::string& listenerName) const;

    const ResourceIndex& m_index;
    const manifest::Gateway& m_gateway;
    Reporter& m_reporter;
    std::map<ObjectKey, Sections> m_onRoutes;
    Sections m_onGateway;
    std::set<const Policy*> m_used;
    std::set<ObjectKey> m_asked; ///< routes that were looked up
};

} // namespace signalbox::plan
