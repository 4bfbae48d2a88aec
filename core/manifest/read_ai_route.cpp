// SPDX-License-Identifier: Apache-2.0
// AIGatewayRoute (reference: ai-gateway 2.1 to 2.4; CEL rules of the CRD in v1.1.0).
#include "core/manifest/kind_readers.h"

#include <algorithm>
#include <array>
#include <set>

namespace signalbox::manifest {

namespace {

constexpr std::size_t kMostRules = 15;
constexpr std::size_t kMostBackendRefs = 128;
constexpr std::size_t kMostMatches = 128;
constexpr std::size_t kMostHeaders = 16;
constexpr std::size_t kMostCosts = 36;

constexpr std::array<std::string_view, 2> kMatchTypes{"Exact", "RegularExpression"};
const StringRule kMatchType{.oneOf = kMatchTypes};

RouteMatch readMatch(FieldReader& reader)
{
    RouteMatch match;
    match.span = reader.node().span;
    std::vector<Field<std::string>> names;
    reader.each("headers", {.most = kMostHeaders}, [&](FieldReader& item) {
        HeaderMatch header;
        header.span = item.node().span;
        header.type = item.string("type", kMatchType);
        header.name = item.requiredString("name", kHeaderName);
        // AIGatewayRoute's CRD lets any text pass, but the HTTPRoute made from it is refused.
        header.value = item.requiredString("value", kMatchValue);
        names.push_back(header.name);
        match.headers.push_back(std::move(header));
    });
    refuseDuplicates(reader, "headers", names);
    return match;
}

BackendRef readBackendRef(FieldReader& reader)
{
    BackendRef ref;
    ref.span = reader.node().span;
    ref.name = reader.requiredString("name", kNonEmpty);
    ref.nameSpace = reader.string("namespace", kNamespace);
    ref.group = reader.string("group", kGroup);
    ref.kind = reader.string("kind", kOptionalKind);
    ref.modelNameOverride = reader.string("modelNameOverride");
    ref.weight = reader.integer("weight", kCount);
    ref.priority = reader.integer("priority", kCount);
    ref.headerMutation = readMutation(reader, "headerMutation", "name");
    ref.bodyMutation = readMutation(reader, "bodyMutation", "path");
    if (ref.group.has_value() != ref.kind.has_value()) {
        reader.refuse(
            ref.group ? ref.group->span : ref.kind->span, "Invalid value: group and kind must be specified together");
    }
    const bool pool =
        ref.group && ref.group->value == kInferenceGroup && ref.kind && ref.kind->value == "InferencePool";
    if (ref.group && !pool) {
        const bool groupWrong = ref.group->value != kInferenceGroup || !ref.kind;
        reader.refuse(groupWrong ? ref.group->span : ref.kind->span,
            "Invalid value: only InferencePool from inference.networking.k8s.io group is supported");
    }
    return ref;
}

void checkBackendRefs(FieldReader& rule, const std::vector<BackendRef>& refs)
{
    const auto isPool = [](const BackendRef& ref) { return ref.group && ref.kind; };
    const auto isBackend = [](const BackendRef& ref) { return !ref.group && !ref.kind; };
    const auto pool = std::find_if(refs.begin(), refs.end(), isPool);
    if (pool == refs.end()) {
        return;
    }
    if (!std::all_of(refs.begin(), refs.end(), isPool) && !std::all_of(refs.begin(), refs.end(), isBackend)) {
        rule.refuse(
            pool->span, "Invalid value: cannot mix InferencePool and AIServiceBackend references in the same rule");
    }
    if (refs.size() > 1) {
        rule.refuse(pool->span, "Invalid value: only one InferencePool backend is allowed per rule");
    }
}

void readTimeouts(FieldReader& reader, RouteRule& rule)
{
    reader.object("timeouts", [&](FieldReader& timeouts) {
        rule.requestTimeout = timeouts.duration("request");
        rule.backendRequestTimeout = timeouts.duration("backendRequest");
        if (rule.requestTimeout && rule.backendRequestTimeout && rule.requestTimeout->value.count() != 0
            && rule.backendRequestTimeout->value > rule.requestTimeout->value) {
            timeouts.refuse(rule.backendRequestTimeout->span,
                "Invalid value: backendRequest timeout cannot be longer than request timeout");
        }
    });
    rule.streamIdleTimeout = reader.duration("streamIdleTimeout");
}

RouteRule readRule(FieldReader& reader)
{
    RouteRule rule;
    rule.span = reader.node().span;
    rule.name = reader.string("name", kSectionName);
    if (rule.name && rule.name->value == "route-not-found") {
        reader.refuse(rule.name->span, "Invalid value: rule name route-not-found is reserved");
    }
    reader.each("matches", {.most = kMostMatches}, [&](FieldReader& item) { rule.matches.push_back(readMatch(item)); });
    reader.each("backendRefs", {.most = kMostBackendRefs},
        [&](FieldReader& item) { rule.backendRefs.push_back(readBackendRef(item)); });
    checkBackendRefs(reader, rule.backendRefs);
    readTimeouts(reader, rule);
    rule.modelsOwnedBy = reader.string("modelsOwnedBy");
    rule.modelsCreatedAt = reader.string("modelsCreatedAt", kDateTime);
    return rule;
}

void checkRuleNames(FieldReader& spec, const std::vector<RouteRule>& rules)
{
    std::set<std::string_view> names;
    for (const RouteRule& rule : rules) {
        if (rule.name && !names.insert(rule.name->value).second) {
            spec.refuse(rule.name->span, "Invalid value: rule name must be unique within the route", "rules");
        }
    }
}

void readParents(FieldReader& spec, std::vector<ObjectRef>& parents)
{
    constexpr unsigned kFields =
        (RefFields::Namespace | RefFields::SectionName) | static_cast<unsigned>(RefFields::Port);
    spec.each("parentRefs", {.most = 16}, [&](FieldReader& item) {
        parents.push_back(readObjectRef(item, kFields));
        if (const auto& kind = parents.back().kind; kind && kind->value != "Gateway") {
            spec.refuse(kind->span, "Invalid value: only Gateway is supported", "parentRefs");
        }
    });
}

} // namespace

AIGatewayRoute readAiGatewayRoute(FieldReader& root, const ObjectMeta&)
{
    AIGatewayRoute route;
    root.object("spec", [&](FieldReader& spec) {
        readParents(spec, route.parentRefs);
        route.hostnames = spec.strings("hostnames", kHostname, {.most = 16});
        spec.each("rules", {.most = kMostRules, .presence = Presence::Required},
            [&](FieldReader& item) { route.rules.push_back(readRule(item)); });
        checkRuleNames(spec, route.rules);
        route.llmRequestCosts = readCosts(spec, "llmRequestCosts", kMostCosts, false);
    });
    return route;
}

} // namespace signalbox::manifest
