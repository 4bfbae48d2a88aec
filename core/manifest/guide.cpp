// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/guide.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace signalbox::manifest {

namespace {

constexpr std::string_view kDecoration = " \t*`\"':";

std::string lowerCase(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string_view trimmed(std::string_view text, std::string_view set)
{
    const std::size_t begin = text.find_first_not_of(set);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(set) - begin + 1);
}

/// A line that opens or may close a fence.
struct FenceLine {
    char mark = '`';
    std::size_t length = 0;
    std::size_t indent = 0;
    std::string_view info;
};

std::optional<FenceLine> fenceLine(std::string_view line)
{
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string_view::npos || (line[indent] != '`' && line[indent] != '~')) {
        return std::nullopt;
    }
    const char mark = line[indent];
    const std::size_t behind = std::min(line.find_first_not_of(mark, indent), line.size());
    const std::string_view info = trimmed(line.substr(behind), " \t");
    if (behind - indent < 3 || (mark == '`' && info.find('`') != std::string_view::npos)) {
        return std::nullopt;
    }
    return FenceLine{mark, behind - indent, indent, info};
}

bool closes(const FenceLine& line, const FenceLine& opening)
{
    return line.mark == opening.mark && line.length >= opening.length && line.info.empty();
}

bool isYaml(std::string_view info)
{
    const std::string language = lowerCase(info.substr(0, info.find_first_of(" \t,:{")));
    return language == "yaml" || language == "yml";
}

// "**File: `NAME`**", also "**File:** NAME".
std::string nameInBold(std::string_view line)
{
    const std::string_view text = trimmed(line, " \t");
    if (!lowerCase(text.substr(0, 6)).starts_with("**file")) {
        return {};
    }
    const std::string_view rest = text.substr(6);
    if (!rest.starts_with(':') && !rest.starts_with("**:")) {
        return {};
    }
    const std::string_view name = trimmed(rest, kDecoration);
    return std::string(name.substr(0, name.find_first_of(" \t`*")));
}

// "cat > NAME"; with a here-document the text follows in the shell and not in the next fence.
std::string nameOfCat(std::string_view line)
{
    const std::size_t cat = line.find("cat ");
    if (cat == std::string_view::npos || line.find("<<") != std::string_view::npos) {
        return {};
    }
    const std::size_t arrow = line.find_first_not_of(" \t", cat + 3);
    if (arrow == std::string_view::npos || line[arrow] != '>') {
        return {};
    }
    const std::string_view name = trimmed(line.substr(arrow + 1), kDecoration);
    return std::string(name.substr(0, name.find_first_of(" \t`\"'")));
}

class FenceFinder
{
public:
    explicit FenceFinder(std::string_view text) : m_text(text) {}

    std::vector<Fence> find()
    {
        for (std::size_t begin = 0; begin < m_text.size();) {
            const std::size_t end = std::min(m_text.find_first_of("\r\n", begin), m_text.size());
            const std::size_t next = std::min(m_text.substr(end, 2) == "\r\n" ? end + 2 : end + 1, m_text.size());
            take(m_text.substr(begin, end - begin), begin, next);
            begin = next;
        }
        if (m_open) {
            close(m_text.size());
        }
        return std::move(m_fences);
    }

private:
    void take(std::string_view line, std::size_t begin, std::size_t next)
    {
        const std::optional<FenceLine> mark = fenceLine(line);
        if (m_open) {
            if (mark && closes(*mark, *m_open)) {
                close(begin);
            } else if (std::string name = nameOfCat(line); !m_yaml && !name.empty()) {
                m_name = std::move(name);
            }
        } else if (mark) {
            open(*mark, next);
        } else {
            readProse(line);
        }
    }

    void readProse(std::string_view line)
    {
        if (line.starts_with('#')) {
            m_name.clear(); // a heading begins another subject
            return;
        }
        std::string name = nameInBold(line);
        if (name.empty()) {
            name = nameOfCat(line);
        }
        if (!name.empty()) {
            m_name = std::move(name);
        }
    }

    void open(const FenceLine& line, std::size_t inside)
    {
        m_open = line;
        m_yaml = isYaml(line.info);
        m_inside = inside;
        if (m_yaml) {
            m_fenceName = std::move(m_name);
        }
        m_name.clear(); // a name belongs to the next fence, whatever that holds
    }

    void close(std::size_t end)
    {
        if (m_yaml) {
            m_fences.push_back({{m_inside, end}, m_open->indent, std::move(m_fenceName)});
            m_fenceName.clear();
        }
        m_open.reset();
    }

    std::string_view m_text;
    std::vector<Fence> m_fences;
    std::optional<FenceLine> m_open;
    bool m_yaml = false;
    std::size_t m_inside = 0;
    std::string m_name;
    std::string m_fenceName;
};

bool startsManifest(std::string_view line)
{
    constexpr std::array<std::string_view, 6> kStarts{
        "apiVersion:", "kind:", "\"apiVersion\":", "\"kind\":", "'apiVersion':", "'kind':"};
    return std::any_of(kStarts.begin(), kStarts.end(), [&](std::string_view start) { return line.starts_with(start); });
}

bool looksLikeGuide(std::string_view text)
{
    std::optional<FenceLine> open;
    bool fenced = false;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
        const std::string_view line = text.substr(begin, end - begin);
        const std::optional<FenceLine> mark = fenceLine(line);
        if (open) {
            if (mark && closes(*mark, *open)) {
                open.reset();
            }
        } else if (mark) {
            open = mark;
            fenced = true;
        } else if (startsManifest(line)) {
            return false;
        }
        begin = end + 1;
    }
    return fenced;
}

} // namespace

std::vector<Fence> findFences(std::string_view text)
{
    return FenceFinder(text).find();
}

bool isGuide(std::string_view name, std::string_view text)
{
    const std::string lower = lowerCase(name);
    if (lower.ends_with(".md") || lower.ends_with(".markdown") || lower.ends_with(".txt")) {
        return true;
    }
    return (text.find("```") != std::string_view::npos || text.find("~~~") != std::string_view::npos)
        && looksLikeGuide(text);
}

} // namespace signalbox::manifest
