// SPDX-License-Identifier: Apache-2.0
#include "core/chat/answer_shapes.h"

#include "core/chat/shape_parts.h"

namespace signalbox::chat {

namespace {

using namespace shapes;

constexpr Shape kUnixTime{.kind = Shape::Kind::UnixTime, .refusesNull = true};
constexpr Shape kOptionalTime{.kind = Shape::Kind::UnixTime};
constexpr Shape kNumbers = listOf(kNumber);
constexpr Shape kNumberMap = mapOf(kNumber);
constexpr Shape kNumberMaps = listOf(kNumberMap);

// ---- usage as OpenAI counts it

constexpr Member kPromptDetailMembers[] = {
    {"cached_tokens", &kInteger, Fact::CachedTokens},
    {"cache_creation_input_tokens", &kInteger},
    {"audio_tokens", &kInteger},
    {"text_tokens", &kInteger},
};
constexpr Shape kPromptDetails = object(kPromptDetailMembers);
constexpr Member kCompletionDetailMembers[] = {
    {"reasoning_tokens", &kInteger, Fact::ReasoningTokens},
    {"audio_tokens", &kInteger},
    {"text_tokens", &kInteger},
    {"accepted_prediction_tokens", &kInteger},
    {"rejected_prediction_tokens", &kInteger},
};
constexpr Shape kCompletionDetails = object(kCompletionDetailMembers);
constexpr Member kUsageMembers[] = {
    {"prompt_tokens", &kInteger, Fact::InputTokens},
    {"completion_tokens", &kInteger, Fact::OutputTokens},
    {"total_tokens", &kInteger, Fact::TotalTokens},
    {"prompt_tokens_details", &kPromptDetails},
    {"completion_tokens_details", &kCompletionDetails},
};
constexpr Shape kUsage = object(kUsageMembers);

// ---- chat completions

constexpr Member kTopLogprobMembers[] = {{"token", &kText}, {"bytes", &kIntegers}, {"logprob", &kNumber}};
constexpr Shape kTopLogprob = object(kTopLogprobMembers);
constexpr Shape kTopLogprobs = listOf(kTopLogprob);
constexpr Member kLogprobMembers[] = {
    {"token", &kText}, {"bytes", &kIntegers}, {"logprob", &kNumber}, {"top_logprobs", &kTopLogprobs}};
constexpr Shape kLogprob = object(kLogprobMembers);
constexpr Shape kLogprobList = listOf(kLogprob);
constexpr Member kLogprobsMembers[] = {{"content", &kLogprobList}, {"refusal", &kLogprobList}};
constexpr Shape kLogprobs = object(kLogprobsMembers);

constexpr Member kUrlCitationMembers[] = {
    {"start_index", &kInteger}, {"end_index", &kInteger}, {"url", &kText}, {"title", &kText}};
constexpr Shape kUrlCitation = object(kUrlCitationMembers);
constexpr Member kAnnotationMembers[] = {{"type", &kText}, {"url_citation", &kUrlCitation}};
constexpr Shape kAnnotation = object(kAnnotationMembers);
constexpr Shape kAnnotations = listOf(kAnnotation);
constexpr Member kAudioMembers[] = {
    {"id", &kText}, {"data", &kText}, {"expires_at", &kInteger}, {"transcript", &kText}};
constexpr Shape kAudio = object(kAudioMembers);
constexpr Member kReasoningTextMembers[] = {{"text", &kText}, {"signature", &kText}};
constexpr Shape kReasoningText = object(kReasoningTextMembers);
constexpr Member kReasoningBlockMembers[] = {{"reasoningText", &kReasoningText}};
constexpr Shape kReasoningBlock = object(kReasoningBlockMembers);
constexpr Member kReasoningMembers[] = {{"reasoningContent", &kReasoningBlock}};
constexpr Shape kReasoningObject = object(kReasoningMembers);
constexpr Shape kReasoningContent{.kind = Shape::Kind::ByValue, .text = &kText, .object = &kReasoningObject};
constexpr Member kSafetyRatingMembers[] = {{"blocked", &kFlag}, {"category", &kText}, {"probability", &kText}};
constexpr Shape kSafetyRating = object(kSafetyRatingMembers);
constexpr Shape kSafetyRatings = listOf(kSafetyRating);
constexpr Shape kAnyObject = object({});

constexpr Member kMessageMembers[] = {
    {"role", &kText},
    {"content", &kText},
    {"tool_calls", &kOpenAiToolCalls},
    {"annotations", &kAnnotations},
    {"audio", &kAudio},
    {"reasoning_content", &kReasoningContent},
    {"thinking_blocks", &kThinkingBlocks},
    {"safety_ratings", &kSafetyRatings},
    {"grounding_metadata", &kAnyObject},
};
constexpr Shape kMessage = object(kMessageMembers);
constexpr Member kChoiceMembers[] = {
    {"index", &kInteger}, {"message", &kMessage}, {"finish_reason", &kText}, {"logprobs", &kLogprobs}};
constexpr Shape kChoice = object(kChoiceMembers);
constexpr Shape kChoices = listOf(kChoice);
constexpr Member kChatMembers[] = {
    {"id", &kText},
    {"object", &kText},
    {"created", &kUnixTime},
    {"model", &kText, Fact::Model},
    {"choices", &kChoices},
    {"usage", &kUsage},
    {"service_tier", &kText},
    {"system_fingerprint", &kText},
    {"obfuscation", &kText},
};
constexpr Shape kChat = object(kChatMembers);

// ---- completions

constexpr Member kTextLogprobsMembers[] = {
    {"tokens", &kTexts}, {"token_logprobs", &kNumbers}, {"top_logprobs", &kNumberMaps}, {"text_offset", &kIntegers}};
constexpr Shape kTextLogprobs = object(kTextLogprobsMembers);
constexpr Member kTextChoiceMembers[] = {
    {"text", &kText}, {"index", &kInteger}, {"logprobs", &kTextLogprobs}, {"finish_reason", &kText}};
constexpr Shape kTextChoice = object(kTextChoiceMembers);
constexpr Shape kTextChoices = listOf(kTextChoice);
constexpr Member kCompletionMembers[] = {
    {"id", &kText},
    {"object", &kText},
    {"created", &kUnixTime},
    {"model", &kText, Fact::Model},
    {"choices", &kTextChoices},
    {"usage", &kUsage},
    {"system_fingerprint", &kText},
};
constexpr Shape kCompletion = object(kCompletionMembers);

// ---- embeddings, images, tokenize, rerank

constexpr Shape kEmbeddingValue = textOrList(kNumbers);
constexpr Member kEmbeddingMembers[] = {
    {"object", &kText}, {"index", &kInteger}, {"embedding", &kEmbeddingValue}, {"truncated", &kFlag}};
constexpr Shape kEmbedding = object(kEmbeddingMembers);
constexpr Shape kEmbeddings = listOf(kEmbedding);
constexpr Member kEmbeddingUsageMembers[] = {
    {"prompt_tokens", &kInteger, Fact::InputTokens}, {"total_tokens", &kInteger, Fact::TotalTokens}};
constexpr Shape kEmbeddingUsage = object(kEmbeddingUsageMembers);
constexpr Member kEmbeddingListMembers[] = {
    {"object", &kText}, {"data", &kEmbeddings}, {"model", &kText, Fact::Model}, {"usage", &kEmbeddingUsage}};
constexpr Shape kEmbeddingList = object(kEmbeddingListMembers);

constexpr Member kImageMembers[] = {{"b64_json", &kText}, {"url", &kText}, {"revised_prompt", &kText}};
constexpr Shape kImage = object(kImageMembers);
constexpr Shape kImages = listOf(kImage);
constexpr Member kImageDetailMembers[] = {{"text_tokens", &kInteger}, {"image_tokens", &kInteger}};
constexpr Shape kImageDetails = object(kImageDetailMembers);
constexpr Member kImageUsageMembers[] = {
    {"input_tokens", &kInteger, Fact::InputTokens},
    {"output_tokens", &kInteger, Fact::OutputTokens},
    {"total_tokens", &kInteger, Fact::TotalTokens},
    {"input_tokens_details", &kImageDetails},
};
constexpr Shape kImageUsage = object(kImageUsageMembers);
constexpr Member kImageListMembers[] = {
    {"created", &kInteger},
    {"data", &kImages},
    {"usage", &kImageUsage},
    {"output_format", &kText},
    {"quality", &kText},
    {"size", &kText},
    {"background", &kText},
};
// The gateway fails on null itself.
constexpr Shape kImageList = present(object(kImageListMembers));

constexpr Member kTokensMembers[] = {
    {"count", &kInteger}, {"max_model_len", &kInteger}, {"tokens", &kIntegers}, {"token_strs", &kTexts}};
constexpr Shape kTokens = object(kTokensMembers);

constexpr Member kRankMembers[] = {{"index", &kInteger}, {"relevance_score", &kNumber}};
constexpr Shape kRank = object(kRankMembers);
constexpr Shape kRanks = listOf(kRank);
constexpr Member kVersionMembers[] = {{"version", &kText}, {"is_deprecated", &kFlag}, {"is_experimental", &kFlag}};
constexpr Shape kVersion = object(kVersionMembers);
constexpr Member kRankTokenMembers[] = {
    {"input_tokens", &kNumber, Fact::InputTokens}, {"output_tokens", &kNumber, Fact::OutputTokens}};
constexpr Shape kRankTokens = object(kRankTokenMembers);
constexpr Member kRankMetaMembers[] = {
    {"api_version", &kVersion},
    {"billed_units", &kNumberMap},
    {"tokens", &kRankTokens},
    {"cached_tokens", &kNumber},
    {"warnings", &kTexts},
};
constexpr Shape kRankMeta = object(kRankMetaMembers);
constexpr Member kRankListMembers[] = {{"results", &kRanks}, {"id", &kText}, {"meta", &kRankMeta}};
constexpr Shape kRankList = object(kRankListMembers);

// ---- Anthropic

constexpr Member kAnthropicUsageMembers[] = {
    {"input_tokens", &kNumber, Fact::InputTokens},
    {"output_tokens", &kNumber, Fact::OutputTokens},
    {"cache_read_input_tokens", &kNumber, Fact::CachedTokens},
    {"cache_creation_input_tokens", &kNumber, Fact::CacheCreationTokens},
};
constexpr Shape kAnthropicUsage = object(kAnthropicUsageMembers);
constexpr Member kTextBlockMembers[] = {{"type", &kText}, {"text", &kText}, {"citations", &kAnthropicCitations}};
constexpr Shape kTextBlock = object(kTextBlockMembers);
constexpr Member kToolUseMembers[] = {{"type", &kText}, {"id", &kText}, {"name", &kText}, {"input", &kDecodedMap}};
constexpr Shape kToolUse = object(kToolUseMembers);
constexpr Member kThinkingMembers[] = {{"type", &kText}, {"thinking", &kText}, {"signature", &kText}, {"data", &kText}};
constexpr Shape kThinking = object(kThinkingMembers);
constexpr Variant kBlockVariants[] = {
    {"text", &kTextBlock},
    {"tool_use", &kToolUse},
    {"server_tool_use", &kToolUse},
    {"thinking", &kThinking},
    {"redacted_thinking", &kThinking},
    {"web_search_tool_result", &kWebSearchToolResult},
};
constexpr Shape kBlock = openlyTagged("type", kBlockVariants);
constexpr Shape kBlocks = listOf(kBlock);
constexpr Member kAnthropicMembers[] = {
    {"id", &kText},
    {"type", &kText},
    {"role", &kText},
    {"content", &kBlocks},
    {"model", &kText, Fact::Model},
    {"stop_reason", &kText},
    {"stop_sequence", &kText},
    {"usage", &kAnthropicUsage, Fact::Usage},
};
constexpr Shape kAnthropicMessage = object(kAnthropicMembers);
constexpr Member kCountMembers[] = {{"input_tokens", &kInteger, Fact::InputTokens}};
constexpr Shape kCount = object(kCountMembers);
constexpr Member kObjectCountMembers[] = {{"object", &kText}, {"input_tokens", &kInteger, Fact::InputTokens}};
constexpr Shape kObjectCount = object(kObjectCountMembers);

// ---- responses. Of its output items only the kinds are looked at.

constexpr Member kResponsesInputDetailMembers[] = {
    {"cached_tokens", &kInteger, Fact::CachedTokens}, {"cache_creation_input_tokens", &kInteger}};
constexpr Shape kResponsesInputDetails = object(kResponsesInputDetailMembers);
constexpr Member kResponsesOutputDetailMembers[] = {{"reasoning_tokens", &kInteger, Fact::ReasoningTokens}};
constexpr Shape kResponsesOutputDetails = object(kResponsesOutputDetailMembers);
constexpr Member kResponsesUsageMembers[] = {
    {"input_tokens", &kInteger, Fact::InputTokens},
    {"output_tokens", &kInteger, Fact::OutputTokens},
    {"total_tokens", &kInteger, Fact::TotalTokens},
    {"input_tokens_details", &kResponsesInputDetails},
    {"output_tokens_details", &kResponsesOutputDetails},
};
constexpr Shape kResponsesUsage = object(kResponsesUsageMembers);
constexpr Member kOutputPartMembers[] = {{"type", &kText}, {"text", &kText}, {"refusal", &kText}};
constexpr Shape kOutputPart = object(kOutputPartMembers);
constexpr Shape kOutputParts = listOf(kOutputPart);
constexpr Member kOutputMessageMembers[] = {
    {"type", &kText}, {"id", &kText}, {"role", &kText}, {"status", &kText}, {"content", &kOutputParts}};
constexpr Shape kOutputMessage = object(kOutputMessageMembers);
constexpr Variant kOutputVariants[] = {
    {"message", &kOutputMessage},
    {"function_call", &kAnyObject},
    {"reasoning", &kAnyObject},
    {"file_search_call", &kAnyObject},
    {"web_search_call", &kAnyObject},
    {"computer_call", &kAnyObject},
    {"compaction", &kAnyObject},
    {"image_generation_call", &kAnyObject},
    {"code_interpreter_call", &kAnyObject},
    {"local_shell_call", &kAnyObject},
    {"shell_call", &kAnyObject},
    {"shell_call_output", &kAnyObject},
    {"apply_patch_call", &kAnyObject},
    {"apply_patch_call_output", &kAnyObject},
    {"mcp_list_tools", &kAnyObject},
    {"mcp_approval_request", &kAnyObject},
    {"mcp_call", &kAnyObject},
    {"custom_tool_call", &kAnyObject},
    {"tool_search_call", &kAnyObject},
    {"tool_search_output", &kAnyObject},
};
constexpr Shape kOutputItem = tagged("type", kOutputVariants);
constexpr Shape kOutput = listOf(kOutputItem);
constexpr Member kErrorMembers[] = {{"code", &kText}, {"message", &kText}};
constexpr Shape kError = object(kErrorMembers);
constexpr Member kReasonMembers[] = {{"reason", &kText}};
constexpr Shape kReason = object(kReasonMembers);
constexpr Member kResponseMembers[] = {
    {"id", &kText},
    {"object", &kText},
    {"created_at", &kUnixTime},
    {"completed_at", &kOptionalTime},
    {"model", &kText, Fact::Model},
    {"status", &kText},
    {"output", &kOutput},
    {"usage", &kResponsesUsage},
    {"error", &kError},
    {"incomplete_details", &kReason},
    {"instructions", &kResponsesInput},
    {"metadata", &kTextMap},
    {"parallel_tool_calls", &kFlag},
    {"temperature", &kNumber},
    {"tool_choice", &kResponsesToolChoice},
    {"tools", &kResponsesTools},
    {"top_p", &kNumber},
    {"background", &kFlag},
    {"conversation", &kAnyObject},
    {"max_output_tokens", &kInteger},
    {"max_tool_calls", &kInteger},
    {"previous_response_id", &kText},
    {"prompt", &kAnyObject},
    {"prompt_cache_key", &kText},
    {"prompt_cache_retention", &kText},
    {"reasoning", &kResponsesReasoning},
    {"safety_identifier", &kText},
    {"service_tier", &kText},
    {"text", &kResponsesTextFormat},
    {"top_logprobs", &kInteger},
    {"truncation", &kText},
    {"user", &kText},
    {"presence_penalty", &kSingle},
    {"frequency_penalty", &kSingle},
    {"store", &kFlag},
};
constexpr Shape kResponse = object(kResponseMembers);

// ---- events. One table for all kinds of streams: their members do not contradict each other.

constexpr Member kAnyUsageMembers[] = {
    {"prompt_tokens", &kInteger, Fact::InputTokens},
    {"completion_tokens", &kInteger, Fact::OutputTokens},
    {"input_tokens", &kNumber, Fact::InputTokens},
    {"output_tokens", &kNumber, Fact::OutputTokens},
    {"total_tokens", &kInteger, Fact::TotalTokens},
    {"prompt_tokens_details", &kPromptDetails},
    {"completion_tokens_details", &kCompletionDetails},
    {"input_tokens_details", &kResponsesInputDetails},
    {"output_tokens_details", &kResponsesOutputDetails},
    {"cache_read_input_tokens", &kNumber, Fact::CachedTokens},
    {"cache_creation_input_tokens", &kNumber, Fact::CacheCreationTokens},
};
constexpr Shape kAnyUsage = object(kAnyUsageMembers);
constexpr Member kEnvelopeMembers[] = {{"model", &kText, Fact::Model}, {"usage", &kAnyUsage, Fact::Usage}};
constexpr Shape kEnvelope = object(kEnvelopeMembers);
constexpr Member kEventMembers[] = {
    {"type", &kText, Fact::Type},
    {"model", &kText, Fact::Model},
    {"usage", &kAnyUsage, Fact::Usage},
    {"message", &kEnvelope},
    {"response", &kEnvelope},
};
constexpr Shape kEvent = object(kEventMembers);

} // namespace

const Shape* answerShape(Endpoint endpoint)
{
    switch (endpoint) {
    case Endpoint::ChatCompletions:
        return &kChat;
    case Endpoint::Completions:
        return &kCompletion;
    case Endpoint::Embeddings:
        return &kEmbeddingList;
    case Endpoint::Responses:
        return &kResponse;
    case Endpoint::ResponsesInputTokens:
        return &kObjectCount;
    case Endpoint::ImagesGenerations:
        return &kImageList;
    case Endpoint::Tokenize:
        return &kTokens;
    case Endpoint::Rerank:
        return &kRankList;
    case Endpoint::Messages:
        return &kAnthropicMessage;
    case Endpoint::MessagesCountTokens:
        return &kCount;
    case Endpoint::AudioSpeech:
    case Endpoint::AudioTranscriptions:
    case Endpoint::AudioTranslations:
    case Endpoint::Models:
    case Endpoint::AnthropicModels:
        break;
    }
    return nullptr;
}

const Shape& eventShape()
{
    return kEvent;
}

} // namespace signalbox::chat
