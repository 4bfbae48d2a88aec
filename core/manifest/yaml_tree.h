// SPDX-License-Identifier: Apache-2.0
#pragma once

// One YAML (or JSON) document as a tree in which every key and value knows its bytes in the source.
// Built from yaml-cpp's events; keeps duplicate keys, order and quoting. Comments stay in the text.
//
// A span holds exactly the bytes of its value: quotes and brackets included, anchors (&a), tags and comments
// excluded. A block scalar goes from its | or > to where its value ends: before its last line break with "-",
// behind it without, behind the trailing blank lines with "+". A block collection goes from its first key
// or dash to the end of its last child.

#include "core/text/diagnostic.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signalbox::manifest {

/// A value of the tree. Immutable once built; shared by alias nodes (an alias has its own span and the
/// anchor's content).
struct YamlNode {
    enum class Kind { Null, Scalar, Sequence, Mapping };

    struct Entry {
        std::string key;    ///< the key's text
        text::Span keySpan; ///< the key in the source, quotes included
        std::shared_ptr<const YamlNode> value;
    };

    Kind kind = Kind::Null;
    text::Span
        span; ///< the value in the source, quotes and brackets included; absent value: empty span behind the key's colon
    std::string scalar;                                 ///< text of a scalar, unquoted and unfolded
    bool quoted = false;                                ///< a quoted or block scalar: always a string
    std::vector<std::shared_ptr<const YamlNode>> items; ///< of a sequence
    std::vector<Entry> entries;                         ///< of a mapping, in order, duplicates included

    /// The value of the last entry with this key, as Kubernetes reads it; null when absent or not a mapping.
    /// A key that is absent is looked up in the mappings that are merged in with "<<".
    const YamlNode* find(std::string_view key) const;
    const Entry* findEntry(std::string_view key) const;
};

using YamlNodePtr = std::shared_ptr<const YamlNode>;

/// Reads the document that stands at `span` of `source` (document markers excluded). Returns null and
/// adds one Error with its place when the text is not YAML ("yaml-invalid") or goes beyond the bounds
/// ("yaml-limit": nesting of 100 levels, 10,000 nodes that come from aliases); duplicate keys are a Warning
/// each ("duplicate-key"). An empty document gives a Null node. Needs a source below 2 GiB.
YamlNodePtr readYaml(const text::SourceTextPtr& source, text::Span span, text::Diagnostics& diagnostics);

} // namespace signalbox::manifest
