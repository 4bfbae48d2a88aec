// SPDX-License-Identifier: Apache-2.0
#include "core/chat/endpoints.h"

#include <algorithm>
#include <array>
#include <utility>

namespace signalbox::chat {

namespace {

using plan::ApiSchema;

constexpr std::array<std::pair<std::string_view, Endpoint>, 15> kPaths{{
    {"/v1/chat/completions", Endpoint::ChatCompletions},
    {"/v1/completions", Endpoint::Completions},
    {"/v1/embeddings", Endpoint::Embeddings},
    {"/v1/responses", Endpoint::Responses},
    {"/v1/responses/input_tokens", Endpoint::ResponsesInputTokens},
    {"/v1/images/generations", Endpoint::ImagesGenerations},
    {"/v1/audio/speech", Endpoint::AudioSpeech},
    {"/v1/audio/transcriptions", Endpoint::AudioTranscriptions},
    {"/v1/audio/translations", Endpoint::AudioTranslations},
    {"/tokenize", Endpoint::Tokenize},
    {"/cohere/v2/rerank", Endpoint::Rerank},
    {"/anthropic/v1/messages", Endpoint::Messages},
    {"/anthropic/v1/messages/count_tokens", Endpoint::MessagesCountTokens},
    {"/v1/models", Endpoint::Models},
    {"/anthropic/v1/models", Endpoint::AnthropicModels},
}};

/// "/" + parts, cleaned as Go's path.Join does it: no empty and no "." segments, ".." takes one back.
std::string joined(std::string_view first, std::string_view second)
{
    std::string path;
    path.reserve(first.size() + second.size() + 2);
    for (std::string_view rest : {first, second}) {
        while (!rest.empty()) {
            const std::size_t slash = std::min(rest.find('/'), rest.size());
            const std::string_view segment = rest.substr(0, slash);
            rest.remove_prefix(std::min(slash + 1, rest.size()));
            if (segment == "..") {
                path.resize(std::min(path.rfind('/'), path.size()));
            } else if (!segment.empty() && segment != ".") {
                path.append("/").append(segment);
            }
        }
    }
    return path.empty() ? "/" : path;
}

/// What stands behind the prefix of an OpenAI backend; empty: not offered there.
std::string_view openAiSuffix(Endpoint endpoint)
{
    switch (endpoint) {
    case Endpoint::ChatCompletions:
        return "chat/completions";
    case Endpoint::Completions:
        return "completions";
    case Endpoint::Embeddings:
        return "embeddings";
    case Endpoint::Responses:
        return "responses";
    case Endpoint::ResponsesInputTokens:
        return "responses/input_tokens";
    case Endpoint::ImagesGenerations:
        return "images/generations";
    case Endpoint::AudioSpeech:
        return "audio/speech";
    case Endpoint::AudioTranscriptions:
        return "audio/transcriptions";
    case Endpoint::AudioTranslations:
        return "audio/translations";
    default:
        return {};
    }
}

std::optional<std::string> openAiPath(Endpoint endpoint, std::string_view prefix)
{
    if (endpoint == Endpoint::Tokenize) {
        return "/tokenize";
    }
    const std::string_view suffix = openAiSuffix(endpoint);
    return suffix.empty() ? std::nullopt : std::optional(joined(prefix, suffix));
}

std::optional<std::string> azurePath(Endpoint endpoint, std::string_view version, std::string_view model)
{
    std::string path = "/openai/";
    switch (endpoint) {
    case Endpoint::ChatCompletions:
        path.append("deployments/").append(model).append("/chat/completions");
        break;
    case Endpoint::Embeddings:
        path.append("deployments/").append(model).append("/embeddings");
        break;
    case Endpoint::Responses:
        path.append("responses");
        break;
    case Endpoint::ResponsesInputTokens:
        path.append("responses/input_tokens");
        break;
    default:
        return std::nullopt;
    }
    return path.append("?api-version=").append(version);
}

} // namespace

std::optional<Endpoint> endpointForPath(std::string_view path)
{
    for (const auto& [known, endpoint] : kPaths) {
        if (known == path) {
            return endpoint;
        }
    }
    return std::nullopt;
}

std::optional<std::string> upstreamPath(Endpoint endpoint, const plan::BackendProfile& profile, std::string_view model)
{
    switch (profile.schema) {
    case ApiSchema::OpenAI:
        return openAiPath(endpoint, profile.prefix);
    case ApiSchema::AzureOpenAI:
        return azurePath(endpoint, profile.version, model);
    case ApiSchema::Anthropic:
        if (endpoint == Endpoint::Messages) {
            return joined(profile.prefix, "messages");
        }
        // The prefix is ignored here.
        return endpoint == Endpoint::MessagesCountTokens ? std::optional<std::string>("/v1/messages/count_tokens")
                                                         : std::nullopt;
    case ApiSchema::Cohere:
        return endpoint == Endpoint::Rerank ? std::optional(joined(profile.version, "rerank")) : std::nullopt;
    case ApiSchema::AwsBedrock:
    case ApiSchema::AwsAnthropic:
    case ApiSchema::GcpVertexAI:
    case ApiSchema::GcpAnthropic:
        break;
    }
    return std::nullopt;
}

} // namespace signalbox::chat
