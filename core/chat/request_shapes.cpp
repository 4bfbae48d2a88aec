// SPDX-License-Identifier: Apache-2.0
#include "core/chat/request_shapes.h"

#include "core/chat/shape_parts.h"

namespace signalbox::chat {

namespace {

using namespace shapes;

// ---- /v1/completions

constexpr Shape kPromptList{
    .kind = Shape::Kind::ByElement, .refusesNull = true, .text = &kText, .list = &kIntegers, .number = &kInteger};
constexpr Shape kPrompt = present(textOrList(kPromptList));
constexpr Member kStreamOptionsMembers[] = {{"include_usage", &kFlag}};
constexpr Shape kStreamOptions = object(kStreamOptionsMembers);
constexpr Member kCompletionMembers[] = {
    {"model", &kText, Fact::Model},
    {"prompt", &kPrompt},
    {"stream", &kFlag, Fact::Stream},
    {"max_tokens", &kInteger, Fact::MaxTokens},
    {"temperature", &kNumber},
    {"stream_options", &kStreamOptions},
    {"top_p", &kNumber},
    {"n", &kInteger},
    {"stop", &kDecoded},
    {"seed", &kInteger},
    {"user", &kText},
    {"best_of", &kInteger},
    {"echo", &kFlag},
    {"frequency_penalty", &kNumber},
    {"presence_penalty", &kNumber},
    {"logit_bias", &kIntegerMap},
    {"logprobs", &kInteger},
    {"suffix", &kText},
};
constexpr Shape kCompletionRequest = object(kCompletionMembers);

// ---- /v1/embeddings: with `input` or with `messages`

constexpr Shape kItemContent = textOrList(kTexts);
constexpr Member kItemMembers[] = {{"content", &kItemContent}, {"task_type", &kText}, {"title", &kText}};
constexpr Shape kItem{.kind = Shape::Kind::Object, .refusesNull = true, .members = kItemMembers, .required = "content"};
constexpr Shape kInputList{.kind = Shape::Kind::ByElement,
    .refusesNull = true,
    .text = &kText,
    .list = &kIntegers,
    .object = &kItem,
    .number = &kInteger};
constexpr Shape kInput{
    .kind = Shape::Kind::ByValue, .refusesNull = true, .text = &kText, .list = &kInputList, .object = &kItem};
constexpr Member kEmbeddingMembers[] = {
    {"model", &kText, Fact::Model},
    {"input", &kInput, Fact::Input},
    {"messages", &kChatMessages, Fact::Messages},
    {"encoding_format", &kText},
    {"dimensions", &kInteger},
    {"user", &kText},
    {"auto_truncate", &kFlag},
    {"task_type", &kText},
    {"title", &kText},
};
constexpr Shape kEmbeddingRequest = object(kEmbeddingMembers);

// ---- /v1/images/generations

constexpr Member kImageMembers[] = {
    {"model", &kText, Fact::Model},
    {"prompt", &kText},
    {"n", &kInteger},
    {"size", &kText},
    {"quality", &kText},
    {"response_format", &kText},
    {"style", &kText},
    {"user", &kText},
    {"output_format", &kText},
    {"background", &kText},
    {"moderation", &kText},
    {"output_compression", &kInteger},
    {"partial_images", &kInteger},
    {"stream", &kFlag},
};
constexpr Shape kImageRequest = object(kImageMembers);

// ---- /v1/audio/speech

constexpr Member kSpeechMembers[] = {
    {"model", &kText, Fact::Model},
    {"input", &kText},
    {"voice", &kText},
    {"stream_format", &kText, Fact::StreamFormat},
    {"instructions", &kText},
    {"response_format", &kText},
    {"speed", &kNumber},
};
constexpr Shape kSpeechRequest = object(kSpeechMembers);

// ---- /tokenize

constexpr Member kTokenizeTextMembers[] = {
    {"model", &kText, Fact::Model},
    {"prompt", &kText, Fact::Prompt},
    {"add_special_tokens", &kFlag},
    {"return_token_strs", &kFlag},
};
constexpr Shape kTokenizeText = object(kTokenizeTextMembers);
constexpr Member kTokenizeChatMembers[] = {
    {"model", &kText, Fact::Model},
    {"messages", &kChatMessages, Fact::Messages},
    {"prompt", &kAny, Fact::Prompt},
    {"add_generation_prompt", &kFlag, Fact::AddGenerationPrompt},
    {"continue_final_message", &kFlag, Fact::ContinueFinalMessage},
    {"add_special_tokens", &kFlag},
    {"return_token_strs", &kFlag},
    {"chat_template", &kText},
    {"chat_template_kwargs", &kDecodedMap},
    {"mm_processor_kwargs", &kDecodedMap},
    {"tools", &kChatTools},
    {"media_resolution", &kText},
};
constexpr Shape kTokenizeChat = object(kTokenizeChatMembers);

// ---- /cohere/v2/rerank

constexpr Member kRerankMembers[] = {
    {"model", &kText, Fact::Model},
    {"query", &kText},
    {"documents", &kTexts},
    {"top_n", &kInteger},
    {"max_tokens_per_doc", &kInteger},
};
constexpr Shape kRerankRequest = object(kRerankMembers);

} // namespace

const Shape& requestShape(Endpoint endpoint, std::string_view json)
{
    switch (endpoint) {
    case Endpoint::ChatCompletions:
        return kChatRequest;
    case Endpoint::Completions:
        return kCompletionRequest;
    case Endpoint::Embeddings:
        return kEmbeddingRequest;
    case Endpoint::Responses:
    case Endpoint::ResponsesInputTokens:
        return kResponsesRequest;
    case Endpoint::ImagesGenerations:
        return kImageRequest;
    case Endpoint::AudioSpeech:
        return kSpeechRequest;
    case Endpoint::Tokenize:
        return hasMember(json, "messages") ? kTokenizeChat : kTokenizeText;
    case Endpoint::Rerank:
        return kRerankRequest;
    case Endpoint::Messages:
        return kMessagesRequest;
    case Endpoint::MessagesCountTokens:
        return kCountTokensRequest;
    case Endpoint::AudioTranscriptions:
    case Endpoint::AudioTranslations:
    case Endpoint::Models:
    case Endpoint::AnthropicModels:
        break;
    }
    return kAny;
}

} // namespace signalbox::chat
