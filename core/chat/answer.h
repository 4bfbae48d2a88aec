// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers of backends as the gateway's processor treats them (ai-gateway 5), and the gateway's own answers in
// its exact bytes (3.6, 3.7, 6).

#include "core/chat/endpoints.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace signalbox::chat {

/// Token counts of one answer; -1: not said (ai-gateway 5.5).
struct Usage {
    std::int64_t input = -1;
    std::int64_t output = -1;
    std::int64_t total = -1;
    std::int64_t cachedInput = -1;
    std::int64_t reasoning = -1;

    bool known() const { return input >= 0 || output >= 0 || total >= 0; }
};

/// What was read of an answer besides its bytes.
struct AnswerFacts {
    Usage usage;
    std::string model; ///< the `model` member, empty when there is none
};

/// What becomes of a collected answer.
struct AnswerTreatment {
    enum class Kind {
        Pass,    ///< unchanged
        Replace, ///< `body` with content-type application/json; content-encoding is removed
        Fail,    ///< the processor cannot read it: 500 with an empty body
    };
    Kind kind = Kind::Pass;
    std::string body;
};

/// Treats the complete body of an answer of `status`. Success bodies must begin with the JSON value that the endpoint
/// promises, every known member of its type (null and empty pass on most endpoints, any 2xx; audio is not read); errors
/// that are not JSON are wrapped (5.6). `contentType` is empty when the header is absent. gzip and br are decoded for
/// reading (at most 64 MiB), other encodings are read as they are.
AnswerTreatment treatAnswer(Endpoint endpoint, plan::ApiSchema schema, std::uint16_t status,
    std::string_view contentType, std::string_view contentEncoding, std::string_view body, AnswerFacts& facts);

/// Watches a stream as it passes (5.3): splits lines at LF wherever the bytes are cut, reads `data:` JSON, ignores what
/// does not decode. The last usage seen wins. Memory is bounded: lines over 1 MiB are skipped.
class EventStreamWatcher
{
public:
    void feed(std::string_view bytes);

    const AnswerFacts& facts() const { return m_facts; }
    /// Number of data events so far, [DONE] not counted.
    std::uint64_t events() const { return m_events; }
    bool sawDone() const { return m_done; }

private:
    void line(std::string_view text);

    std::string m_rest;
    bool m_skipping = false;
    AnswerFacts m_facts;
    std::int64_t m_cacheCreation = 0;
    std::uint64_t m_events = 0;
    bool m_done = false;
};

// ---- the gateway's own bodies

inline constexpr std::string_view kNoRouteText = "No matching route found. It is likely because the model specified in "
                                                 "your request is not configured in the Gateway.";

/// {"type":"error","error":{"type":TYPE,"code":"STATUS","message":MESSAGE}}, the message escaped.
std::string errorEnvelope(std::string_view type, std::uint16_t status, std::string_view message);

/// Whether the endpoint's translator rewrites errors that are not JSON; /v1/completions and Anthropic's count_tokens pass
/// them on, also local replies: text/plain then.
bool wrapsErrors(Endpoint endpoint);

/// A local reply's text in the form that the endpoint's translator gives it (OpenAIBackendError, Anthropic's form for
/// /anthropic/v1/messages, Cohere's for rerank); type application/json. The text itself where !wrapsErrors().
std::string wrappedLocalReply(Endpoint endpoint, plan::ApiSchema schema, std::uint16_t status, std::string_view text);

/// The body of /v1/models or /anthropic/v1/models for this Host (lower-case, without port).
std::string modelList(const plan::Plan& plan, Endpoint endpoint, std::string_view host);

} // namespace signalbox::chat
