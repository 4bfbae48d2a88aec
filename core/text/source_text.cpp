// SPDX-License-Identifier: Apache-2.0
#include "core/text/source_text.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <utility>

namespace signalbox::text {

SourceText::SourceText(std::string name, std::string text) : m_name(std::move(name)), m_text(std::move(text))
{
    m_lineStarts.push_back(0);
    for (std::size_t at = m_text.find_first_of("\r\n"); at != std::string::npos;
         at = m_text.find_first_of("\r\n", at)) {
        const bool crLf = m_text[at] == '\r' && at + 1 < m_text.size() && m_text[at + 1] == '\n';
        at += crLf ? 2 : 1;
        m_lineStarts.push_back(at);
    }
}

std::size_t SourceText::lineAt(std::size_t offset) const
{
    const auto next = std::upper_bound(m_lineStarts.begin(), m_lineStarts.end(), std::min(offset, m_text.size()));
    return static_cast<std::size_t>(next - m_lineStarts.begin());
}

Position SourceText::positionAt(std::size_t offset) const
{
    const std::size_t end = std::min(offset, m_text.size());
    const std::size_t line = lineAt(end);
    std::size_t at = m_lineStarts[line - 1];
    if (at == 0 && text().starts_with(kByteOrderMark)) {
        at = kByteOrderMark.size();
    }
    std::uint32_t column = 1;
    while (at < end) {
        const std::size_t length = utf8Length(m_text, at);
        at += length == 0 ? 1 : length;
        if (at <= end) {
            ++column;
        }
    }
    return {static_cast<std::uint32_t>(line), column};
}

std::size_t SourceText::lineStart(std::size_t line) const
{
    return line == 0 ? 0 : line > m_lineStarts.size() ? m_text.size() : m_lineStarts[line - 1];
}

} // namespace signalbox::text
