// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace signalbox::chat {

/// A body as it was before its content encoding.
struct DecodedContent {
    std::string storage;
    bool encoded = false; ///< `storage` has the text; else the body is the text
    bool damaged = false; ///< the compressed data broke off or went wrong behind what could be decoded

    std::string_view text(std::string_view body) const { return encoded ? std::string_view(storage) : body; }
};

/// Decodes gzip and br; every other encoding is taken for none (ai-gateway 5.7). Nothing: what should be gzip does not
/// begin as such, or the text is larger than 64 MiB.
std::optional<DecodedContent> decodeContent(std::string_view contentEncoding, std::string_view body);

} // namespace signalbox::chat
