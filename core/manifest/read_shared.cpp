// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/kind_readers.h"

#include <array>

namespace signalbox::manifest {

namespace {

constexpr std::array<std::string_view, 7> kCostTypes{
    "OutputToken", "InputToken", "CachedInputToken", "CacheCreationInputToken", "TotalToken", "ReasoningToken", "CEL"};
const StringRule kCostType{.oneOf = kCostTypes};

bool includes(unsigned fields, RefFields field)
{
    return (fields & static_cast<unsigned>(field)) != 0;
}

} // namespace

ObjectRef readObjectRef(FieldReader& ref, unsigned fields)
{
    const Presence typed = includes(fields, RefFields::GroupAndKindRequired) ? Presence::Required : Presence::Optional;
    ObjectRef result;
    result.span = ref.node().span;
    result.group = ref.string("group", kGroup, typed);
    result.kind = ref.string("kind", kKind, typed);
    result.name = ref.requiredString("name", kReferredName);
    if (includes(fields, RefFields::Namespace)) {
        result.nameSpace = ref.string("namespace", kNamespace);
    }
    if (includes(fields, RefFields::SectionName)) {
        result.sectionName = ref.string("sectionName", kSectionName);
    }
    if (includes(fields, RefFields::Port)) {
        result.port = ref.integer("port", kPort);
    }
    return result;
}

std::optional<ObjectRef> readSecretRef(FieldReader& parent)
{
    std::optional<ObjectRef> result;
    const auto read = [&](FieldReader& ref) {
        result = readObjectRef(ref, static_cast<unsigned>(RefFields::Namespace));
    };
    parent.object("secretRef", read, Presence::Required);
    return result;
}

std::optional<Mutation> readMutation(FieldReader& parent, std::string_view field, std::string_view key)
{
    constexpr std::size_t kMostItems = 16;
    const bool headers = key == "name";
    Mutation mutation;
    const bool present = parent.object(field, [&](FieldReader& reader) {
        std::vector<Field<std::string>> keys;
        reader.each("set", {.most = kMostItems}, [&](FieldReader& item) {
            NameValue pair;
            pair.name = item.requiredString(key, headers ? kHeaderName : kNonEmpty);
            pair.value = item.requiredString("value", headers ? kHeaderValue : kAnyString);
            keys.push_back(pair.name);
            mutation.set.push_back(std::move(pair));
        });
        refuseDuplicates(reader, "set", keys);
        mutation.remove = reader.strings("remove", kAnyString, {.most = kMostItems});
        refuseDuplicates(reader, "remove", mutation.remove);
    });
    return present ? std::optional(std::move(mutation)) : std::nullopt;
}

std::vector<LlmRequestCost> readCosts(FieldReader& spec, std::string_view field, std::size_t most, bool keyed)
{
    std::vector<LlmRequestCost> costs;
    std::vector<Field<std::string>> keys;
    spec.each(field, {.most = most}, [&](FieldReader& item) {
        LlmRequestCost cost;
        cost.metadataKey = item.requiredString("metadataKey");
        cost.type = item.requiredString("type", kCostType);
        cost.cel = item.string("cel");
        keys.push_back(cost.metadataKey);
        costs.push_back(std::move(cost));
    });
    if (keyed) {
        refuseDuplicates(spec, field, keys);
    }
    return costs;
}

} // namespace signalbox::manifest
