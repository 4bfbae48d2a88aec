// SPDX-License-Identifier: Apache-2.0
#include "core/chat/answer.h"
#include "core/chat/json_edit.h"

namespace signalbox::chat {

namespace {

std::string_view anthropicErrorType(std::uint16_t status)
{
    switch (status) {
    case 400:
        return "invalid_request_error";
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 413:
        return "request_too_large";
    case 429:
        return "rate_limit_error";
    case 503:
        return "service_unavailable_error";
    case 529:
        return "overloaded_error";
    default:
        return "internal_server_error";
    }
}

} // namespace

std::string errorEnvelope(std::string_view type, std::uint16_t status, std::string_view message)
{
    std::string body = R"({"type":"error","error":{"type":")";
    body.append(type).append(R"(","code":")").append(std::to_string(status)).append(R"(","message":)");
    return body.append(quoted(message)).append("}}");
}

bool wrapsErrors(Endpoint endpoint)
{
    // The translators of these two pass errors on as they are.
    return endpoint != Endpoint::Completions && endpoint != Endpoint::MessagesCountTokens;
}

std::string wrappedLocalReply(Endpoint endpoint, plan::ApiSchema, std::uint16_t status, std::string_view text)
{
    if (!wrapsErrors(endpoint)) {
        return std::string(text);
    }
    if (endpoint == Endpoint::Messages) {
        std::string body = R"({"error":{"message":)" + quoted(text) + R"(,"type":")";
        return body.append(anthropicErrorType(status)).append(R"("},"request_id":"","type":"error"})");
    }
    if (endpoint == Endpoint::Rerank) {
        return R"({"message":)" + quoted(text) + "}";
    }
    return errorEnvelope("OpenAIBackendError", status, text);
}

} // namespace signalbox::chat
