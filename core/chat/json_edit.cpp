// SPDX-License-Identifier: Apache-2.0
#include "core/chat/json_edit.h"

#include "core/chat/json_scanner.h"
#include "core/text/source_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace signalbox::chat {

namespace {

using text::Span;

constexpr std::string_view kSpace = " \t\r\n";

/// List indices above this are not filled up with nulls: a path must not fill the memory.
constexpr std::size_t kMaximumIndex = 10'000;

// ---- paths

struct PathPart {
    std::string name;
    bool isName = false; ///< written ":x": a member's name although it looks like an index

    std::optional<std::size_t> index() const
    {
        if (isName || name.size() > 5 || name.find_first_not_of("0123456789") != std::string::npos) {
            return std::nullopt;
        }
        std::size_t value = 0;
        for (const char c : name) {
            value = value * 10 + static_cast<std::size_t>(c - '0');
        }
        return value <= kMaximumIndex ? std::optional(value) : std::nullopt;
    }
    bool isEnd() const { return !isName && name == "-1"; } ///< behind the last element, or the last one itself
    bool isListStep() const { return index().has_value() || isEnd(); }
};

/// Nothing for an empty path and for one with wildcards or queries.
std::vector<PathPart> parsePath(std::string_view path)
{
    std::vector<PathPart> parts;
    if (path.empty()) {
        return parts;
    }
    parts.emplace_back();
    bool atStart = true;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c == '.') {
            parts.emplace_back();
            atStart = true;
            continue;
        }
        if (c == ':' && atStart) {
            parts.back().isName = true;
        } else if (c == '\\' && i + 1 < path.size()) {
            parts.back().name += path[++i];
        } else if (std::string_view("|#@*?").find(c) != std::string_view::npos) {
            return {};
        } else {
            parts.back().name += c;
        }
        atStart = false;
    }
    return parts;
}

// ---- looking for a child

/// A member's or an element's value with what lies before it.
struct Child {
    Span value;
    std::size_t comma = 0; ///< of the comma before it, or behind the opening bracket for the first one
    bool first = false;
};

/// Walks over the children of the object or list that begins at `at`; visit(name, child) returns true to stop there.
template<typename Visit>
std::optional<Child> findChild(std::string_view json, std::size_t at, Visit&& visit)
{
    JsonScanner scanner(json.substr(at));
    scanner.skipSpace();
    const bool object = scanner.take('{');
    if (!object && !scanner.take('[')) {
        return std::nullopt;
    }
    Child child{.value = {}, .comma = at + scanner.at(), .first = true};
    JsonString name;
    std::string storage;
    while (true) {
        scanner.skipSpace();
        if (object && !scanner.memberName(name, true)) {
            return std::nullopt;
        }
        child.value.begin = at + scanner.at();
        if (!scanner.skip(JsonScanner::Check::Syntax)) {
            return std::nullopt;
        }
        child.value.end = at + scanner.at();
        if (visit(object, name.text(storage), child)) {
            return child;
        }
        scanner.skipSpace();
        child.comma = at + scanner.at();
        child.first = false;
        if (!scanner.take(',')) {
            return std::nullopt;
        }
    }
}

std::optional<Child> find(std::string_view json, std::size_t at, const PathPart& part)
{
    const auto wanted = part.index();
    std::size_t position = 0;
    return findChild(json, at, [&](bool object, std::string_view name, const Child&) {
        return object ? name == part.name : wanted == position++;
    });
}

std::optional<Child> findLastElement(std::string_view json, std::size_t at)
{
    std::optional<Child> last;
    findChild(json, at, [&](bool object, std::string_view, const Child& child) {
        if (!object) {
            last = child;
        }
        return object;
    });
    return last;
}

// ---- strings

std::size_t utf8Length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF && follows(1)) {
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF && follows(1) && follows(2) && !(lead == 0xE0 && byte(1) < 0xA0)
        && !(lead == 0xED && byte(1) > 0x9F)) {
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4 && follows(1) && follows(2) && follows(3) && !(lead == 0xF0 && byte(1) < 0x90)
        && !(lead == 0xF4 && byte(1) > 0x8F)) {
        return 4;
    }
    return 0;
}

void appendEscaped(std::string& out, char c)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        break;
    }
    const auto code = static_cast<unsigned char>(c);
    out += "\\u00";
    out += kDigits[code >> 4U];
    out += kDigits[code & 0xFU];
}

bool isPlain(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) <= 0x7F && c != '"' && c != '\\';
    });
}

std::string marshalled(std::string_view text)
{
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8Length(text);
        const char c = text.front();
        if (length == 0) {
            out += "\\ufffd";
        } else if (text.substr(0, length) == "\u2028" || text.substr(0, length) == "\u2029") {
            out += text[2] == '\xA8' ? "\\u2028" : "\\u2029";
        } else if (c == '\b' || c == '\f') {
            out += c == '\b' ? "\\b" : "\\f";
        } else if (length == 1
            && (static_cast<unsigned char>(c) < 0x20
                || std::string_view("\"\\<>&").find(c) != std::string_view::npos)) {
            appendEscaped(out, c);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out += '"';
}

// ---- making values

/// `value` inside the members and lists that parts[at + 1…] name.
std::string built(const std::vector<PathPart>& parts, std::size_t at, std::string_view value)
{
    std::string open;
    std::string close;
    for (std::size_t i = at + 1; i < parts.size(); ++i) {
        if (parts[i].isListStep()) {
            open += '[';
            for (std::size_t n = parts[i].index().value_or(0); n > 0; --n) {
                open += "null,";
            }
            close += ']';
        } else {
            open.append("{").append(stringMember(parts[i].name)).append(":");
            close += '}';
        }
    }
    std::reverse(close.begin(), close.end());
    return open.append(value).append(close);
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

bool isEmptyContainer(std::string_view json)
{
    const std::size_t next = json.find_first_not_of(kSpace, 1);
    return next == std::string_view::npos || json[next] == '}' || json[next] == ']';
}

std::string appendedToList(std::string_view list, const PathPart& part, std::string_view value)
{
    std::string out;
    std::size_t count = 0;
    if (part.isEnd()) {
        out = list.substr(0, list.size() - 1);
        count = isEmptyContainer(list) ? 0 : 1;
    } else {
        // sjson writes such a list anew, without its white space.
        out = "[";
        findChild(list, 0, [&](bool, std::string_view, const Child& child) {
            out.append(count++ == 0 ? "" : ",").append(list.substr(child.value.begin, child.value.length()));
            return false;
        });
        for (; count < part.index().value_or(0); ++count) {
            out.append(count == 0 ? "null" : ",null");
        }
    }
    return out.append(count == 0 ? "" : ",").append(value).append("]");
}

/// `json` (one value) with a new child at parts[at]; nothing when the value is a list and the part no index.
std::optional<std::string> appended(
    std::string_view json, const std::vector<PathPart>& parts, std::size_t at, std::string_view value)
{
    const PathPart& part = parts[at];
    json = trimmed(json);
    const std::string child = built(parts, at, value);
    if (json.empty() || (json.front() != '{' && json.front() != '[')) {
        json = part.index() ? "[]" : "{}"; // a scalar gives way
    }
    if (json.front() == '[') {
        return part.isListStep() ? std::optional(appendedToList(json, part, child)) : std::nullopt;
    }
    std::string out(json.substr(0, json.size() - 1));
    out.append(isEmptyContainer(json) ? "" : ",").append(stringMember(part.name)).append(":").append(child);
    return out += '}';
}

} // namespace

std::string setMember(std::string_view json, std::string_view path, std::string_view value)
{
    const std::vector<PathPart> parts = parsePath(path);
    if (parts.empty()) {
        return std::string(json);
    }
    Span here{0, json.size()};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto child = find(json, here.begin, parts[i]);
        if (!child) {
            const auto changed = appended(json.substr(here.begin, here.length()), parts, i, value);
            if (!changed) {
                return std::string(json);
            }
            return std::string(json.substr(0, here.begin)).append(*changed).append(json.substr(here.end));
        }
        here = child->value;
    }
    return std::string(json.substr(0, here.begin)).append(value).append(json.substr(here.end));
}

std::string removeMember(std::string_view json, std::string_view path)
{
    std::optional<Child> child;
    std::size_t at = 0;
    for (const PathPart& part : parsePath(path)) {
        child = part.isEnd() ? findLastElement(json, at) : find(json, at, part);
        if (!child) {
            return std::string(json);
        }
        at = child->value.begin;
    }
    if (!child) {
        return std::string(json);
    }
    std::size_t end = child->value.end;
    const std::size_t next = json.find_first_not_of(kSpace, end);
    if (child->first && next != std::string_view::npos && json[next] == ',') {
        end = next + 1;
    }
    return std::string(json.substr(0, child->comma)).append(json.substr(end));
}

std::string mutationValue(std::string_view value)
{
    const std::string_view text = trimmed(value);
    const auto wrapped = [&](char open, char close) {
        return !text.empty() && text.front() == open && text.back() == close;
    };
    const bool number = !text.empty() && std::string_view("0123456789+-").find(text.front()) != std::string_view::npos
        && text.find_first_not_of("0123456789.+-eE") == std::string_view::npos;
    const bool raw = number || text == "true" || text == "false" || text == "null" || wrapped('"', '"')
        || wrapped('{', '}') || wrapped('[', ']');
    return raw ? std::string(value) : stringMember(value);
}

std::string stringMember(std::string_view text)
{
    if (!isPlain(text)) {
        return marshalled(text);
    }
    return std::string("\"").append(text).append("\"");
}

std::string quoted(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + 2);
    out += '"';
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
            appendEscaped(out, c);
        } else {
            out += c;
        }
    }
    return out += '"';
}

} // namespace signalbox::chat
