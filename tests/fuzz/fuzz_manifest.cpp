// SPDX-License-Identifier: Apache-2.0
// link: manifest

// Any text as manifests: every place lies inside the text, children inside their parents, and reading says the same twice.

#include "core/manifest/input.h"
#include "core/manifest/resource_reader.h"
#include "tests/fuzz/require.h"

#include <cstdint>

namespace {

using namespace signalbox;
using fuzz::require;

bool contains(const text::Span& outer, const text::Span& inner)
{
    return outer.begin <= inner.begin && inner.begin <= inner.end && inner.end <= outer.end;
}

void checkTree(const manifest::YamlNode& node, std::string_view text)
{
    if (node.span.begin < node.span.end && text[node.span.begin] == '*') {
        return; // an alias: its content stands at the anchor
    }
    for (const auto& item : node.items) {
        require(contains(node.span, item->span));
        checkTree(*item, text);
    }
    for (const auto& entry : node.entries) {
        require(contains(node.span, entry.keySpan) && contains(node.span, entry.value->span));
        checkTree(*entry.value, text);
    }
}

void checkPlaces(const text::Diagnostics& diagnostics)
{
    for (const text::Diagnostic& diagnostic : diagnostics) {
        require(!diagnostic.code.empty() && !diagnostic.message.empty());
        if (diagnostic.place.source) {
            require(contains({0, diagnostic.place.source->text().size()}, diagnostic.place.span));
        }
    }
}

text::Diagnostics read(const text::SourceTextPtr& source)
{
    manifest::LoadedDocuments loaded;
    manifest::loadText(source, loaded);
    for (const manifest::Document& document : loaded.documents) {
        require(contains({0, source->text().size()}, document.span));
        if (document.tree) {
            require(contains(document.span, document.tree->span));
            checkTree(*document.tree, source->text());
        }
    }
    manifest::readResources(loaded.documents, loaded.diagnostics);
    checkPlaces(loaded.diagnostics);
    return loaded.diagnostics;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto source = std::make_shared<const text::SourceText>("fuzz.yaml", std::string(data, data + size));
    require(read(source) == read(source));
    return 0;
}
