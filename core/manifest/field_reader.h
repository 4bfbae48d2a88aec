// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads typed fields of one object and gathers everything an API server would refuse, with places.

#include "core/manifest/resources.h"
#include "core/manifest/string_rules.h"
#include "core/text/diagnostic.h"

#include <functional>
#include <initializer_list>
#include <limits>

namespace signalbox::manifest {

/// What is known about one object while it is read. The first refusal marks it, reading goes on.
struct ObjectLog {
    text::SourceTextPtr source;
    text::Diagnostics& diagnostics;
    std::string title; ///< "AIGatewayRoute default/a", for messages
    bool refused = false;
};

enum class Presence { Optional, Required };

struct Range {
    std::int64_t least = std::numeric_limits<std::int32_t>::min();
    std::int64_t most = std::numeric_limits<std::int32_t>::max();
};
inline constexpr Range kCount{.least = 0};                      ///< int32, not negative
inline constexpr Range kUint32{.least = 0, .most = 4294967295}; ///< as circuit breakers have it
inline constexpr Range kPort{.least = 1, .most = 65535};
inline constexpr Range kHttpStatus{.least = 100, .most = 599};
inline constexpr Range kPercent{.least = 0, .most = 100};

struct ListRule {
    std::size_t most = std::numeric_limits<std::size_t>::max();
    std::size_t least = 0;
    Presence presence = Presence::Optional;
};

/// One mapping of an object. A null value counts as absent. Asking for a field makes it known;
/// finish() reports the others. A reader must not outlive or move from under its children.
class FieldReader
{
public:
    using Visit = std::function<void(FieldReader&)>;

    /// The object itself. `mapping` must be a mapping.
    FieldReader(ObjectLog& log, const YamlNode& mapping);
    FieldReader(const FieldReader&) = delete;
    FieldReader& operator=(const FieldReader&) = delete;

    const YamlNode& node() const { return m_node; }
    /// Present and not null.
    bool has(std::string_view name) { return find(name) != nullptr; }
    /// Where the value of a field stands; the mapping's first key when it is absent.
    text::Span spanOf(std::string_view name);

    Optional<std::string> string(
        std::string_view name, const StringRule& rule = kAnyString, Presence presence = Presence::Optional);
    /// A required string; empty when it is missing or refused.
    Field<std::string> requiredString(std::string_view name, const StringRule& rule = kAnyString);
    Optional<std::int64_t> integer(std::string_view name, Range range = {}, Presence presence = Presence::Optional);
    Optional<double> number(std::string_view name);
    Optional<bool> boolean(std::string_view name);
    Optional<base::Duration> duration(std::string_view name, Presence presence = Presence::Optional);
    /// An integer or a quantity in bytes, at most 2^32-1.
    Optional<std::int64_t> bufferSize(std::string_view name);

    std::vector<Field<std::string>> strings(
        std::string_view name, const StringRule& rule = kAnyString, ListRule list = {});
    std::vector<Field<std::int64_t>> integers(std::string_view name, Range range);
    std::map<std::string, std::string> stringMap(std::string_view name);

    /// Visits a mapping; its unknown fields are reported unless it called allowUnknown(). True when present.
    bool object(std::string_view name, const Visit& visit, Presence presence = Presence::Optional);
    /// Visits the mappings of a list.
    bool each(std::string_view name, ListRule list, const Visit& visit);

    /// Fields that are legal and not read.
    void known(std::initializer_list<std::string_view> names);
    void allowUnknown() { m_allowUnknown = true; }

    /// Refuses the object: "TITLE is refused: PATH: reason".
    void refuse(text::Span place, const std::string& reason, std::string_view field = {});
    void refuseValue(std::string_view field, const std::string& reason)
    {
        refuse(spanOf(field), "Invalid value: " + reason, field);
    }
    void warn(std::string code, text::Span place, const std::string& message);

    /// Warns about every field that nobody asked for.
    void finish();

private:
    FieldReader(FieldReader& parent, std::string_view name, std::size_t index, const YamlNode& mapping);

    const YamlNode* find(std::string_view name);
    const YamlNode* findKind(std::string_view name, YamlNode::Kind kind, std::string_view type, Presence presence);
    const YamlNode* list(std::string_view name, ListRule rule);
    std::string path() const;
    std::string pathOf(std::string_view name, std::size_t index) const;
    void refuseAt(const std::string& path, text::Span place, const std::string& reason);
    std::optional<std::string> checkedString(
        const YamlNode& node, const StringRule& rule, std::string_view name, std::size_t index);
    std::optional<std::int64_t> checkedInteger(
        const YamlNode& node, Range range, std::string_view name, std::size_t index);

    ObjectLog& m_log;
    const YamlNode& m_node;
    const FieldReader* m_parent = nullptr;
    std::string_view m_name;
    std::size_t m_index;
    std::vector<bool> m_known;
    bool m_allowUnknown = false;
};

/// Refuses the second of two list items with the same key, as API servers do for list-type map and set.
void refuseDuplicates(FieldReader& reader, std::string_view list, const std::vector<Field<std::string>>& keys);

} // namespace signalbox::manifest
