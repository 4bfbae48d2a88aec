// SPDX-License-Identifier: Apache-2.0
#pragma once

// A text that was opened, with a line index. Inside, places are byte offsets; lines and columns are
// made only at the border.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::text {

/// Half-open range of byte offsets in one SourceText.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;

    std::size_t length() const { return end - begin; }
    bool operator==(const Span&) const = default;
};

/// A place for people: both 1-based, columns count Unicode code points (a byte that is no valid
/// UTF-8 counts as one).
struct Position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    bool operator==(const Position&) const = default;
};

/// Immutable text of one file, guide or standard input. `name` is what messages show ("-" for
/// standard input). Safe to share between threads.
class SourceText
{
public:
    SourceText(std::string name, std::string text);

    const std::string& name() const { return m_name; }
    std::string_view text() const { return m_text; }

    /// Line and column of an offset; offsets past the end give the end. LF, CR LF and a lone CR end a
    /// line; a byte-order mark at the start has no width. O(log lines + length of the line).
    Position positionAt(std::size_t offset) const;

    /// The 1-based line of an offset. O(log lines).
    std::size_t lineAt(std::size_t offset) const;

    /// Number of lines, at least 1.
    std::size_t lineCount() const { return m_lineStarts.size(); }

    /// Offset at which the 1-based line begins; the end of the text for lines past the last.
    std::size_t lineStart(std::size_t line) const;

private:
    std::string m_name;
    std::string m_text;
    std::vector<std::size_t> m_lineStarts;
};

using SourceTextPtr = std::shared_ptr<const SourceText>;

/// A span in a known text: the place of a resource, a field or a problem. `source` is null for things
/// that stand nowhere (defaults).
struct Place {
    SourceTextPtr source;
    Span span;
};

} // namespace signalbox::text
