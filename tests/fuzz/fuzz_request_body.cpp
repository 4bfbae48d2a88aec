// SPDX-License-Identifier: Apache-2.0
// link: chat

// Reads arbitrary request bodies and holds what is sent upstream to its promises. The first byte chooses the endpoint.

#include "core/chat/json_edit.h"
#include "core/chat/request_body.h"

#include <cstdio>
#include <cstdlib>

using namespace signalbox;
using namespace signalbox::chat;

namespace {

constexpr std::string_view kFormType = "multipart/form-data; boundary=b";
constexpr std::string_view kBoundary = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab";
constexpr std::string_view kOverride = "fuzz-\"model\"";

void require(bool holds, const char* promise)
{
    if (!holds) {
        std::fprintf(stderr, "broken promise: %s\n", promise);
        std::abort();
    }
}

std::string joined(const UpstreamBody& body)
{
    std::string out;
    for (const std::string_view piece : body.pieces) {
        out.append(piece);
    }
    require(out.size() == body.size(), "size() is that of the pieces");
    return out;
}

bool isForm(Endpoint endpoint)
{
    return endpoint == Endpoint::AudioTranscriptions || endpoint == Endpoint::AudioTranslations;
}

void checkOverride(const ParsedRequest& request, std::string_view body, std::string_view type)
{
    plan::BackendProfile profile;
    require(joined(makeUpstreamBody(request, body, profile, false, false, type, "")) == body, "untouched bytes stay");
    profile.modelNameOverride = kOverride;
    const std::string sent = joined(makeUpstreamBody(request, body, profile, false, true, type, kBoundary));
    if (isForm(request.endpoint)) {
        if (body.find(kBoundary) != std::string_view::npos) {
            return; // in earnest it is random
        }
        const auto again =
            parseRequest(request.endpoint, "multipart/form-data; boundary=" + std::string(kBoundary), sent);
        require(std::holds_alternative<ParsedRequest>(again), "a rewritten form can be read");
        require(std::get<ParsedRequest>(again).model() == kOverride, "a rewritten form has the override");
        return;
    }
    const auto again = parseRequest(request.endpoint, type, sent);
    require(std::holds_alternative<ParsedRequest>(again), "a body with an override can be read");
    const text::Span value = std::get<ParsedRequest>(again).firstModelValue;
    require(sent.compare(value.begin, value.length(), quoted(kOverride)) == 0, "the first model is the override");
}

void checkEdits(Endpoint endpoint, std::string_view body)
{
    if (endpoint != Endpoint::ChatCompletions) {
        return;
    }
    for (const std::string_view path : {"model", "messages", "messages.0.content", "x.y", "tools.-1"}) {
        require(std::holds_alternative<ParsedRequest>(parseRequest(endpoint, "", removeMember(body, path)))
                || path.find('.') != std::string_view::npos,
            "what a member's removal leaves can be read");
    }
    require(std::holds_alternative<ParsedRequest>(parseRequest(endpoint, "", setMember(body, "fuzz.a.1", "{}"))),
        "what setting a member makes can be read");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const auto endpoint = static_cast<Endpoint>(data[0] % 13);
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string_view type = isForm(endpoint) ? kFormType : "application/json";
    const auto outcome = parseRequest(endpoint, type, body);
    if (const auto* request = std::get_if<ParsedRequest>(&outcome)) {
        checkOverride(*request, body, type);
        checkEdits(endpoint, body);
    }
    setMember(body, "a.b.1", "{}");
    removeMember(body, "a.-1");
    return 0;
}
