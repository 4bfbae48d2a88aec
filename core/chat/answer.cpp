// SPDX-License-Identifier: Apache-2.0
#include "core/chat/answer.h"

#include "core/chat/answer_facts.h"
#include "core/chat/answer_shapes.h"
#include "core/chat/content_decoding.h"

#include <algorithm>

namespace signalbox::chat {

namespace {

/// Reads the first value; what follows it does not matter, but for /v1/completions.
bool readAnswer(Endpoint endpoint, std::string_view json, const DecodedContent& content, AnswerFacts& facts)
{
    const Shape* shape = answerShape(endpoint);
    if (shape == nullptr) {
        return !content.damaged;
    }
    JsonScanner scanner(json);
    Facts found;
    scanner.skipSpace();
    if (!ShapeReader(scanner, found).read(*shape)) {
        return false;
    }
    if (endpoint == Endpoint::Completions) {
        scanner.skipSpace();
        if (!scanner.atEnd() || content.damaged) {
            return false;
        }
    }
    if (endpoint == Endpoint::Messages) {
        if (facts.usage = anthropicUsage(found, json); found.last(Fact::Usage, json).empty()) {
            facts.usage = {};
            return false; // the gateway itself fails on an answer without usage
        }
    } else {
        facts.usage = openAiUsage(found, json);
    }
    if (endpoint == Endpoint::Rerank && facts.usage.known()) {
        facts.usage.total =
            std::max<std::int64_t>(0, facts.usage.input) + std::max<std::int64_t>(0, facts.usage.output);
    }
    facts.model = textOf(found, Fact::Model, json);
    return true;
}

} // namespace

AnswerTreatment treatAnswer(Endpoint endpoint, plan::ApiSchema schema, std::uint16_t status,
    std::string_view contentType, std::string_view contentEncoding, std::string_view body, AnswerFacts& facts)
{
    using Kind = AnswerTreatment::Kind;
    if (body.empty()) {
        return {};
    }
    const auto content = decodeContent(contentEncoding, body);
    if (!content) {
        return {.kind = Kind::Fail, .body = {}};
    }
    const std::string_view text = content->text(body);
    if (status >= 200 && status < 300) {
        return {.kind = readAnswer(endpoint, text, *content, facts) ? Kind::Pass : Kind::Fail, .body = {}};
    }
    const bool json = contentType.find("application/json") != std::string_view::npos;
    // Cohere's translator leaves an error without any type alone.
    const bool untyped = contentType.empty() && schema == plan::ApiSchema::Cohere;
    if (json || untyped || !wrapsErrors(endpoint)) {
        return {};
    }
    if (content->damaged) {
        return {.kind = Kind::Fail, .body = {}};
    }
    return {.kind = Kind::Replace, .body = wrappedLocalReply(endpoint, schema, status, text)};
}

} // namespace signalbox::chat
