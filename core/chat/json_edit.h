// SPDX-License-Identifier: Apache-2.0
#pragma once

// Edits of JSON text that keep all other bytes, with the semantics of tidwall/sjson that the gateway uses
// (ai-gateway 4.1, 4.5, 5.4).

#include <string>
#include <string_view>

namespace signalbox::chat {

/// Sets the member at `path` ("a.b" addresses nested members and creates objects) to the raw JSON `value`;
/// an absent member is appended as the last one without spaces. The first of duplicate members is replaced.
/// Text that is no object is returned unchanged.
std::string setMember(std::string_view json, std::string_view path, std::string_view value);

/// Removes the member at `path` with its comma; other white space stays. Absent: unchanged.
std::string removeMember(std::string_view json, std::string_view path);

/// How a bodyMutation's `value` is inserted: raw JSON when it looks like it, else as a JSON string (4.5).
std::string mutationValue(std::string_view value);

/// A JSON string with quotes. Escapes `"`, `\` and control characters (\n \r \t \b \f, else \u00XX); other
/// bytes, also `<`, `&` and invalid UTF-8, are copied.
std::string quoted(std::string_view text);

} // namespace signalbox::chat
