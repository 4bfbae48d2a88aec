// SPDX-License-Identifier: Apache-2.0
#pragma once

// yaml-cpp's events to our tree; private to readYaml().

#include "core/manifest/yaml_scan.h"
#include "core/manifest/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>

namespace signalbox::manifest {

/// Why a document is refused although yaml-cpp would read it. Thrown through yaml-cpp, caught in readYaml().
struct YamlRefusal {
    std::string code;
    std::string message;
    std::size_t at;
};

/// Builds the tree of one document. Offsets in events count from `offset` in the source.
class YamlBuilder final : public YAML::EventHandler
{
public:
    /// `text` holds the bytes that yaml-cpp reads and must outlive the builder.
    YamlBuilder(std::string_view text, std::size_t offset) : m_text(text), m_offset(offset) {}

    /// The finished tree; null when there was no document.
    YamlNodePtr root() const { return m_root; }
    const std::vector<YamlNode::Entry>& duplicates() const { return m_duplicates; }

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { close(); }

private:
    /// A collection that is still open.
    struct Frame {
        std::shared_ptr<YamlNode> node;
        bool bracketed = false;
        bool hasKey = false; ///< of a mapping: the key is read, its value comes next
        std::size_t column = 0;
        YAML::anchor_t anchor = 0;
        std::size_t nodes = 1; ///< this one and all below, aliases expanded
        std::size_t height = 1;
    };
    /// What an anchor stands for; `node` is null while the anchored collection is open.
    struct Anchored {
        YamlNodePtr node;
        std::size_t nodes = 0;
        std::size_t height = 0;
    };

    bool expectsKey() const;
    std::size_t slotOfNext() const;
    bool belongsToNext(const Skipped& position) const;
    text::Span nullSpan() const;
    void open(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor, YAML::EmitterStyle::value style);
    void close();
    void add(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor, std::size_t nodes = 1, std::size_t height = 1);
    void addKey(std::string key, text::Span span);
    void remember(YAML::anchor_t anchor, Anchored anchored);
    void noteDuplicates(const YamlNode& mapping);
    text::Span absolute(text::Span span) const { return {span.begin + m_offset, span.end + m_offset}; }

    std::string_view m_text;
    std::size_t m_offset;
    std::size_t m_cursor = 0; ///< where the last finished thing ends, colons of keys included
    std::vector<Frame> m_stack;
    std::vector<Anchored> m_anchors;
    std::size_t m_aliasedNodes = 0;
    YamlNodePtr m_root;
    std::vector<YamlNode::Entry> m_duplicates;
};

} // namespace signalbox::manifest
