// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where things end in a YAML text. yaml-cpp says only where a value starts, so the ends are found in the
// text, with the help of the value that yaml-cpp read. All offsets are bytes of `text`; none of these fails.

#include <cstddef>
#include <string_view>

namespace signalbox::manifest {

inline constexpr std::size_t kNoLine = static_cast<std::size_t>(-1);

/// A position behind skipped bytes, and the start of its line when a line break was skipped.
struct Skipped {
    std::size_t at = 0;
    std::size_t lineStart = kNoLine;

    bool crossedLine() const { return lineStart != kNoLine; }
    std::size_t column() const { return at - lineStart; } ///< only after crossedLine()
};

/// Skips blanks, line breaks and comments.
Skipped skipGap(std::string_view text, std::size_t at);

/// Skips the anchor and the tag of a node and the gap behind them; `propertiesEnd` is where the last of
/// them ends (or `at` when there is none).
Skipped skipProperties(std::string_view text, std::size_t at, std::size_t& propertiesEnd);

/// End of the scalar that begins at `begin` (no properties) and was read as `value`; npos when its quote is
/// never closed.
std::size_t scalarEnd(std::string_view text, std::size_t begin, std::string_view value);

/// End of the alias that begins at `begin`.
std::size_t aliasEnd(std::string_view text, std::size_t begin);

/// Length of the null literal (~, null, Null, NULL) at `at`, else 0.
std::size_t nullLength(std::string_view text, std::size_t at);

/// Offset behind the bracket that closes a flow collection whose last child ends at `from`.
std::size_t flowEnd(std::string_view text, std::size_t from);

/// Whether a quoted or a block scalar begins here.
bool startsQuoted(std::string_view text, std::size_t at);

} // namespace signalbox::manifest
