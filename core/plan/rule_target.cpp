// SPDX-License-Identifier: Apache-2.0
#include "core/plan/rule_target.h"

#include "core/plan/backend_profile.h"
#include "core/plan/cluster_settings.h"

#include <algorithm>
#include <limits>

namespace signalbox::plan {

namespace {

constexpr std::uint16_t kServerError = 500;
constexpr std::uint16_t kUnavailable = 503;

std::string ruleName(const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex)
{
    return "rule " + std::to_string(ruleIndex) + " of " + nameOf(route.meta);
}

RuleTarget directResponse(std::uint16_t status)
{
    RuleTarget target;
    target.directStatus = status;
    return target;
}

bool isInferencePool(const manifest::BackendRef& ref)
{
    return valueOr(ref.kind, "AIServiceBackend") == "InferencePool";
}

std::uint32_t weightOf(const manifest::BackendRef& ref)
{
    return ref.weight ? toUint32(ref.weight->value) : 1;
}

std::uint32_t saturatedSum(std::uint32_t left, std::uint32_t right)
{
    return right > std::numeric_limits<std::uint32_t>::max() - left ? std::numeric_limits<std::uint32_t>::max()
                                                                    : left + right;
}

} // namespace

/// One backendRef as Envoy Gateway sees it.
struct TargetCompiler::Ref {
    const manifest::BackendRef* source = nullptr;
    std::uint32_t refIndex = 0;
    std::uint32_t weight = 1;
    ResolvedBackend::State state = ResolvedBackend::State::Invalid;
    const ResolvedBackend* backend = nullptr; ///< set when Ready

    bool isStatic() const { return backend->addresses != ResolvedBackend::Addresses::Fqdn; }

    /// AI Gateway writes a ref's priority over the one from the fallback flag, a written 0 as well; it
    /// does not reach the endpoints of static (EDS) clusters.
    std::uint32_t priority() const
    {
        if (!isStatic() && source->priority) {
            return toUint32(source->priority->value);
        }
        return backend->fallback ? 1 : 0;
    }
};

struct TargetCompiler::Context {
    const manifest::AIGatewayRoute& route;
    std::uint32_t ruleIndex;
    const manifest::TrafficSettings& settings;
    const std::string& domain;

    const manifest::RouteRule& rule() const { return route.rules[ruleIndex]; }
    std::string clusterName() const
    {
        return "httproute/" + route.meta.nameSpace + "/" + route.meta.name + "/rule/" + std::to_string(ruleIndex);
    }
    std::string settingName(std::uint32_t refIndex) const
    {
        return clusterName() + "/backend/" + std::to_string(refIndex);
    }
};

TargetCompiler::TargetCompiler(const ResourceIndex& index, const BackendTable& backends, Plan& plan, Reporter& reporter)
    : m_index(index),
      m_backends(backends),
      m_plan(plan),
      m_reporter(reporter)
{}

bool TargetCompiler::isAccepted(const manifest::AIGatewayRoute& route)
{
    bool accepted = true;
    for (const manifest::RouteRule& rule : route.rules) {
        for (const manifest::BackendRef& ref : rule.backendRefs) {
            if (isInferencePool(ref)) {
                continue;
            }
            const ObjectKey key{valueOr(ref.nameSpace, route.meta.nameSpace), ref.name.value};
            if (!m_index.mayRefer({kAiGatewayGroup, "AIGatewayRoute", route.meta.nameSpace},
                    {kAiGatewayGroup, "AIServiceBackend", key.first}, std::nullopt)) {
                m_reporter.error("reference-not-granted",
                    nameOf(route.meta) + " names the AIServiceBackend " + key.first + "/" + key.second
                        + " of another namespace without a ReferenceGrant there, so the whole route is not served.",
                    placeOf(route.meta, ref.span));
                accepted = false;
            } else if (m_index.serviceBackend(key) == nullptr) {
                m_reporter.error("service-backend-missing",
                    nameOf(route.meta) + " names the AIServiceBackend " + key.first + "/" + key.second
                        + ", which is not in these files, so the whole route is not served.",
                    placeOf(route.meta, ref.name.span));
                accepted = false;
            }
        }
    }
    return accepted;
}

TargetCompiler::Ref TargetCompiler::resolveRef(
    const manifest::AIGatewayRoute& route, const manifest::BackendRef& source, std::uint32_t refIndex)
{
    Ref ref;
    ref.source = &source;
    ref.refIndex = refIndex;
    ref.weight = weightOf(source);
    if (isInferencePool(source)) {
        ref.state = ResolvedBackend::State::NoEndpoints;
        m_reporter.warning("inference-pool-not-simulated",
            nameOf(route.meta) + " sends to the InferencePool " + source.name.value
                + ", which Signalbox does not simulate; requests that it draws get 503.",
            placeOf(route.meta, source.span));
        return ref;
    }
    const ResolvedBackend& backend =
        m_backends.resolved({valueOr(source.nameSpace, route.meta.nameSpace), source.name.value});
    if (!m_index.mayRefer({kGatewayApiGroup, "HTTPRoute", route.meta.nameSpace},
            {kEnvoyGatewayGroup, "Backend", backend.backend.first}, backend.backend.second)) {
        m_reporter.error("reference-not-granted",
            "The HTTPRoute of " + nameOf(route.meta) + " leads to the Backend " + backend.backend.first + "/"
                + backend.backend.second
                + " of another namespace without a ReferenceGrant for HTTPRoutes there; requests that it draws get "
                  "500.",
            placeOf(route.meta, source.span));
        return ref;
    }
    ref.state = backend.state;
    ref.backend = &backend;
    return ref;
}

std::vector<TargetCompiler::Ref> TargetCompiler::resolveRefs(
    const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex)
{
    std::vector<Ref> refs;
    std::uint32_t refIndex = 0;
    for (const manifest::BackendRef& source : route.rules[ruleIndex].backendRefs) {
        refs.push_back(resolveRef(route, source, refIndex++));
    }
    return refs;
}

RuleTarget TargetCompiler::compile(const manifest::AIGatewayRoute& route, std::uint32_t ruleIndex,
    const manifest::TrafficSettings& settings, const std::string& domain)
{
    const std::vector<Ref> all = resolveRefs(route, ruleIndex);
    std::vector<const Ref*> refs; // that get a share
    std::vector<const Ref*> ready;
    bool lacksEndpoints = false;
    for (const Ref& ref : all) {
        if (ref.weight == 0) {
            continue; // dropped, as if it were not there; the others keep their index
        }
        refs.push_back(&ref);
        if (ref.state == ResolvedBackend::State::Ready) {
            ready.push_back(&ref);
        }
        lacksEndpoints = lacksEndpoints || ref.state == ResolvedBackend::State::NoEndpoints;
    }
    if (ready.empty()) {
        const bool anyInvalid = std::any_of(
            refs.begin(), refs.end(), [](const Ref* ref) { return ref->state == ResolvedBackend::State::Invalid; });
        return directResponse(lacksEndpoints && !anyInvalid ? kUnavailable : kServerError);
    }
    const Context context{route, ruleIndex, settings, domain};
    if (isRefusedByEnvoy(settings)) {
        m_reporter.warning("health-check-refused",
            "The policy of " + ruleName(route, ruleIndex)
                + " asks for gRPC health checks, for which Envoy refuses the HTTP/1 cluster; its requests get 503.",
            placeOf(route.meta, context.rule().span));
        return directResponse(kUnavailable);
    }
    const bool mixed = std::any_of(ready.begin(), ready.end(),
        [&](const Ref* ref) { return ref->backend->addresses != ready.front()->backend->addresses; });
    if (ready.size() < refs.size() || mixed || (wantsClusterPerRef(settings) && refs.size() > 1)) {
        return weightedClusters(context, refs);
    }
    return oneCluster(context, ready);
}

RuleTarget TargetCompiler::oneCluster(const Context& context, const std::vector<const Ref*>& refs)
{
    reportSharedIdentity(context, refs);
    RuleTarget target;
    target.action = Route::Action::Forward;
    target.cluster = cluster(context, context.clusterName(), refs);
    return target;
}

RuleTarget TargetCompiler::weightedClusters(const Context& context, const std::vector<const Ref*>& refs)
{
    reportLostPriorities(context, refs);
    RuleTarget target;
    target.action = Route::Action::Forward;
    std::uint32_t lost = 0;
    for (const Ref* ref : refs) {
        if (ref->state == ResolvedBackend::State::Ready) {
            target.weighted.push_back({cluster(context, context.settingName(ref->refIndex), {ref}), ref->weight});
        } else {
            lost = saturatedSum(lost, ref->weight);
            // One status for both reasons; "no endpoints" wins.
            if (ref->state == ResolvedBackend::State::NoEndpoints) {
                target.invalidStatus = kUnavailable;
            }
        }
    }
    if (lost > 0) {
        target.weighted.insert(target.weighted.begin(), {kNone, lost});
    }
    return target;
}

std::uint32_t TargetCompiler::cluster(
    const Context& context, const std::string& name, const std::vector<const Ref*>& refs)
{
    const auto next = static_cast<std::uint32_t>(m_plan.clusters.size());
    const auto [found, isNew] = m_clusters.emplace(name, next);
    if (!isNew) {
        return found->second;
    }
    Cluster made;
    made.name = name;
    made.resolvesNames = !refs.front()->isStatic();
    const bool isShared = name == context.clusterName();
    for (const Ref* ref : refs) {
        Locality locality;
        locality.region = context.settingName(ref->refIndex);
        locality.weight = ref->weight;
        locality.priority = ref->priority();
        // Static clusters carry one identity, that of the rule's first ref, be its weight 0.
        locality.profile = profile(context, isShared && ref->isStatic() ? 0 : ref->refIndex);
        locality.endpoints = ref->backend->endpoints;
        made.localities.push_back(std::move(locality));
    }
    applySettings(context.settings, context.domain, made);
    made.fingerprint = fingerprintOf(m_plan, made);
    m_plan.clusters.push_back(std::move(made));
    return next;
}

std::uint32_t TargetCompiler::profile(const Context& context, std::uint32_t refIndex)
{
    const manifest::ObjectMeta& meta = context.route.meta;
    const auto next = static_cast<std::uint32_t>(m_plan.profiles.size());
    const auto [found, isNew] =
        m_profiles.emplace(std::make_tuple(meta.nameSpace, meta.name, context.ruleIndex, refIndex), next);
    if (isNew) {
        const manifest::BackendRef& ref = context.rule().backendRefs[refIndex];
        const auto* serviceBackend = m_index.serviceBackend({valueOr(ref.nameSpace, meta.nameSpace), ref.name.value});
        m_plan.profiles.push_back(serviceBackend == nullptr
                ? BackendProfile()
                : makeProfile(ref, refIndex, *serviceBackend, m_index, m_reporter));
    }
    return found->second;
}

void TargetCompiler::reportSharedIdentity(const Context& context, const std::vector<const Ref*>& refs)
{
    const bool isFirstAlone = refs.size() == 1 && refs.front()->refIndex == 0;
    if (!refs.front()->isStatic() || isFirstAlone) {
        return;
    }
    m_reporter.warning("ip-backends-share-identity",
        "The backends of " + ruleName(context.route, context.ruleIndex)
            + " stand at IP addresses: the gateway treats every attempt as the first backendRef (model name, "
              "mutations, "
              "credential) and ignores priorities; host names (fqdn) do not have this problem.",
        placeOf(context.route.meta, context.rule().span));
}

void TargetCompiler::reportLostPriorities(const Context& context, const std::vector<const Ref*>& refs)
{
    const auto priorityOf = [](const Ref* ref) {
        return ref->source->priority ? toUint32(ref->source->priority->value)
                                     : std::uint32_t{ref->backend != nullptr && ref->backend->fallback};
    };
    if (std::all_of(
            refs.begin(), refs.end(), [&](const Ref* ref) { return priorityOf(ref) == priorityOf(refs.front()); })) {
        return;
    }
    m_reporter.warning("weighted-clusters-no-failover",
        "The priorities of " + ruleName(context.route, context.ruleIndex)
            + " do nothing: because of a backend that cannot be used, of mixed host names and addresses, or of zones, "
              "each "
              "backend is a cluster of its own, drawn once per request by weight and never left by a retry.",
        placeOf(context.route.meta, context.rule().span));
}

} // namespace signalbox::plan
