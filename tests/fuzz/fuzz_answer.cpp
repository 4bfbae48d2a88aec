// SPDX-License-Identifier: Apache-2.0
// link: chat

// Treats arbitrary answers, whole and as streams. The first byte chooses the endpoint and the content encoding, the
// second how a stream is cut.

#include "core/chat/answer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace signalbox;
using namespace signalbox::chat;

namespace {

void require(bool holds, const char* promise)
{
    if (!holds) {
        std::fprintf(stderr, "broken promise: %s\n", promise);
        std::abort();
    }
}

bool equal(const AnswerFacts& left, const AnswerFacts& right)
{
    return left.model == right.model && left.usage.input == right.usage.input && left.usage.output == right.usage.output
        && left.usage.total == right.usage.total && left.usage.cachedInput == right.usage.cachedInput
        && left.usage.reasoning == right.usage.reasoning;
}

void checkStream(std::string_view stream, std::size_t piece)
{
    EventStreamWatcher whole;
    whole.feed(stream);
    EventStreamWatcher cut;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        cut.feed(stream.substr(at, piece));
    }
    require(equal(whole.facts(), cut.facts()), "cuts do not change what is read of a stream");
    require(whole.events() == cut.events() && whole.sawDone() == cut.sawDone(), "cuts do not change the events");
}

void checkAnswer(Endpoint endpoint, std::string_view encoding, std::string_view body)
{
    const plan::ApiSchema schema = endpoint == Endpoint::Messages || endpoint == Endpoint::MessagesCountTokens
        ? plan::ApiSchema::Anthropic
        : plan::ApiSchema::OpenAI;
    AnswerFacts facts;
    const AnswerTreatment good = treatAnswer(endpoint, schema, 200, "application/json", encoding, body, facts);
    require(good.kind != AnswerTreatment::Kind::Replace, "a success is never replaced");
    const AnswerTreatment bad = treatAnswer(endpoint, schema, 503, "text/plain", encoding, body, facts);
    require(bad.kind == AnswerTreatment::Kind::Replace || bad.body.empty(), "only a replacement has a body");
    if (bad.kind == AnswerTreatment::Kind::Replace && endpoint == Endpoint::ChatCompletions) {
        AnswerFacts wrapped;
        require(treatAnswer(endpoint, schema, 200, "application/json", "", bad.body, wrapped).kind
                == AnswerTreatment::Kind::Pass,
            "a wrapped error is JSON");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) {
        return 0;
    }
    constexpr std::string_view kEncodings[] = {"", "gzip", "br"};
    const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
    checkAnswer(static_cast<Endpoint>(data[0] % 13), kEncodings[data[0] / 13 % 3], body);
    checkStream(body, std::max<std::size_t>(1, data[1]));
    return 0;
}
