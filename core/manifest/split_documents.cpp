// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/input.h"

#include "core/text/utf8.h"

#include <algorithm>

namespace signalbox::manifest {

namespace {

bool isMarker(std::string_view line, std::string_view marker)
{
    return line.starts_with(marker)
        && (line.size() == marker.size() || line[marker.size()] == ' ' || line[marker.size()] == '\t');
}

bool hasContent(std::string_view line)
{
    const std::size_t ink = line.find_first_not_of(" \t");
    return ink != std::string_view::npos && line[ink] != '#';
}

class Splitter
{
public:
    Splitter(std::string_view yaml, std::size_t indent) : m_yaml(yaml), m_indent(indent) {}

    std::vector<text::Span> split()
    {
        m_begin = m_yaml.starts_with(text::kByteOrderMark) ? text::kByteOrderMark.size() : 0;
        for (std::size_t line = m_begin; line < m_yaml.size();) {
            const std::size_t end = std::min(m_yaml.find_first_of("\r\n", line), m_yaml.size());
            const std::size_t next = std::min(m_yaml.substr(end, 2) == "\r\n" ? end + 2 : end + 1, m_yaml.size());
            take(line, end, next);
            line = next;
        }
        finish(m_yaml.size());
        return std::move(m_spans);
    }

private:
    void take(std::size_t begin, std::size_t end, std::size_t next)
    {
        const std::size_t most = std::min(m_indent, end - begin);
        const std::size_t blanks = std::min(m_yaml.substr(begin, most).find_first_not_of(' '), most);
        const std::string_view line = m_yaml.substr(begin + blanks, end - begin - blanks);
        if (isMarker(line, "---")) {
            finish(begin);
            m_content = hasContent(line.substr(3));
            m_begin = m_content ? begin + blanks + 3 : next;
        } else if (isMarker(line, "...")) {
            finish(begin);
            m_begin = next;
        } else if (!m_content) {
            m_content = hasContent(line) && line.front() != '%';
        }
    }

    void finish(std::size_t end)
    {
        if (m_content) {
            m_spans.push_back({m_begin, end});
        }
        m_content = false;
    }

    std::string_view m_yaml;
    std::size_t m_indent;
    std::size_t m_begin = 0;
    bool m_content = false;
    std::vector<text::Span> m_spans;
};

} // namespace

std::vector<text::Span> splitDocuments(std::string_view yaml, std::size_t indent)
{
    return Splitter(yaml, indent).split();
}

} // namespace signalbox::manifest
