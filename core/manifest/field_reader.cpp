// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/field_reader.h"

#include "core/base/duration_text.h"
#include "core/manifest/quantity.h"
#include "core/manifest/scalar_types.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <set>

namespace signalbox::manifest {

namespace {

constexpr std::size_t kNoIndex = std::numeric_limits<std::size_t>::max();

// Values may be long or hold line breaks; a message stays one line.
std::string quotedValue(std::string_view value)
{
    constexpr std::size_t kShown = 80;
    std::string shown = "\"";
    for (std::size_t at = 0; at < value.size();) {
        if (at >= kShown) {
            return shown + "…\"";
        }
        const std::size_t length = std::max<std::size_t>(text::utf8Length(value, at), 1);
        const auto byte = static_cast<unsigned char>(value[at]);
        shown += byte < 0x20 || byte == 0x7F ? std::string_view(" ") : value.substr(at, length);
        at += length;
    }
    return shown + '"';
}

std::string choices(std::span<const std::string_view> values)
{
    std::string text;
    for (const std::string_view value : values) {
        text += (text.empty() ? "\"" : ", \"") + std::string(value) + '"';
    }
    return text;
}

// What is wrong with a string, or nothing.
std::string violation(std::string_view value, const StringRule& rule)
{
    const std::string shown = rule.isPrivate ? "the value" : quotedValue(value);
    const std::size_t length = text::countCodePoints(value);
    if (length < rule.minLength) {
        return "Invalid value: " + shown + ": should be at least " + std::to_string(rule.minLength) + " chars long";
    }
    if (length > rule.maxLength) {
        return "Too long: may not be more than " + std::to_string(rule.maxLength) + " chars";
    }
    if (!rule.oneOf.empty() && std::find(rule.oneOf.begin(), rule.oneOf.end(), value) == rule.oneOf.end()) {
        return "Unsupported value: " + shown + ": supported values: " + choices(rule.oneOf);
    }
    if (rule.matches != nullptr && !rule.matches(value)) {
        return "Invalid value: " + shown + ": should match " + std::string(rule.pattern);
    }
    return {};
}

} // namespace

FieldReader::FieldReader(ObjectLog& log, const YamlNode& mapping)
    : m_log(log),
      m_node(mapping),
      m_index(kNoIndex),
      m_known(mapping.entries.size(), false)
{}

FieldReader::FieldReader(FieldReader& parent, std::string_view name, std::size_t index, const YamlNode& mapping)
    : m_log(parent.m_log),
      m_node(mapping),
      m_parent(&parent),
      m_name(name),
      m_index(index),
      m_known(mapping.entries.size(), false)
{}

std::string FieldReader::path() const
{
    return m_parent != nullptr ? m_parent->pathOf(m_name, m_index) : std::string();
}

std::string FieldReader::pathOf(std::string_view name, std::size_t index) const
{
    std::string result = path();
    if (!name.empty()) {
        result += (result.empty() ? "" : ".") + std::string(name);
    }
    return index == kNoIndex ? result : result + '[' + std::to_string(index) + ']';
}

void FieldReader::refuseAt(const std::string& path, text::Span place, const std::string& reason)
{
    m_log.refused = true;
    const std::string where = path.empty() ? "" : path + ": ";
    m_log.diagnostics.push_back({text::Severity::Error, "object-refused",
        m_log.title + " is refused: " + where + reason + (reason.ends_with('.') ? "" : "."), {m_log.source, place}});
}

void FieldReader::refuse(text::Span place, const std::string& reason, std::string_view field)
{
    refuseAt(pathOf(field, kNoIndex), place, reason);
}

void FieldReader::warn(std::string code, text::Span place, const std::string& message)
{
    m_log.diagnostics.push_back(
        {text::Severity::Warning, std::move(code), m_log.title + ": " + message, {m_log.source, place}});
}

const YamlNode* FieldReader::find(std::string_view name)
{
    const YamlNode* found = nullptr;
    for (std::size_t i = 0; i < m_node.entries.size(); ++i) {
        if (m_node.entries[i].key == name) {
            m_known[i] = true;
            found = m_node.entries[i].value.get();
        }
    }
    if (found == nullptr) {
        found = m_node.find(name); // merged in with "<<"
    }
    return found != nullptr && found->kind != YamlNode::Kind::Null ? found : nullptr;
}

const YamlNode* FieldReader::findKind(
    std::string_view name, YamlNode::Kind kind, std::string_view type, Presence presence)
{
    const YamlNode* value = find(name);
    if (value == nullptr) {
        if (presence == Presence::Required) {
            refuse(spanOf(name), "Required value", name);
        }
        return nullptr;
    }
    if (value->kind != kind) {
        refuse(value->span,
            "Invalid value: must be of type " + std::string(type) + ", not " + std::string(typeName(*value)), name);
        return nullptr;
    }
    return value;
}

text::Span FieldReader::spanOf(std::string_view name)
{
    if (const YamlNode* value = find(name)) {
        return value->span;
    }
    if (const YamlNode::Entry* entry = m_node.findEntry(name)) {
        return entry->keySpan;
    }
    return m_node.entries.empty() ? m_node.span : m_node.entries.front().keySpan;
}

std::optional<std::string> FieldReader::checkedString(
    const YamlNode& node, const StringRule& rule, std::string_view name, std::size_t index)
{
    if (node.kind != YamlNode::Kind::Scalar || typeOf(node) != ScalarType::String) {
        refuseAt(pathOf(name, index), node.span,
            "Invalid value: must be of type string, not " + std::string(typeName(node)));
        return std::nullopt;
    }
    if (const std::string wrong = violation(node.scalar, rule); !wrong.empty()) {
        refuseAt(pathOf(name, index), node.span, wrong);
        return std::nullopt;
    }
    return node.scalar;
}

std::optional<std::int64_t> FieldReader::checkedInteger(
    const YamlNode& node, Range range, std::string_view name, std::size_t index)
{
    const auto value = integerOf(node);
    if (!value) {
        refuseAt(pathOf(name, index), node.span,
            "Invalid value: must be of type integer, not " + std::string(typeName(node)));
        return std::nullopt;
    }
    if (*value < range.least || *value > range.most) {
        const bool less = *value < range.least;
        refuseAt(pathOf(name, index), node.span,
            "Invalid value: " + node.scalar + ": should be " + (less ? "greater" : "less") + " than or equal to "
                + std::to_string(less ? range.least : range.most));
        return std::nullopt;
    }
    return value;
}

Optional<std::string> FieldReader::string(std::string_view name, const StringRule& rule, Presence presence)
{
    const YamlNode* node = find(name);
    if (node == nullptr) {
        if (presence == Presence::Required) {
            refuse(spanOf(name), "Required value", name);
        }
        return std::nullopt;
    }
    auto value = checkedString(*node, rule, name, kNoIndex);
    return value ? Optional<std::string>({std::move(*value), node->span}) : std::nullopt;
}

Field<std::string> FieldReader::requiredString(std::string_view name, const StringRule& rule)
{
    return string(name, rule, Presence::Required).value_or(Field<std::string>{{}, spanOf(name)});
}

Optional<std::int64_t> FieldReader::integer(std::string_view name, Range range, Presence presence)
{
    const YamlNode* node = find(name);
    if (node == nullptr) {
        if (presence == Presence::Required) {
            refuse(spanOf(name), "Required value", name);
        }
        return std::nullopt;
    }
    const auto value = checkedInteger(*node, range, name, kNoIndex);
    return value ? Optional<std::int64_t>({*value, node->span}) : std::nullopt;
}

Optional<double> FieldReader::number(std::string_view name)
{
    const YamlNode* node = find(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (const auto value = numberOf(*node)) {
        return Field<double>{*value, node->span};
    }
    refuse(node->span, "Invalid value: must be of type number, not " + std::string(typeName(*node)), name);
    return std::nullopt;
}

Optional<bool> FieldReader::boolean(std::string_view name)
{
    const YamlNode* node = find(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (const auto value = booleanOf(*node)) {
        return Field<bool>{*value, node->span};
    }
    refuse(node->span, "Invalid value: must be of type boolean, not " + std::string(typeName(*node)), name);
    return std::nullopt;
}

Optional<base::Duration> FieldReader::duration(std::string_view name, Presence presence)
{
    const Optional<std::string> text = string(name, kDuration, presence);
    return text ? Optional<base::Duration>({*base::parseDuration(text->value), text->span}) : std::nullopt;
}

Optional<std::int64_t> FieldReader::bufferSize(std::string_view name)
{
    const YamlNode* node = find(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (integerOf(*node)) {
        return integer(name, kUint32);
    }
    const auto text = checkedString(*node, kBufferSize, name, kNoIndex);
    const auto bytes = text ? parseQuantity(*text) : std::nullopt;
    if (text && (!bytes || *bytes > kUint32.most)) {
        refuseValue(
            name, quotedValue(*text) + ": should be less than or equal to " + std::to_string(kUint32.most) + " bytes");
        return std::nullopt;
    }
    return bytes ? Optional<std::int64_t>({*bytes, node->span}) : std::nullopt;
}

const YamlNode* FieldReader::list(std::string_view name, ListRule rule)
{
    const YamlNode* node = findKind(name, YamlNode::Kind::Sequence, "array", rule.presence);
    if (node == nullptr) {
        return nullptr;
    }
    const std::size_t size = node->items.size();
    if (size > rule.most) {
        refuse(node->items[rule.most]->span,
            "Too many: " + std::to_string(size) + ": must have at most " + std::to_string(rule.most) + " items", name);
    } else if (size < rule.least) {
        refuse(node->span,
            "Invalid value: " + std::to_string(size) + ": should have at least " + std::to_string(rule.least)
                + " items",
            name);
    }
    return node;
}

std::vector<Field<std::string>> FieldReader::strings(std::string_view name, const StringRule& rule, ListRule listRule)
{
    std::vector<Field<std::string>> values;
    const YamlNode* node = list(name, listRule);
    for (std::size_t i = 0; node != nullptr && i < node->items.size(); ++i) {
        if (auto value = checkedString(*node->items[i], rule, name, i)) {
            values.push_back({std::move(*value), node->items[i]->span});
        }
    }
    return values;
}

std::vector<Field<std::int64_t>> FieldReader::integers(std::string_view name, Range range)
{
    std::vector<Field<std::int64_t>> values;
    const YamlNode* node = list(name, {});
    for (std::size_t i = 0; node != nullptr && i < node->items.size(); ++i) {
        if (const auto value = checkedInteger(*node->items[i], range, name, i)) {
            values.push_back({*value, node->items[i]->span});
        }
    }
    return values;
}

std::map<std::string, std::string> FieldReader::stringMap(std::string_view name)
{
    std::map<std::string, std::string> values;
    const YamlNode* node = findKind(name, YamlNode::Kind::Mapping, "object", Presence::Optional);
    if (node == nullptr) {
        return values;
    }
    FieldReader map(*this, name, kNoIndex, *node);
    for (const YamlNode::Entry& entry : node->entries) {
        if (entry.value->kind == YamlNode::Kind::Null) {
            values[entry.key] = {};
        } else if (auto value = map.checkedString(*entry.value, kAnyString, entry.key, kNoIndex)) {
            values[entry.key] = std::move(*value);
        }
    }
    return values;
}

bool FieldReader::object(std::string_view name, const Visit& visit, Presence presence)
{
    const YamlNode* node = findKind(name, YamlNode::Kind::Mapping, "object", presence);
    if (node == nullptr) {
        return false;
    }
    FieldReader child(*this, name, kNoIndex, *node);
    visit(child);
    child.finish();
    return true;
}

bool FieldReader::each(std::string_view name, ListRule rule, const Visit& visit)
{
    const YamlNode* node = list(name, rule);
    for (std::size_t i = 0; node != nullptr && i < node->items.size(); ++i) {
        const YamlNode& item = *node->items[i];
        if (item.kind != YamlNode::Kind::Mapping) {
            refuseAt(pathOf(name, i), item.span,
                "Invalid value: must be of type object, not " + std::string(typeName(item)));
            continue;
        }
        FieldReader child(*this, name, i, item);
        visit(child);
        child.finish();
    }
    return node != nullptr;
}

void FieldReader::known(std::initializer_list<std::string_view> names)
{
    for (const std::string_view name : names) {
        find(name);
    }
}

void FieldReader::finish()
{
    for (std::size_t i = 0; !m_allowUnknown && i < m_known.size(); ++i) {
        const YamlNode::Entry& entry = m_node.entries[i];
        if (!m_known[i] && entry.key != "<<") {
            warn("unknown-field", entry.keySpan,
                "unknown field \"" + pathOf(entry.key, kNoIndex) + "\", which an API server drops or refuses.");
        }
    }
}

void refuseDuplicates(FieldReader& reader, std::string_view list, const std::vector<Field<std::string>>& keys)
{
    std::set<std::string_view> seen;
    for (const Field<std::string>& key : keys) {
        if (!key.value.empty() && !seen.insert(key.value).second) {
            reader.refuse(key.span, "Duplicate value: " + quotedValue(key.value), list);
        }
    }
}

} // namespace signalbox::manifest
