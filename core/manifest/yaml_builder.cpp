// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/yaml_builder.h"

#include <yaml-cpp/mark.h>

#include <algorithm>
#include <unordered_set>

namespace signalbox::manifest {

namespace {

constexpr std::size_t kMaxDepth = 100;
constexpr std::size_t kMaxAliasedNodes = 10'000;
constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

std::size_t offsetOf(const YAML::Mark& mark)
{
    return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
}

} // namespace

bool YamlBuilder::expectsKey() const
{
    return !m_stack.empty() && m_stack.back().node->kind == YamlNode::Kind::Mapping && !m_stack.back().hasKey;
}

// Where the next key, value or item may begin: behind the colon, the dash, the comma or the "?".
std::size_t YamlBuilder::slotOfNext() const
{
    if (m_stack.empty() || m_stack.back().hasKey) {
        return m_cursor;
    }
    const Frame& frame = m_stack.back();
    const std::size_t next = skipGap(m_text, m_cursor).at;
    if (next >= m_text.size()) {
        return m_cursor;
    }
    const bool mapping = frame.node->kind == YamlNode::Kind::Mapping;
    const bool first = mapping ? frame.node->entries.empty() : frame.node->items.empty();
    const bool comma = frame.bracketed && !first && m_text[next] == ',';
    const bool dash = !frame.bracketed && !mapping && m_text[next] == '-';
    const bool question = mapping && m_text[next] == '?';
    return comma || dash || question ? next + 1 : m_cursor;
}

// In block style a value on a later line is indented further than the collection; else it is the next
// key or item and this value is absent.
bool YamlBuilder::belongsToNext(const Skipped& position) const
{
    return !m_stack.empty() && !m_stack.back().bracketed && position.crossedLine()
        && position.column() <= m_stack.back().column;
}

// The mark of an absent value is that of the next token, so it is found from what stands before it.
text::Span YamlBuilder::nullSpan() const
{
    const std::size_t slot = slotOfNext();
    const Skipped gap = skipGap(m_text, slot);
    if (belongsToNext(gap)) {
        return {slot, slot};
    }
    std::size_t propertiesEnd = slot;
    const Skipped value = skipProperties(m_text, gap.at, propertiesEnd);
    if (!belongsToNext(value)) {
        if (const std::size_t length = nullLength(m_text, value.at); length > 0) {
            return {value.at, value.at + length};
        }
    }
    const std::size_t at = propertiesEnd == gap.at ? slot : propertiesEnd;
    return {at, at};
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark)
{
    if (m_root) {
        throw YamlRefusal{"yaml-invalid", "text behind the end of the document", offsetOf(mark)};
    }
}

void YamlBuilder::OnNull(const YAML::Mark&, YAML::anchor_t anchor)
{
    const text::Span span = nullSpan();
    if (expectsKey()) {
        addKey(std::string(m_text.substr(span.begin, span.length())), span);
        return;
    }
    auto node = std::make_shared<YamlNode>();
    node->span = absolute(span);
    m_cursor = span.end;
    add(std::move(node), anchor);
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor)
{
    const std::size_t begin = offsetOf(mark);
    const Anchored* target = anchor < m_anchors.size() ? &m_anchors[anchor] : nullptr;
    if (target == nullptr || !target->node) {
        throw YamlRefusal{"yaml-invalid", "an alias stands inside its own anchor", begin};
    }
    const text::Span span{begin, aliasEnd(m_text, begin)};
    if (expectsKey()) {
        if (target->node->kind != YamlNode::Kind::Scalar) {
            throw YamlRefusal{"yaml-invalid", "the key of a mapping must be a string", begin};
        }
        addKey(target->node->scalar, span);
        return;
    }
    m_aliasedNodes += target->nodes;
    if (m_aliasedNodes > kMaxAliasedNodes) {
        throw YamlRefusal{"yaml-limit", "aliases expand to more than 10,000 nodes", begin};
    }
    if (m_stack.size() + target->height > kMaxDepth) {
        throw YamlRefusal{"yaml-limit", "values are nested deeper than 100 levels", begin};
    }
    const std::size_t nodes = target->nodes;
    const std::size_t height = target->height;
    auto node = std::make_shared<YamlNode>(*target->node);
    node->span = absolute(span);
    m_cursor = span.end;
    add(std::move(node), 0, nodes, height);
}

void YamlBuilder::OnScalar(
    const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value)
{
    std::size_t propertiesEnd = 0;
    const Skipped start = skipProperties(m_text, offsetOf(mark), propertiesEnd);
    const bool present = !value.empty() || (startsQuoted(m_text, start.at) && !belongsToNext(start));
    const bool quoted = present && startsQuoted(m_text, start.at);
    text::Span span{propertiesEnd, propertiesEnd};
    if (present) {
        span = {start.at, scalarEnd(m_text, start.at, value)};
        if (span.end == std::string_view::npos) { // yaml-cpp lets it pass when a line break ends the text
            throw YamlRefusal{"yaml-invalid", "a quote is not closed", start.at};
        }
    }
    if (expectsKey()) {
        if (anchor != 0) {
            auto key = std::make_shared<YamlNode>();
            key->kind = YamlNode::Kind::Scalar;
            key->span = absolute(span);
            key->scalar = value;
            key->quoted = quoted;
            remember(anchor, {std::move(key), 1, 1});
        }
        addKey(value, span);
        return;
    }
    auto node = std::make_shared<YamlNode>();
    node->kind = YamlNode::Kind::Scalar;
    node->span = absolute(span);
    node->scalar = value;
    node->quoted = quoted || tag == kStringTag || tag == "!";
    m_cursor = span.end;
    add(std::move(node), anchor);
}

void YamlBuilder::OnSequenceStart(
    const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value style)
{
    open(YamlNode::Kind::Sequence, mark, anchor, style);
}

void YamlBuilder::OnMapStart(
    const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value style)
{
    open(YamlNode::Kind::Mapping, mark, anchor, style);
}

void YamlBuilder::open(
    YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, YAML::EmitterStyle::value style)
{
    const std::size_t markAt = offsetOf(mark);
    std::size_t propertiesEnd = 0;
    const Skipped start = skipProperties(m_text, markAt, propertiesEnd);
    if (expectsKey()) {
        throw YamlRefusal{"yaml-invalid", "the key of a mapping must be a string", start.at};
    }
    if (m_stack.size() >= kMaxDepth) {
        throw YamlRefusal{"yaml-limit", "values are nested deeper than 100 levels", start.at};
    }
    // A pair in a flow sequence, [a: b], is a mapping in flow style without brackets of its own.
    const char bracket = kind == YamlNode::Kind::Mapping ? '{' : '[';
    Frame frame;
    frame.node = std::make_shared<YamlNode>();
    frame.node->kind = kind;
    frame.node->span.begin = start.at + m_offset;
    frame.bracketed = style == YAML::EmitterStyle::Flow && start.at < m_text.size() && m_text[start.at] == bracket;
    frame.column = start.crossedLine() ? start.column() : static_cast<std::size_t>(mark.column) + start.at - markAt;
    frame.anchor = anchor;
    remember(anchor, {});
    m_cursor = frame.bracketed ? start.at + 1 : start.at;
    m_stack.push_back(std::move(frame));
}

void YamlBuilder::close()
{
    Frame frame = std::move(m_stack.back());
    m_stack.pop_back();
    if (frame.bracketed) {
        m_cursor = flowEnd(m_text, m_cursor);
    }
    frame.node->span.end = m_cursor + m_offset;
    if (!frame.node->entries.empty()) { // an absent first key with a tag stands before what was taken for the start
        frame.node->span.begin = std::min(frame.node->span.begin, frame.node->entries.front().keySpan.begin);
    }
    if (frame.node->kind == YamlNode::Kind::Mapping) {
        noteDuplicates(*frame.node);
    }
    add(std::move(frame.node), frame.anchor, frame.nodes, frame.height);
}

void YamlBuilder::add(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor, std::size_t nodes, std::size_t height)
{
    remember(anchor, {node, nodes, height});
    if (m_stack.empty()) {
        m_root = std::move(node);
        return;
    }
    Frame& frame = m_stack.back();
    frame.nodes += nodes;
    frame.height = std::max(frame.height, height + 1);
    if (frame.node->kind == YamlNode::Kind::Mapping) {
        frame.node->entries.back().value = std::move(node);
        frame.hasKey = false;
    } else {
        frame.node->items.push_back(std::move(node));
    }
}

void YamlBuilder::addKey(std::string key, text::Span span)
{
    Frame& frame = m_stack.back();
    frame.node->entries.push_back({std::move(key), absolute(span), nullptr});
    frame.hasKey = true;
    const std::size_t colon = skipGap(m_text, span.end).at;
    const bool hasColon = colon < m_text.size() && m_text[colon] == ':';
    const bool ends =
        colon + 1 >= m_text.size() || std::string_view(" \t\r\n").find(m_text[colon + 1]) != std::string_view::npos;
    m_cursor = hasColon && (ends || frame.bracketed) ? colon + 1 : span.end;
}

void YamlBuilder::remember(YAML::anchor_t anchor, Anchored anchored)
{
    if (anchor != 0) {
        m_anchors.resize(std::max(m_anchors.size(), std::size_t{anchor} + 1));
        m_anchors[anchor] = std::move(anchored);
    }
}

void YamlBuilder::noteDuplicates(const YamlNode& mapping)
{
    constexpr std::size_t kFew = 16;
    const auto& entries = mapping.entries;
    if (entries.size() > kFew) {
        std::unordered_set<std::string_view> seen;
        for (const YamlNode::Entry& entry : entries) {
            if (!seen.insert(entry.key).second) {
                m_duplicates.push_back({entry.key, entry.keySpan, nullptr});
            }
        }
        return;
    }
    for (std::size_t i = 1; i < entries.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (entries[i].key == entries[j].key) {
                m_duplicates.push_back({entries[i].key, entries[i].keySpan, nullptr});
                break;
            }
        }
    }
}

} // namespace signalbox::manifest
