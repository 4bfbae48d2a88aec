// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/resource_reader.h"

#include "core/manifest/kind_readers.h"
#include "core/manifest/scalar_types.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace signalbox::manifest {

namespace {

/// Where the last object of an identity stands.
struct Kept {
    std::size_t index;
    void (*drop)(Resources& resources, std::size_t index);
    text::SourceTextPtr source;
    text::Span nameSpan;
    YamlNodePtr tree;
};

// Objects of one identity are in one namespace, whether it is written or not.
YamlNode withoutNamespace(const YamlNode& object)
{
    YamlNode copy = object;
    for (YamlNode::Entry& entry : copy.entries) {
        if (entry.key == "metadata") {
            auto metadata = std::make_shared<YamlNode>(*entry.value);
            std::erase_if(metadata->entries, [](const YamlNode::Entry& field) { return field.key == "namespace"; });
            entry.value = std::move(metadata);
        }
    }
    return copy;
}

/// Collects objects; a later one of the same identity replaces the earlier.
class Collector
{
public:
    explicit Collector(text::Diagnostics& diagnostics) : m_diagnostics(diagnostics) {}

    Resources resources;

    void keep(
        const ObjectMeta& meta, const std::string& title, std::size_t index, void (*drop)(Resources&, std::size_t))
    {
        const std::string identity = meta.group + '\n' + meta.kind + '\n' + meta.nameSpace + '\n' + meta.name;
        Kept kept{index, drop, meta.source, meta.nameSpan, meta.tree};
        const auto [found, isNew] = m_kept.try_emplace(identity, kept);
        if (!isNew) {
            noteReplaced(meta, title, found->second);
            found->second.drop(resources, found->second.index);
            found->second = std::move(kept);
        }
    }

private:
    void noteReplaced(const ObjectMeta& meta, const std::string& title, const Kept& before)
    {
        const bool equal = sameContent(withoutNamespace(*before.tree), withoutNamespace(*meta.tree));
        m_diagnostics.push_back({equal ? text::Severity::Info : text::Severity::Warning, "object-replaced",
            title + " replaces the one " + (equal ? "with equal content" : "with other content") + " at "
                + before.source->name() + ':' + std::to_string(before.source->lineAt(before.nameSpan.begin))
                + "; the last one counts.",
            {meta.source, meta.nameSpan}});
    }

    text::Diagnostics& m_diagnostics;
    std::unordered_map<std::string, Kept> m_kept;
};

ObjectMeta& metaOf(ObjectMeta& meta)
{
    return meta;
}

template<typename T>
ObjectMeta& metaOf(T& object)
{
    return object.meta;
}

// A replaced object is marked by an empty kind and removed at the end, in one pass.
template<auto List>
void drop(Resources& resources, std::size_t index)
{
    metaOf((resources.*List)[index]).kind.clear();
}

template<auto List>
void removeDropped(Resources& resources)
{
    std::erase_if(resources.*List, [](auto& object) { return metaOf(object).kind.empty(); });
}

template<auto List, auto Read>
void readInto(Collector& into, FieldReader& root, ObjectLog& log, ObjectMeta meta)
{
    auto object = Read(root, meta);
    root.finish();
    if (log.refused) {
        return;
    }
    auto& list = into.resources.*List;
    object.meta = std::move(meta);
    list.push_back(std::move(object));
    into.keep(list.back().meta, log.title, list.size() - 1, drop<List>);
}

void keepOther(Collector& into, ObjectLog& log, ObjectMeta meta)
{
    if (log.refused) {
        return;
    }
    if (meta.group == kGatewayGroup || meta.group == kEnvoyGatewayGroup || meta.group == kAiGatewayGroup) {
        log.diagnostics.push_back({text::Severity::Info, "kind-ignored",
            log.title + " is kept and has no effect here: Signalbox does not act on this kind.",
            {meta.source, meta.nameSpan}});
    }
    auto& list = into.resources.others;
    list.push_back(std::move(meta));
    into.keep(list.back(), log.title, list.size() - 1, drop<&Resources::others>);
}

void readProxyInto(Collector& into, FieldReader& root, ObjectLog& log, ObjectMeta meta)
{
    readEnvoyProxy(root);
    root.finish();
    keepOther(into, log, std::move(meta));
}

/// A kind that is read, with the versions that an API server serves (reference: ai-gateway 1.1).
struct KindRow {
    std::string_view group;
    std::string_view kind;
    std::array<std::string_view, 2> versions;
    std::string_view deprecated;
    void (*read)(Collector&, FieldReader&, ObjectLog&, ObjectMeta);
};

constexpr std::array<KindRow, 13> kKinds{{
    {kGatewayGroup, "GatewayClass", {"v1", "v1beta1"}, "", readInto<&Resources::gatewayClasses, readGatewayClass>},
    {kGatewayGroup, "Gateway", {"v1", "v1beta1"}, "", readInto<&Resources::gateways, readGateway>},
    {kGatewayGroup, "ReferenceGrant", {"v1", "v1beta1"}, "", readInto<&Resources::referenceGrants, readReferenceGrant>},
    {kAiGatewayGroup, "AIGatewayRoute", {"v1beta1", "v1alpha1"}, "v1alpha1",
        readInto<&Resources::routes, readAiGatewayRoute>},
    {kAiGatewayGroup, "AIServiceBackend", {"v1beta1", "v1alpha1"}, "v1alpha1",
        readInto<&Resources::serviceBackends, readAiServiceBackend>},
    {kAiGatewayGroup, "BackendSecurityPolicy", {"v1beta1", "v1alpha1"}, "v1alpha1",
        readInto<&Resources::securityPolicies, readBackendSecurityPolicy>},
    {kAiGatewayGroup, "GatewayConfig", {"v1beta1", "v1alpha1"}, "v1alpha1",
        readInto<&Resources::gatewayConfigs, readGatewayConfig>},
    {kEnvoyGatewayGroup, "Backend", {"v1alpha1", ""}, "", readInto<&Resources::backends, readBackend>},
    {kEnvoyGatewayGroup, "BackendTrafficPolicy", {"v1alpha1", ""}, "",
        readInto<&Resources::trafficPolicies, readBackendTrafficPolicy>},
    {kEnvoyGatewayGroup, "ClientTrafficPolicy", {"v1alpha1", ""}, "",
        readInto<&Resources::clientPolicies, readClientTrafficPolicy>},
    {kEnvoyGatewayGroup, "EnvoyProxy", {"v1alpha1", ""}, "", readProxyInto},
    {"", "Secret", {"v1", ""}, "", readInto<&Resources::secrets, readSecret>},
    {"serving.kserve.io", "InferenceService", {"v1beta1", ""}, "",
        readInto<&Resources::inferenceServices, readInferenceService>},
}};

const KindRow* rowOf(const ObjectMeta& meta)
{
    const auto row = std::find_if(kKinds.begin(), kKinds.end(),
        [&](const KindRow& kind) { return kind.group == meta.group && kind.kind == meta.kind; });
    return row != kKinds.end() ? &*row : nullptr;
}

std::string_view plainText(const YamlNode* node)
{
    return node != nullptr && node->kind == YamlNode::Kind::Scalar ? std::string_view(node->scalar)
                                                                   : std::string_view();
}

// What messages call an object, however little of it can be read.
std::string titleOf(const YamlNode& tree)
{
    const std::string_view kind = plainText(tree.find("kind"));
    const YamlNode* metadata = tree.find("metadata");
    const std::string_view name = metadata != nullptr ? plainText(metadata->find("name")) : std::string_view();
    const std::string_view nameSpace =
        metadata != nullptr ? plainText(metadata->find("namespace")) : std::string_view();
    std::string title(kind.empty() ? std::string_view("An object without a kind") : kind);
    if (!name.empty()) {
        title += ' ' + (kind == "GatewayClass" ? "" : std::string(nameSpace.empty() ? "default" : nameSpace) + '/')
            + std::string(name);
    }
    return title;
}

// metadata is free of further checks: an API server knows more fields than a manifest should set.
ObjectMeta readMeta(const Document& document, FieldReader& root)
{
    ObjectMeta meta;
    meta.source = document.source;
    meta.span = document.span;
    meta.tree = document.tree;
    meta.apiVersion = root.requiredString("apiVersion", kNonEmpty).value;
    const std::size_t slash = meta.apiVersion.find('/');
    meta.group = slash == std::string::npos ? std::string() : meta.apiVersion.substr(0, slash);
    meta.kind = root.requiredString("kind", kNonEmpty).value;
    const StringRule& nameRule = rowOf(meta) != nullptr ? kObjectName : kNonEmpty;
    const auto readMetadata = [&](FieldReader& metadata) {
        metadata.allowUnknown();
        const Field<std::string> name = metadata.requiredString("name", nameRule);
        meta.name = name.value;
        meta.nameSpan = name.span;
        const Optional<std::string> nameSpace = metadata.string("namespace");
        const bool named = nameSpace && !nameSpace->value.empty() && meta.kind != "GatewayClass";
        if (named && isDnsLabel(nameSpace->value)) {
            meta.nameSpace = nameSpace->value;
        } else if (named) {
            metadata.string("namespace", kNamespace);
        }
        meta.labels = metadata.stringMap("labels");
        meta.annotations = metadata.stringMap("annotations");
    };
    root.object("metadata", readMetadata, Presence::Required);
    root.known({"status"});
    return meta;
}

// False when no API server serves this version of a kind that is read here.
bool checkVersion(const KindRow& row, const ObjectMeta& meta, FieldReader& root, ObjectLog& log)
{
    const std::string version = meta.apiVersion.substr(meta.group.empty() ? 0 : meta.group.size() + 1);
    const text::Span place = root.spanOf("apiVersion");
    if (version.empty() || std::find(row.versions.begin(), row.versions.end(), version) == row.versions.end()) {
        root.refuse(place, "no matches for kind \"" + meta.kind + "\" in version \"" + meta.apiVersion + "\"");
        return false;
    }
    if (version == row.deprecated) {
        log.diagnostics.push_back({text::Severity::Info, "api-deprecated",
            meta.apiVersion + " is deprecated; use " + meta.group + '/' + std::string(row.versions[0]) + " instead",
            {meta.source, place}});
    }
    return true;
}

void readDocument(const Document& document, Collector& into, text::Diagnostics& diagnostics)
{
    const YamlNode& tree = *document.tree;
    if (tree.kind != YamlNode::Kind::Mapping) {
        diagnostics.push_back({text::Severity::Error, "object-refused",
            "This document is not a Kubernetes object: it must be of type object, not " + std::string(typeName(tree))
                + '.',
            {document.source, tree.span}});
        return;
    }
    ObjectLog log{document.source, diagnostics, titleOf(tree)};
    FieldReader root(log, tree);
    ObjectMeta meta = readMeta(document, root);
    const KindRow* row = rowOf(meta);
    if (row == nullptr) {
        keepOther(into, log, std::move(meta));
    } else if (checkVersion(*row, meta, root, log)) {
        row->read(into, root, log, std::move(meta));
    }
}

} // namespace

Resources readResources(const std::vector<Document>& documents, text::Diagnostics& diagnostics)
{
    Collector collector(diagnostics);
    for (const Document& document : documents) {
        if (document.tree) {
            readDocument(document, collector, diagnostics);
        }
    }
    Resources& resources = collector.resources;
    removeDropped<&Resources::gatewayClasses>(resources);
    removeDropped<&Resources::gateways>(resources);
    removeDropped<&Resources::routes>(resources);
    removeDropped<&Resources::serviceBackends>(resources);
    removeDropped<&Resources::backends>(resources);
    removeDropped<&Resources::trafficPolicies>(resources);
    removeDropped<&Resources::clientPolicies>(resources);
    removeDropped<&Resources::securityPolicies>(resources);
    removeDropped<&Resources::gatewayConfigs>(resources);
    removeDropped<&Resources::referenceGrants>(resources);
    removeDropped<&Resources::secrets>(resources);
    removeDropped<&Resources::inferenceServices>(resources);
    removeDropped<&Resources::others>(resources);
    return std::move(resources);
}

} // namespace signalbox::manifest
