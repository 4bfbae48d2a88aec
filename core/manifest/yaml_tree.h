// SPDX-License-Identifier: Apache-2.0
#pragma once

// One YAML (or JSON) document as a tree in which every key and value knows its bytes in the source.
// Built from yaml-cpp's events; keeps duplicate keys, order and quoting. Comments stay in the text.

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
        std::string key;      ///< the key's text
        text::Span keySpan;   ///< the key in the source, quotes included
        std::shared_ptr<const YamlNode> value;
    };

    Kind kind = Kind::Null;
    text::Span span;           ///< the value in the source, quotes and brackets included; absent value: empty span behind the key's colon
    std::string scalar;        ///< text of a scalar, unquoted and unfolded
    bool quoted = false;       ///< a quoted or block scalar: always a string
    std::vector<std::shared_ptr<const YamlNode>> items; ///< of a sequence
    std::vector<Entry> entries;                         ///< of a mapping, in order, duplicates included

    /// The value of the last entry with this key, as Kubernetes reads it; null when absent or not a mapping.
    const YamlNode* find(std::string_view key) const;
    const Entry* findEntry(std::string_view key) const;
};

using YamlNodePtr = std::shared_ptr<const YamlNode>;

/// Reads the document that stands at `span` of `source` (document markers excluded). Returns null and
/// adds one Error with its place when the text is not YAML; duplicate keys are a Warning each. An empty
/// document gives a Null node. Aliases are bounded (at most 10,000 nodes after expansion, depth 100),
/// beyond that the document is refused.
YamlNodePtr readYaml(const text::SourceTextPtr& source, text::Span span, text::Diagnostics& diagnostics);

} // namespace signalbox::manifest
