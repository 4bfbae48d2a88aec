// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/yaml_tree.h"

#include "core/manifest/yaml_builder.h"
#include "core/text/utf8.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace signalbox::manifest {

namespace {

const YamlNode::Entry* findMerged(const YamlNode& merged, std::string_view key)
{
    if (merged.kind == YamlNode::Kind::Mapping) {
        return merged.findEntry(key);
    }
    for (const YamlNodePtr& item : merged.items) {
        if (const YamlNode::Entry* entry = item->findEntry(key)) {
            return entry;
        }
    }
    return nullptr;
}

bool isForbidden(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

// yaml-cpp takes byte 4 for the end of the text and passes invalid UTF-8 on.
void refuseForeignBytes(std::string_view text)
{
    const auto control = std::find_if(text.begin(), text.end(), isForbidden);
    if (control != text.end()) {
        throw YamlRefusal{"yaml-invalid", "a control character", static_cast<std::size_t>(control - text.begin())};
    }
    if (const std::size_t at = text::findInvalidUtf8(text); at != std::string_view::npos) {
        throw YamlRefusal{"yaml-invalid", "a byte that is not UTF-8", at};
    }
}

// yaml-cpp counts lines by LF alone, so a lone CR would leave the block structure; same length, so that
// every place holds.
std::string withLineFeeds(std::string_view text)
{
    std::string result(text);
    for (std::size_t at = result.find('\r'); at != std::string::npos; at = result.find('\r', at + 1)) {
        if (at + 1 == result.size() || result[at + 1] != '\n') {
            result[at] = '\n';
        }
    }
    return result;
}

int hexDigit(char c)
{
    return c >= '0' && c <= '9' ? c - '0'
        : c >= 'a' && c <= 'f'  ? c - 'a' + 10
        : c >= 'A' && c <= 'F'  ? c - 'A' + 10
                                : -1;
}

// The number of a \uXXXX escape at `at`, or 0.
unsigned escapedUnit(std::string_view text, std::size_t at)
{
    if (text.substr(at, 2) != "\\u" || text.size() - at < 6) {
        return 0;
    }
    unsigned value = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
        const int digit = hexDigit(text[i]);
        if (digit < 0) {
            return 0;
        }
        value = value * 16 + static_cast<unsigned>(digit);
    }
    return value;
}

// JSON writes characters above U+FFFF as a surrogate pair (RFC 8259, 7), which YAML does not know. An escaped
// line break (nothing) and YAML's \UXXXXXXXX take as many bytes as the pair.
void translateSurrogatePairs(std::string& json)
{
    for (std::size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
        const unsigned high = escapedUnit(json, at);
        const unsigned low = high >= 0xD800 && high < 0xDC00 ? escapedUnit(json, at + 6) : 0;
        if (low >= 0xDC00 && low < 0xE000) {
            constexpr char kDigits[] = "0123456789abcdef";
            const unsigned point = 0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00);
            std::string escape = "\\\n\\U";
            for (int shift = 28; shift >= 0; shift -= 4) {
                escape += kDigits[(point >> static_cast<unsigned>(shift)) & 0xFU];
            }
            json.replace(at, escape.size(), escape);
            at += escape.size();
        } else {
            at += 2;
        }
    }
}

YamlNodePtr parse(
    std::string_view text, std::size_t offset, text::Diagnostics& duplicates, const text::SourceTextPtr& source)
{
    refuseForeignBytes(text);
    std::string copy = withLineFeeds(text);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] == '{') {
        translateSurrogatePairs(copy);
    }
    std::istringstream stream(std::move(copy));
    YAML::Parser parser(stream);
    YamlBuilder builder(text, offset);
    while (parser.HandleNextDocument(builder)) {
        // The second round is there to meet text behind the end of the document.
    }
    for (const YamlNode::Entry& entry : builder.duplicates()) {
        duplicates.push_back({text::Severity::Warning, "duplicate-key",
            "The key \"" + entry.key + "\" stands more than once in this mapping; the last one counts.",
            {source, entry.keySpan}});
    }
    if (YamlNodePtr root = builder.root()) {
        return root;
    }
    auto empty = std::make_shared<YamlNode>();
    empty->span = {offset, offset};
    return empty;
}

std::string hintAt(std::string_view text, std::size_t at)
{
    const std::size_t lineBreak = text.substr(0, at).find_last_of("\r\n");
    const std::size_t line = lineBreak == std::string_view::npos ? 0 : lineBreak + 1;
    const std::size_t ink = text.find_first_not_of(" \t", line);
    const bool tab =
        text.substr(line, ink == std::string_view::npos ? 0 : ink - line).find('\t') != std::string_view::npos;
    return tab ? " (YAML does not allow tabs as indentation)" : "";
}

} // namespace

const YamlNode::Entry* YamlNode::findEntry(std::string_view key) const
{
    const auto found =
        std::find_if(entries.rbegin(), entries.rend(), [&](const Entry& entry) { return entry.key == key; });
    if (found != entries.rend()) {
        return &*found;
    }
    const auto merge =
        std::find_if(entries.rbegin(), entries.rend(), [](const Entry& entry) { return entry.key == "<<"; });
    return merge != entries.rend() ? findMerged(*merge->value, key) : nullptr;
}

const YamlNode* YamlNode::find(std::string_view key) const
{
    const Entry* entry = findEntry(key);
    return entry != nullptr ? entry->value.get() : nullptr;
}

YamlNodePtr readYaml(const text::SourceTextPtr& source, text::Span span, text::Diagnostics& diagnostics)
{
    const std::string_view whole = source->text();
    span.end = std::min(span.end, whole.size());
    span.begin = std::min(span.begin, span.end);
    if (whole.substr(span.begin, span.length()).starts_with(text::kByteOrderMark)) { // each document may have one
        span.begin += text::kByteOrderMark.size();
    }
    const std::string_view text = whole.substr(span.begin, span.length());
    const auto refuse = [&](std::string code, const std::string& reason, std::size_t at) {
        const std::size_t begin = span.begin + std::min(at, text.size());
        diagnostics.push_back({text::Severity::Error, std::move(code),
            "This is not YAML that can be read: " + reason + ".", {source, {begin, std::min(begin + 1, span.end)}}});
        return nullptr;
    };
    try {
        return parse(text, span.begin, diagnostics, source);
    } catch (const YamlRefusal& refusal) {
        return refuse(refusal.code, refusal.message, refusal.at);
    } catch (const YAML::DeepRecursion& error) {
        return refuse("yaml-limit", "values are nested deeper than 100 levels",
            static_cast<std::size_t>(std::max(error.mark.pos, 0)));
    } catch (const YAML::Exception& error) {
        const auto at = std::min(static_cast<std::size_t>(std::max(error.mark.pos, 0)), text.size());
        return refuse("yaml-invalid", error.msg + hintAt(text, at), at);
    }
}

} // namespace signalbox::manifest
