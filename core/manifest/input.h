// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands behind `FILE…` on the command line and *Open* in the window: files, folders, guides,
// standard input and examples become documents with exact places (docs/cli: "Input").

#include "core/base/result.h"
#include "core/manifest/yaml_tree.h"

#include <functional>
#include <string>
#include <vector>

namespace signalbox::manifest {

/// The largest file that is read (64 MiB).
inline constexpr std::size_t kMaxInputBytes = std::size_t{64} * 1024 * 1024;

/// One document of a source, or one item of a List in it. `tree` is null when it could not be read (a Diagnostic says why).
struct Document {
    text::SourceTextPtr source;
    text::Span span;      ///< without document markers; for a guide, inside its fence
    std::string fileName; ///< for a guide the name that stands before the fence, else empty
    YamlNodePtr tree;
};

/// Where the bytes come from; tests give memory, programs the file system.
class FileAccess
{
public:
    virtual ~FileAccess() = default;
    /// Content of a file, or of standard input for "-". Errors: "file-missing", "file-unreadable",
    /// "file-too-large" (above kMaxInputBytes).
    virtual base::Result<std::string> read(const std::string& path) = 0;
    /// Names (not paths) in a folder, unsorted. Errors: "folder-missing" when `path` is no folder,
    /// "folder-unreadable".
    virtual base::Result<std::vector<std::string>> list(const std::string& path) = 0;
};

class SystemFiles final : public FileAccess
{
public:
    base::Result<std::string> read(const std::string& path) override;
    base::Result<std::vector<std::string>> list(const std::string& path) override;
};

/// All documents of the inputs, in order, and every problem met. `unreadable` is true when some input
/// could not be read or was not YAML (exit code 3), as against problems in well-formed objects.
struct LoadedDocuments {
    std::vector<text::SourceTextPtr> sources;
    std::vector<Document> documents;
    text::Diagnostics diagnostics;
    bool unreadable = false;
};

/// Reads `inputs` as cli.md's "Input" says: YAML or JSON files with any number of documents, folders
/// (*.yaml *.yml *.json in name order, never *.signalbox.yaml, not recursive), Markdown or text guides
/// (only fences marked yaml or yml whose documents have a `kind`), "-", and example:NAME looked up
/// under `examplesDir`. A file is a guide when its name ends in .md, .markdown or .txt, or when its text
/// has a fence line and no `apiVersion:` or `kind:` at the start of a line outside fences. A path is read
/// once, however often it is named. Lists (kind: List) become their items.
/// Codes: those of FileAccess and readYaml(), "file-binary", "folder-empty", "no-documents",
/// "example-unknown", "workspace-unsupported".
LoadedDocuments loadInputs(const std::vector<std::string>& inputs, FileAccess& files, const std::string& examplesDir);

/// The documents of one text that is already in memory (an editor, PUT /manifests).
void loadText(const text::SourceTextPtr& source, LoadedDocuments& into);

/// Spans of the documents of a YAML stream: split at lines that begin with `---` or `...` (which no scalar
/// may hold: YAML 1.2, 9.1.2), directives and documents of nothing but comments left out. In a guide's fence
/// markers may be indented by up to `indent` blanks. Never fails.
std::vector<text::Span> splitDocuments(std::string_view yaml, std::size_t indent = 0);

} // namespace signalbox::manifest
