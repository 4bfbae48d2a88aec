// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace signalbox::text {

/// Length in bytes (1 to 4) of the UTF-8 sequence that begins at `at`, or 0 when there is none (RFC 3629:
/// no overlong forms, no surrogates, nothing above U+10FFFF). `at` must be inside the text.
std::size_t utf8Length(std::string_view text, std::size_t at);

/// Offset of the first byte at or behind `from` that is not valid UTF-8; npos when there is none.
std::size_t findInvalidUtf8(std::string_view text, std::size_t from = 0);

/// Number of code points; a byte that is no valid UTF-8 counts as one.
std::size_t countCodePoints(std::string_view text);

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

} // namespace signalbox::text
