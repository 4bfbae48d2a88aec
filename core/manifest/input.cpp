// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/input.h"

#include "core/manifest/guide.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace signalbox::manifest {

namespace {

constexpr std::string_view kExamplePrefix = "example:";
constexpr std::string_view kWorkspaceSuffix = ".signalbox.yaml";

void fail(LoadedDocuments& into, std::string code, std::string message, text::Place place = {})
{
    into.diagnostics.push_back({text::Severity::Error, std::move(code), std::move(message), std::move(place)});
    into.unreadable = true;
}

void failWorkspace(LoadedDocuments& into, text::Place place)
{
    fail(into, "workspace-unsupported",
        "This is a Signalbox workspace or scenario, which this version cannot open; give the manifests themselves.",
        std::move(place));
}

std::string_view scalarOf(const YamlNode& mapping, std::string_view key)
{
    const YamlNode* node = mapping.find(key);
    return node != nullptr && node->kind == YamlNode::Kind::Scalar ? std::string_view(node->scalar)
                                                                   : std::string_view();
}

const YamlNode* itemsOfList(const YamlNode& tree)
{
    if (!scalarOf(tree, "kind").ends_with("List")) {
        return nullptr;
    }
    const YamlNode* items = tree.find("items");
    return items != nullptr && items->kind == YamlNode::Kind::Sequence ? items : nullptr;
}

void addTree(const Document& document, LoadedDocuments& into)
{
    if (scalarOf(*document.tree, "apiVersion").starts_with("signalbox/")) {
        failWorkspace(into, {document.source, document.tree->find("apiVersion")->span});
    } else if (const YamlNode* items = itemsOfList(*document.tree)) {
        for (const YamlNodePtr& item : items->items) {
            addTree({document.source, item->span, document.fileName, item}, into);
        }
    } else {
        into.documents.push_back(document);
    }
}

void addDocument(const text::SourceTextPtr& source, text::Span span, const std::string& fileName, LoadedDocuments& into)
{
    YamlNodePtr tree = readYaml(source, span, into.diagnostics);
    if (!tree) {
        into.unreadable = true;
        into.documents.push_back({source, span, fileName, nullptr});
    } else if (tree->kind != YamlNode::Kind::Null) {
        addTree({source, span, fileName, std::move(tree)}, into);
    }
}

// Text that says "kind:" at the start of a line is meant as a manifest even when it is not YAML.
bool claimsKind(std::string_view text, std::size_t indent)
{
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
        const std::size_t blanks = std::min({line.find_first_not_of(' '), line.size(), indent});
        if (line.substr(blanks).starts_with("kind:")) {
            return true;
        }
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return false;
}

void addFence(const text::SourceTextPtr& source, const Fence& fence, LoadedDocuments& into)
{
    const std::string_view inside = source->text().substr(fence.span.begin, fence.span.length());
    for (text::Span span : splitDocuments(inside, fence.indent)) {
        span = {span.begin + fence.span.begin, span.end + fence.span.begin};
        text::Diagnostics problems;
        YamlNodePtr tree = readYaml(source, span, problems);
        const bool manifest = tree ? tree->find("kind") != nullptr
                                   : claimsKind(source->text().substr(span.begin, span.length()), fence.indent);
        if (!manifest) {
            continue;
        }
        into.diagnostics.insert(into.diagnostics.end(), problems.begin(), problems.end());
        if (tree) {
            addTree({source, span, fence.fileName, std::move(tree)}, into);
        } else {
            into.unreadable = true;
            into.documents.push_back({source, span, fence.fileName, nullptr});
        }
    }
}

// Text in another encoding is met here too: UTF-16 is full of NUL bytes.
bool isBinary(std::string_view text)
{
    if (text.find('\0') != std::string_view::npos) {
        return true;
    }
    std::size_t invalid = 0;
    for (std::size_t at = text::findInvalidUtf8(text); at != std::string_view::npos;
         at = text::findInvalidUtf8(text, at + 1)) {
        ++invalid;
    }
    return invalid * 10 > text.size();
}

bool isWorkspaceName(std::string_view name)
{
    return name.ends_with(kWorkspaceSuffix);
}

bool isManifestName(std::string_view name)
{
    return (name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json")) && !isWorkspaceName(name);
}

std::string joined(const std::string& folder, const std::string& name)
{
    return folder.ends_with('/') ? folder + name : folder + '/' + name;
}

class Loader
{
public:
    Loader(FileAccess& files, const std::string& examplesDir) : m_files(files), m_examplesDir(examplesDir) {}

    LoadedDocuments load(const std::vector<std::string>& inputs)
    {
        for (const std::string& input : inputs) {
            if (input.starts_with(kExamplePrefix)) {
                addExample(input.substr(kExamplePrefix.size()));
            } else if (input == "-") {
                addFile(input);
            } else {
                addPath(input);
            }
        }
        return std::move(m_loaded);
    }

private:
    void addPath(const std::string& path)
    {
        const auto names = m_files.list(path);
        if (names) {
            addFolder(path, *names);
        } else if (names.error().code == "folder-unreadable") {
            fail(m_loaded, names.error().code, names.error().message);
        } else {
            addFile(path);
        }
    }

    void addFolder(const std::string& path, std::vector<std::string> names)
    {
        std::erase_if(names, [](const std::string& name) { return !isManifestName(name); });
        std::sort(names.begin(), names.end());
        if (names.empty()) {
            fail(m_loaded, "folder-empty", "The folder \"" + path + "\" holds no *.yaml, *.yml or *.json file.");
        }
        for (const std::string& name : names) {
            addFile(joined(path, name));
        }
    }

    void addExample(const std::string& name)
    {
        const auto names = m_files.list(m_examplesDir);
        std::vector<std::string> known = names ? *names : std::vector<std::string>();
        std::sort(known.begin(), known.end());
        if (std::find(known.begin(), known.end(), name) != known.end()) {
            addPath(joined(m_examplesDir, name));
            return;
        }
        std::string message = "There is no example \"" + name + "\"";
        for (std::size_t i = 0; i < known.size(); ++i) {
            message += (i == 0 ? "; there is " : ", ") + std::string(kExamplePrefix) + known[i];
        }
        fail(m_loaded, "example-unknown", message + (known.empty() ? "; no examples are installed." : "."));
    }

    void addFile(const std::string& path)
    {
        if (!m_seen.insert(path == "-" ? path : std::filesystem::path(path).lexically_normal().string()).second) {
            return;
        }
        auto content = m_files.read(path);
        if (!content) {
            fail(m_loaded, content.error().code, content.error().message);
        } else if (content->size() > kMaxInputBytes) {
            fail(m_loaded, "file-too-large", "\"" + path + "\" is larger than 64 MiB, the most that is read.");
        } else {
            loadText(std::make_shared<const text::SourceText>(path, std::move(*content)), m_loaded);
        }
    }

    FileAccess& m_files;
    const std::string& m_examplesDir;
    LoadedDocuments m_loaded;
    std::set<std::string> m_seen;
};

} // namespace

void loadText(const text::SourceTextPtr& source, LoadedDocuments& into)
{
    into.sources.push_back(source);
    const std::string_view text = source->text();
    if (isBinary(text)) {
        fail(into, "file-binary", "\"" + source->name() + "\" is not UTF-8 text.", {source, {}});
        return;
    }
    if (isWorkspaceName(source->name())) {
        failWorkspace(into, {source, {}});
        return;
    }
    const std::size_t documents = into.documents.size();
    const std::size_t problems = into.diagnostics.size();
    const bool guide = isGuide(source->name(), text);
    if (guide) {
        for (const Fence& fence : findFences(text)) {
            addFence(source, fence, into);
        }
    } else {
        for (const text::Span span : splitDocuments(text)) {
            addDocument(source, span, {}, into);
        }
    }
    if (into.documents.size() > documents || into.diagnostics.size() > problems) {
        return;
    }
    if (guide) {
        fail(into, "no-documents", "This guide has no fence marked yaml or yml whose document has a kind.",
            {source, {}});
    } else {
        into.diagnostics.push_back(
            {text::Severity::Warning, "no-documents", "There is no document in this file.", {source, {}}});
    }
}

LoadedDocuments loadInputs(const std::vector<std::string>& inputs, FileAccess& files, const std::string& examplesDir)
{
    return Loader(files, examplesDir).load(inputs);
}

} // namespace signalbox::manifest
