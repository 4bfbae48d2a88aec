// SPDX-License-Identifier: Apache-2.0
#include "core/workspace/workspace.h"

#include "core/manifest/resource_reader.h"

#include <iterator>

namespace signalbox::workspace {

Analysis analyse(const std::vector<std::string>& inputs, manifest::FileAccess& files, const std::string& examplesDir,
    const plan::CompileOptions& options)
{
    manifest::LoadedDocuments loaded = manifest::loadInputs(inputs, files, examplesDir);
    Analysis analysis;
    analysis.sources = std::move(loaded.sources);
    analysis.diagnostics = std::move(loaded.diagnostics);
    analysis.unreadable = loaded.unreadable;
    analysis.resources = manifest::readResources(loaded.documents, analysis.diagnostics);
    analysis.compiled = plan::compile(analysis.resources, options);
    auto& found = analysis.compiled.diagnostics;
    if (analysis.unreadable) { // what is not there may stand in what could not be read
        std::erase_if(found, [](const text::Diagnostic& diagnostic) {
            return diagnostic.code == "gateway-missing" && !diagnostic.place.source;
        });
    }
    std::move(found.begin(), found.end(), std::back_inserter(analysis.diagnostics));
    found.clear();
    text::sortByPlace(analysis.diagnostics);
    return analysis;
}

} // namespace signalbox::workspace
