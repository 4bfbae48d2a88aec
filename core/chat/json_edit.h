// SPDX-License-Identifier: Apache-2.0
#pragma once

// Edits of JSON text that keep all other bytes, with the semantics of tidwall/sjson that the gateway uses
// (ai-gateway 4.1, 4.5, 5.4). The text must be valid JSON; on other text they are safe, but mean little.

#include <string>
#include <string_view>

namespace signalbox::chat {

/// Sets the member at `path` ("a.b" addresses nested members, "a.0" elements, "a.-1" the place behind the last one, `\.`
/// is a dot in a name) to the raw JSON `value`. An absent member is appended as the last one without spaces, missing
/// objects and lists are made, and white space around the whole text is dropped then. The first of duplicate members is
/// replaced. A scalar on the way gives way to an object, also null as the whole text. Unchanged: a list where the path
/// has a name, and paths with wildcards (# @ * ? |).
std::string setMember(std::string_view json, std::string_view path, std::string_view value);

/// Removes the member at `path` with its comma; other white space stays. Absent: unchanged.
std::string removeMember(std::string_view json, std::string_view path);

/// How a bodyMutation's `value` is inserted: raw JSON when it looks like it, else as a JSON string (4.5).
std::string mutationValue(std::string_view value);

/// A JSON string with quotes as the gateway writes messages. Escapes `"`, `\` and control characters (\n \r \t, else
/// \u00XX); other bytes, also `<`, `&` and invalid UTF-8, are copied.
std::string quoted(std::string_view text);

/// A JSON string with quotes as sjson writes names and values into a body: plain ASCII is copied, also `<`; text with
/// anything else is written as Go's encoding/json does (`<` as \u003c, invalid UTF-8 as \ufffd, other UTF-8 as it is).
std::string stringMember(std::string_view text);

} // namespace signalbox::chat
