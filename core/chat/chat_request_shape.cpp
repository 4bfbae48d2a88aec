// SPDX-License-Identifier: Apache-2.0
#include "core/chat/request_shapes.h"
#include "core/chat/shape_parts.h"

namespace signalbox::chat::shapes {

namespace {

// ---- parts of messages. cache_control is decoded by a library that takes anything.

constexpr Member kTextPartMembers[] = {{"type", &kText}, {"text", &kText}};
constexpr Shape kTextPart = object(kTextPartMembers);
constexpr Shape kTextParts = listOf(kTextPart);

constexpr Member kUrlMembers[] = {{"url", &kText}};
constexpr Shape kUrl = object(kUrlMembers);
constexpr Member kImageUrlMembers[] = {{"url", &kText}, {"detail", &kText}};
constexpr Shape kImageUrl = object(kImageUrlMembers);
constexpr Member kInputAudioMembers[] = {{"data", &kText}, {"format", &kText}};
constexpr Shape kInputAudio = object(kInputAudioMembers);
constexpr Member kFileMembers[] = {{"file_data", &kText}, {"file_id", &kText}, {"filename", &kText}};
constexpr Shape kFile = object(kFileMembers);

constexpr Member kImagePartMembers[] = {{"type", &kText}, {"image_url", &kImageUrl}};
constexpr Shape kImagePart = object(kImagePartMembers);
constexpr Member kInputAudioPartMembers[] = {{"type", &kText}, {"input_audio", &kInputAudio}};
constexpr Shape kInputAudioPart = object(kInputAudioPartMembers);
constexpr Member kAudioPartMembers[] = {{"type", &kText}, {"audio_url", &kUrl}};
constexpr Shape kAudioPart = object(kAudioPartMembers);
constexpr Member kVideoPartMembers[] = {{"type", &kText}, {"video_url", &kUrl}};
constexpr Shape kVideoPart = object(kVideoPartMembers);
constexpr Member kFilePartMembers[] = {{"type", &kText}, {"file", &kFile}};
constexpr Shape kFilePart = object(kFilePartMembers);

constexpr Variant kUserPartVariants[] = {
    {"text", &kTextPart},
    {"image_url", &kImagePart},
    {"input_audio", &kInputAudioPart},
    {"audio_url", &kAudioPart},
    {"video_url", &kVideoPart},
    {"file", &kFilePart},
};
constexpr Shape kUserPart = tagged("type", kUserPartVariants);
constexpr Shape kUserParts = listOf(kUserPart);
constexpr Shape kUserContent = textOrList(kUserParts);
constexpr Shape kTextContent = present(textOrList(kTextParts));

constexpr Member kAssistantPartMembers[] = {
    {"type", &kText}, {"text", &kText}, {"refusal", &kText}, {"signature", &kText}, {"redactedContent", &kText}};
constexpr Shape kAssistantPart = object(kAssistantPartMembers);
constexpr Shape kAssistantParts = listOf(kAssistantPart);
constexpr Shape kAssistantContent{
    .kind = Shape::Kind::ByValue, .text = &kText, .list = &kAssistantParts, .object = &kAssistantPart};

constexpr Member kCalledFunctionMembers[] = {{"name", &kText}, {"arguments", &kText}};
constexpr Shape kCalledFunction = object(kCalledFunctionMembers);
constexpr Member kToolCallMembers[] = {{"id", &kText}, {"type", &kText}, {"function", &kCalledFunction}};
constexpr Shape kToolCall = object(kToolCallMembers);

constexpr Member kThinkingBlockMembers[] = {
    {"type", &kText}, {"thinking", &kText}, {"signature", &kText}, {"data", &kText}};
constexpr Shape kThinkingBlock = object(kThinkingBlockMembers);

constexpr Member kIdMembers[] = {{"id", &kText}};
constexpr Shape kAudioId = object(kIdMembers);

// ---- messages

constexpr Member kUserMembers[] = {{"role", &kText}, {"content", &kUserContent}, {"name", &kText}};
constexpr Shape kUser = object(kUserMembers);
constexpr Member kSystemMembers[] = {{"role", &kText}, {"content", &kTextContent}, {"name", &kText}};
constexpr Shape kSystem = object(kSystemMembers);
constexpr Member kToolMembers[] = {{"role", &kText}, {"content", &kTextContent}, {"tool_call_id", &kText}};
constexpr Shape kToolMessage = object(kToolMembers);
constexpr Member kAssistantMembers[] = {
    {"role", &kText},
    {"content", &kAssistantContent},
    {"tool_calls", &kOpenAiToolCalls},
    {"refusal", &kText},
    {"name", &kText},
    {"audio", &kAudioId},
    {"thinking_blocks", &kThinkingBlocks},
};
constexpr Shape kAssistant = object(kAssistantMembers);

constexpr Variant kRoles[] = {
    {"user", &kUser},
    {"assistant", &kAssistant},
    {"system", &kSystem},
    {"developer", &kSystem},
    {"tool", &kToolMessage},
};
constexpr Shape kMessage = tagged("role", kRoles);

// ---- tools

constexpr Member kFunctionMembers[] = {
    {"name", &kText}, {"description", &kText}, {"strict", &kFlag}, {"parameters", &kDecoded}};
constexpr Shape kFunction = object(kFunctionMembers);
constexpr Member kTimeRangeMembers[] = {{"start_time", &kText}, {"end_time", &kText}};
constexpr Shape kTimeRange = object(kTimeRangeMembers);
constexpr Member kGoogleSearchMembers[] = {
    {"exclude_domains", &kTexts}, {"blocking_confidence", &kText}, {"time_range_filter", &kTimeRange}};
constexpr Shape kGoogleSearch = object(kGoogleSearchMembers);
constexpr Member kChatToolMembers[] = {{"type", &kText}, {"function", &kFunction}, {"google_search", &kGoogleSearch}};
constexpr Shape kChatTool = object(kChatToolMembers);

constexpr Member kNameMembers[] = {{"name", &kText}};
constexpr Shape kNamed = object(kNameMembers);
constexpr Member kNamedChoiceMembers[] = {{"type", &kText}, {"function", &kNamed}};
constexpr Shape kNamedChoice = object(kNamedChoiceMembers);
constexpr Shape kToolChoice{.kind = Shape::Kind::ByValue, .text = &kText, .object = &kNamedChoice};

// ---- the rest

constexpr Member kJsonSchemaMembers[] = {
    {"name", &kText}, {"description", &kText}, {"schema", &kAny}, {"strict", &kFlag}};
constexpr Shape kJsonSchema = object(kJsonSchemaMembers);
constexpr Member kSchemaFormatMembers[] = {{"type", &kText}, {"json_schema", &kJsonSchema}};
constexpr Shape kSchemaFormat = object(kSchemaFormatMembers);
constexpr Variant kFormatVariants[] = {{"text", &kAny}, {"json_object", &kAny}, {"json_schema", &kSchemaFormat}};
constexpr Shape kResponseFormat = optional(tagged("type", kFormatVariants));

constexpr Member kStreamOptionsMembers[] = {{"include_usage", &kFlag, Fact::IncludeUsage}};
constexpr Shape kStreamOptions = object(kStreamOptionsMembers);

// openai-go takes any scalar inside the list.
constexpr Shape kStopItem{.kind = Shape::Kind::ByValue, .text = &kText, .number = &kAny};
constexpr Shape kStopItems = listOf(kStopItem);
constexpr Shape kStop = textOrList(kStopItems);

constexpr Member kAudioMembers[] = {{"voice", &kText}, {"format", &kText}};
constexpr Shape kAudio = object(kAudioMembers);
constexpr Member kPredictionMembers[] = {{"type", &kText}, {"content", &kTextContent}};
constexpr Shape kPrediction = object(kPredictionMembers);

constexpr Member kPlaceMembers[] = {{"city", &kText}, {"region", &kText}, {"country", &kText}};
constexpr Shape kPlace = object(kPlaceMembers);
constexpr Member kUserLocationMembers[] = {{"type", &kText}, {"approximate", &kPlace}};
constexpr Shape kUserLocation = object(kUserLocationMembers);
constexpr Member kWebSearchMembers[] = {{"user_location", &kUserLocation}, {"search_context_size", &kText}};
constexpr Shape kWebSearch = object(kWebSearchMembers);

constexpr Member kGenerationMembers[] = {{"media_resolution", &kText}};
constexpr Shape kGeneration = object(kGenerationMembers);
constexpr Member kSafetyMembers[] = {{"category", &kText}, {"threshold", &kText}, {"method", &kText}};
constexpr Shape kSafety = object(kSafetyMembers);
constexpr Shape kSafeties = listOf(kSafety);

constexpr Member kThinkingOnMembers[] = {
    {"type", &kText}, {"budget_tokens", &kInteger}, {"includeThoughts", &kFlag}, {"display", &kText}};
constexpr Shape kThinkingOn = object(kThinkingOnMembers);
constexpr Member kAdaptiveMembers[] = {{"type", &kText}, {"display", &kText}};
constexpr Shape kAdaptive = object(kAdaptiveMembers);
constexpr Variant kThinkingVariants[] = {{"enabled", &kThinkingOn}, {"adaptive", &kAdaptive}, {"disabled", &kAny}};
constexpr Shape kThinking = optional(tagged("type", kThinkingVariants));

// The most frequent first: they are compared in this order.
constexpr Member kRequestMembers[] = {
    {"model", &kText, Fact::Model},
    {"messages", &kChatMessages, Fact::Messages},
    {"stream", &kFlag, Fact::Stream},
    {"max_tokens", &kInteger, Fact::MaxTokens},
    {"temperature", &kNumber},
    {"stream_options", &kStreamOptions, Fact::StreamOptions},
    {"max_completion_tokens", &kInteger, Fact::MaxCompletionTokens},
    {"tools", &kChatTools},
    {"tool_choice", &kToolChoice},
    {"top_p", &kNumber},
    {"n", &kInteger},
    {"stop", &kStop},
    {"seed", &kInteger},
    {"user", &kText},
    {"response_format", &kResponseFormat},
    {"frequency_penalty", &kSingle},
    {"presence_penalty", &kSingle},
    {"logit_bias", &kIntegerMap},
    {"logprobs", &kFlag},
    {"top_logprobs", &kInteger},
    {"parallel_tool_calls", &kFlag},
    {"reasoning_effort", &kText},
    {"service_tier", &kText},
    {"verbosity", &kText},
    {"modalities", &kTexts},
    {"audio", &kAudio},
    {"prediction", &kPrediction},
    {"web_search_options", &kWebSearch},
    {"generationConfig", &kGeneration},
    {"safetySettings", &kSafeties},
    {"guided_choice", &kTexts},
    {"guided_regex", &kText},
    {"guided_json", &kAny},
    {"thinking", &kThinking},
};

} // namespace

constexpr Shape kOpenAiToolCalls = listOf(kToolCall);
constexpr Shape kThinkingBlocks = listOf(kThinkingBlock);
constexpr Shape kChatMessages = listOf(kMessage);
constexpr Shape kChatTools = listOf(kChatTool);
constexpr Shape kChatRequest = object(kRequestMembers);

} // namespace signalbox::chat::shapes
