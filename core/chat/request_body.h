// SPDX-License-Identifier: Apache-2.0
#pragma once

// Request bodies as the gateway reads them: a tolerant scanner of our own, because no library accepts and
// refuses the same bytes (ai-gateway 3.2), and a writer that changes one value and keeps all other bytes.

#include "core/chat/endpoints.h"
#include "core/text/source_text.h"

#include <boost/container/small_vector.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace signalbox::chat {

/// What routing needs of a request body. Views point into the body that was parsed.
class ParsedRequest
{
public:
    Endpoint endpoint = Endpoint::ChatCompletions;
    bool hasBody = false;        ///< false: nothing was parsed, the client's own headers route
    bool stream = false;         ///< the answer is passed on as it comes
    bool includeUsage = false;   ///< stream_options.include_usage is already true
    std::uint32_t maxTokens = 0; ///< max_tokens or max_completion_tokens, 0 when absent

    /// The model to route by: the last `model` member, unescaped; empty when missing or null.
    std::string_view model() const { return m_ownedModel.empty() ? m_modelView : std::string_view(m_ownedModel); }

    std::string_view m_modelView;  ///< set by the parser
    std::string m_ownedModel;      ///< when the text has escapes
    text::Span firstModelValue;    ///< value bytes of the first `model` member, quotes included; empty: append
    text::Span objectBody;         ///< between the outer braces; {0, 0} for a `null` body
    text::Span streamOptionsValue; ///< value of the first stream_options member; empty: absent
    text::Span includeUsageValue;  ///< value of the first include_usage in it; empty: absent
};

/// A refusal with its answer (ai-gateway 3.6): `status` 400 with the BadRequest envelope around `message`
/// or, for /v1/audio/speech, 500 with an empty body.
struct RequestRefusal {
    std::uint16_t status = 400;
    std::string message;
};

/// Reads a complete, non-empty body. `contentType` is the header's value. Cost is linear, for a chat of 2 KB
/// about 0.5 µs. Never reads past `body`; nesting is bounded by a counter (4096 below a member that is only skipped).
std::variant<ParsedRequest, RequestRefusal> parseRequest(
    Endpoint endpoint, std::string_view contentType, std::string_view body);

/// A body in pieces, so that a megabyte is not copied to change a name. Views point into the original
/// body, the profile, or `owned` (moving the object keeps them valid).
struct UpstreamBody {
    bool replaced = false; ///< false: the client's own bytes and framing; true: content-length = size()
    boost::container::small_vector<std::string_view, 5> pieces;
    std::unique_ptr<std::string> owned;
    std::string contentType; ///< not empty: replaces the header (multipart gets a new boundary)

    std::size_t size() const;
};

/// One attempt's body (ai-gateway 4, steps 4 to 7): model override, forced include_usage, body mutations.
/// Every attempt starts from the client's `body`. `boundary`: 60 hex digits for a rewritten multipart.
UpstreamBody makeUpstreamBody(const ParsedRequest& request, std::string_view body, const plan::BackendProfile& profile,
    bool isRetry, bool forceUsage, std::string_view contentType, std::string_view boundary);

} // namespace signalbox::chat
