// SPDX-License-Identifier: Apache-2.0
#include "core/chat/request_body.h"

#include "core/chat/multipart.h"
#include "core/chat/request_shapes.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace signalbox::chat {

namespace {

using Outcome = std::variant<ParsedRequest, RequestRefusal>;

/// The path that a refusal names: that of the API, not that of the gateway.
std::string_view pathInMessages(Endpoint endpoint)
{
    switch (endpoint) {
    case Endpoint::ChatCompletions:
        return "/v1/chat/completions";
    case Endpoint::Completions:
        return "/v1/completions";
    case Endpoint::Embeddings:
        return "/v1/embeddings";
    case Endpoint::Responses:
        return "/v1/responses";
    case Endpoint::ResponsesInputTokens:
        return "/v1/responses/input_tokens";
    case Endpoint::ImagesGenerations:
        return "/v1/images/generations";
    case Endpoint::AudioSpeech:
        return "/v1/audio/speech";
    case Endpoint::AudioTranscriptions:
        return "/v1/audio/transcriptions";
    case Endpoint::AudioTranslations:
        return "/v1/audio/translations";
    case Endpoint::Tokenize:
        return "/tokenize";
    case Endpoint::Rerank:
        return "/v2/rerank";
    case Endpoint::Messages:
        return "/v1/messages";
    case Endpoint::MessagesCountTokens:
        return "/v1/messages/count_tokens";
    case Endpoint::Models:
    case Endpoint::AnthropicModels:
        return "/v1/models";
    }
    return {};
}

RequestRefusal malformed(std::string message)
{
    return {.status = 400, .message = "malformed request: " + std::move(message)};
}

RequestRefusal undecodable(Endpoint endpoint, std::string_view why)
{
    if (endpoint == Endpoint::AudioSpeech) {
        return {.status = 500, .message = {}}; // its error is not marked as one for users: the stream to Envoy fails
    }
    std::string message = "failed to parse JSON for ";
    message.append(pathInMessages(endpoint)).append(": ").append(why);
    return malformed(std::move(message));
}

RequestRefusal undecodable(Endpoint endpoint, const JsonScanner& scanner)
{
    return undecodable(endpoint, std::string(scanner.problem()) + " at byte " + std::to_string(scanner.at()));
}

bool startsWithNoCase(std::string_view text, std::string_view lowerStart)
{
    return text.size() >= lowerStart.size()
        && std::equal(lowerStart.begin(), lowerStart.end(), text.begin(),
            [](char wanted, char c) { return wanted == (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c); });
}

std::uint32_t count(std::string_view digits)
{
    // Doubles because Anthropic's max_tokens is one.
    double value = 0;
    if (digits.empty() || !fitsDouble(digits, value) || value <= 0) {
        return 0;
    }
    return static_cast<std::uint32_t>(std::min<double>(value, std::numeric_limits<std::uint32_t>::max()));
}

void setModel(ParsedRequest& request, std::string_view value)
{
    value = value.substr(1, value.size() - 2);
    if (value.find('\\') == std::string_view::npos) {
        request.m_modelView = value;
    } else {
        request.m_ownedModel = unescaped(value);
    }
}

/// The first include_usage inside the first stream_options, which is the one that a forced value replaces.
text::Span includeUsageIn(std::string_view body, text::Span options)
{
    JsonScanner scanner(body.substr(options.begin, options.length()));
    JsonString name;
    std::string storage;
    while (scanner.take('{') || scanner.take(',')) {
        scanner.skipSpace();
        if (!scanner.memberName(name, true)) {
            break;
        }
        const std::size_t begin = scanner.at();
        if (!scanner.skip(JsonScanner::Check::Syntax)) {
            break;
        }
        if (name.text(storage) == "include_usage") {
            return {options.begin + begin, options.begin + scanner.at()};
        }
        scanner.skipSpace();
    }
    return {};
}

/// What a body of the right shape may still be refused for; empty: nothing.
std::string objection(Endpoint endpoint, const Facts& facts, std::string_view body, std::string_view model)
{
    const auto isTrue = [&](Fact fact) { return facts.last(fact, body) == "true"; };
    switch (endpoint) {
    case Endpoint::Messages:
    case Endpoint::MessagesCountTokens:
        return model.empty() ? "invalid request body: model field is required" : "";
    case Endpoint::Embeddings:
        return facts.has(Fact::Input) && facts.has(Fact::Messages)
            ? "malformed request: failed to parse JSON for /v1/embeddings: embedding request must have either 'input' "
              "or "
              "'messages', not both"
            : "";
    case Endpoint::Tokenize: {
        if (facts.has(Fact::Prompt) && facts.has(Fact::Messages)) {
            return "malformed request: failed to parse JSON for /tokenize: tokenize request must have either 'prompt' "
                   "or "
                   "'messages', not both";
        }
        if (model.empty()) {
            return "malformed request: invalid tokenize request: model is required";
        }
        const bool addsPrompt =
            facts.last(Fact::AddGenerationPrompt, body).empty() || isTrue(Fact::AddGenerationPrompt);
        return isTrue(Fact::ContinueFinalMessage) && addsPrompt
            ? "malformed request: invalid tokenize request: cannot set both continue_final_message and "
              "add_generation_prompt to true"
            : "";
    }
    default:
        return {};
    }
}

ParsedRequest fromFacts(Endpoint endpoint, const Facts& facts, std::string_view body)
{
    ParsedRequest request;
    request.endpoint = endpoint;
    request.hasBody = true;
    const std::string_view model = facts.last(Fact::Model, body);
    if (!model.empty()) {
        setModel(request, model);
    }
    request.firstModelValue = facts[Fact::Model].first;
    request.stream = facts.last(Fact::Stream, body) == "true"
        || (endpoint == Endpoint::AudioSpeech && facts.last(Fact::StreamFormat, body) == "\"sse\"");
    request.maxTokens = count(facts.last(Fact::MaxCompletionTokens, body));
    if (request.maxTokens == 0) {
        request.maxTokens = count(facts.last(Fact::MaxTokens, body));
    }
    if (facts.has(Fact::StreamOptions)) {
        request.includeUsage = facts.last(Fact::IncludeUsage, body) == "true";
        request.streamOptionsValue = facts[Fact::StreamOptions].first;
        request.includeUsageValue = includeUsageIn(body, request.streamOptionsValue);
    }
    return request;
}

Outcome parseJson(Endpoint endpoint, std::string_view body)
{
    JsonScanner scanner(body);
    Facts facts;
    ShapeReader reader(scanner, facts);
    scanner.skipSpace();
    const std::size_t begin = scanner.at();
    const bool isNull = scanner.peek() == 'n';
    if (!reader.read(requestShape(endpoint, body))) {
        return undecodable(endpoint, scanner);
    }
    const std::size_t end = scanner.at();
    scanner.skipSpace();
    if (!scanner.atEnd()) {
        scanner.fail("something follows the value");
        return undecodable(endpoint, scanner);
    }
    ParsedRequest request = fromFacts(endpoint, facts, body);
    if (!isNull) {
        request.objectBody = {begin + 1, end - 1};
    }
    std::string message = objection(endpoint, facts, body, request.model());
    if (!message.empty()) {
        return RequestRefusal{.status = 400, .message = std::move(message)};
    }
    return request;
}

/// Whether strconv.ParseFloat takes this: also signs, infinities and hexadecimal mantissas.
bool isFloat(std::string_view text)
{
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        text.remove_prefix(1);
    }
    const bool hexadecimal = startsWithNoCase(text, "0x");
    text.remove_prefix(hexadecimal ? 2 : 0);
    if (text.empty() || text.front() == '-') {
        return false;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value,
        hexadecimal ? std::chars_format::hex : std::chars_format::general);
    const bool whole = end == text.data() + text.size();
    return whole && (error == std::errc{} || (error == std::errc::result_out_of_range && fitsDouble(text, value)));
}

Outcome parseForm(Endpoint endpoint, std::string_view contentType, std::string_view body)
{
    const std::string boundary = multipartBoundary(contentType);
    if (boundary.empty()) {
        return malformed("failed to parse multipart form data: missing boundary");
    }
    ParsedRequest request;
    request.endpoint = endpoint;
    request.hasBody = true;
    bool hasModel = false;
    bool hasFile = false;
    FormReader reader(body, boundary);
    FormPart part;
    FormReader::Step step = reader.next(part);
    for (; step == FormReader::Step::Part; step = reader.next(part)) {
        if (part.name == "model") {
            hasModel = true;
            request.m_modelView = part.content;
        } else if (part.name == "file") {
            hasFile = true;
        } else if (part.name == "temperature" && !isFloat(part.content)) {
            return malformed("invalid temperature value");
        } else if (part.name == "stream" && endpoint == Endpoint::AudioTranscriptions) {
            request.stream = part.content.size() == 4 && startsWithNoCase(part.content, "true");
        }
    }
    if (step == FormReader::Step::Broken) {
        return malformed("failed to parse multipart form data: unexpected line or end");
    }
    if (!hasModel || !hasFile) {
        return malformed(hasModel ? "missing required field 'file'" : "missing required field 'model'");
    }
    return request;
}

} // namespace

Outcome parseRequest(Endpoint endpoint, std::string_view contentType, std::string_view body)
{
    const bool isForm = startsWithNoCase(contentType, "multipart/form-data");
    if (endpoint == Endpoint::AudioTranscriptions || endpoint == Endpoint::AudioTranslations) {
        if (isForm) {
            return parseForm(endpoint, contentType, body);
        }
        return malformed("expected multipart/form-data content type for " + std::string(pathInMessages(endpoint)));
    }
    if (isForm) {
        return malformed("multipart body not supported for this endpoint");
    }
    return parseJson(endpoint, body);
}

} // namespace signalbox::chat
