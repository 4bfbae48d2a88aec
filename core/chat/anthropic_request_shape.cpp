// SPDX-License-Identifier: Apache-2.0
#include "core/chat/request_shapes.h"
#include "core/chat/shape_parts.h"

namespace signalbox::chat::shapes {

namespace {

constexpr Member kEphemeralMembers[] = {{"type", &kText}, {"ttl", &kText}};
constexpr Shape kEphemeral = object(kEphemeralMembers);
constexpr Variant kCacheControlVariants[] = {{"ephemeral", &kEphemeral}};
constexpr Shape kCacheControl = optional(openlyTagged("type", kCacheControlVariants));

// ---- citations

constexpr Member kCharLocationMembers[] = {
    {"type", &kText},
    {"cited_text", &kText},
    {"document_index", &kInteger},
    {"document_title", &kText},
    {"start_char_index", &kInteger},
    {"end_char_index", &kInteger},
};
constexpr Shape kCharLocation = object(kCharLocationMembers);
constexpr Member kPageLocationMembers[] = {
    {"type", &kText},
    {"cited_text", &kText},
    {"document_index", &kInteger},
    {"document_title", &kText},
    {"start_page_number", &kInteger},
    {"end_page_number", &kInteger},
};
constexpr Shape kPageLocation = object(kPageLocationMembers);
constexpr Member kBlockLocationMembers[] = {
    {"type", &kText},
    {"cited_text", &kText},
    {"document_index", &kInteger},
    {"document_title", &kText},
    {"start_block_index", &kInteger},
    {"end_block_index", &kInteger},
};
constexpr Shape kBlockLocation = object(kBlockLocationMembers);
constexpr Member kWebLocationMembers[] = {
    {"type", &kText}, {"cited_text", &kText}, {"encrypted_index", &kText}, {"title", &kText}, {"url", &kText}};
constexpr Shape kWebLocation = object(kWebLocationMembers);
constexpr Member kSearchLocationMembers[] = {
    {"type", &kText},
    {"cited_text", &kText},
    {"title", &kText},
    {"source", &kText},
    {"start_block_index", &kInteger},
    {"end_block_index", &kInteger},
    {"search_result_index", &kInteger},
};
constexpr Shape kSearchLocation = object(kSearchLocationMembers);
constexpr Variant kCitationVariants[] = {
    {"char_location", &kCharLocation},
    {"page_location", &kPageLocation},
    {"content_block_location", &kBlockLocation},
    {"web_search_result_location", &kWebLocation},
    {"search_result_location", &kSearchLocation},
};
constexpr Shape kCitation = openlyTagged("type", kCitationVariants);

// ---- content blocks

constexpr Member kTextBlockMembers[] = {
    {"type", &kText}, {"text", &kText}, {"cache_control", &kCacheControl}, {"citations", &kAnthropicCitations}};
constexpr Shape kTextBlock = object(kTextBlockMembers);
constexpr Shape kTextBlocks = listOf(kTextBlock);

constexpr Member kDataMembers[] = {{"type", &kText}, {"media_type", &kText}, {"data", &kText}};
constexpr Shape kData = object(kDataMembers);
constexpr Member kUrlMembers[] = {{"type", &kText}, {"url", &kText}};
constexpr Shape kUrl = object(kUrlMembers);
constexpr Variant kImageSourceVariants[] = {{"base64", &kData}, {"url", &kUrl}};
constexpr Shape kImageSource = openlyTagged("type", kImageSourceVariants);
constexpr Member kImageMembers[] = {{"type", &kText}, {"source", &kImageSource}, {"cache_control", &kCacheControl}};
constexpr Shape kImage = object(kImageMembers);

constexpr Variant kSourceItemVariants[] = {{"text", &kTextBlock}, {"image", &kImage}};
constexpr Shape kSourceItem = openlyTagged("type", kSourceItemVariants);
constexpr Shape kSourceItems = listOf(kSourceItem);
constexpr Shape kSourceContent = textOrList(kSourceItems);
constexpr Member kContentSourceMembers[] = {{"type", &kText}, {"content", &kSourceContent}};
constexpr Shape kContentSource = object(kContentSourceMembers);
constexpr Variant kDocumentSourceVariants[] = {
    {"base64", &kData}, {"text", &kData}, {"url", &kUrl}, {"content", &kContentSource}};
constexpr Shape kDocumentSource = openlyTagged("type", kDocumentSourceVariants);
constexpr Member kEnabledMembers[] = {{"enabled", &kFlag}};
constexpr Shape kEnabled = object(kEnabledMembers);
constexpr Member kDocumentMembers[] = {
    {"type", &kText},
    {"source", &kDocumentSource},
    {"cache_control", &kCacheControl},
    {"citations", &kEnabled},
    {"context", &kText},
    {"title", &kText},
};
constexpr Shape kDocument = object(kDocumentMembers);
constexpr Member kSearchResultMembers[] = {
    {"type", &kText},
    {"content", &kTextBlocks},
    {"source", &kText},
    {"title", &kText},
    {"cache_control", &kCacheControl},
    {"citations", &kEnabled},
};
constexpr Shape kSearchResult = object(kSearchResultMembers);

constexpr Member kThinkingMembers[] = {{"type", &kText}, {"thinking", &kText}, {"signature", &kText}};
constexpr Shape kThinking = object(kThinkingMembers);
constexpr Member kRedactedMembers[] = {{"type", &kText}, {"data", &kText}};
constexpr Shape kRedacted = object(kRedactedMembers);
constexpr Member kToolUseMembers[] = {
    {"type", &kText}, {"id", &kText}, {"name", &kText}, {"input", &kDecodedMap}, {"cache_control", &kCacheControl}};
constexpr Shape kToolUse = object(kToolUseMembers);

constexpr Variant kResultItemVariants[] = {
    {"text", &kTextBlock}, {"image", &kImage}, {"search_result", &kSearchResult}, {"document", &kDocument}};
constexpr Shape kResultItem = openlyTagged("type", kResultItemVariants);
constexpr Shape kResultItems = listOf(kResultItem);
constexpr Shape kResultContent = textOrList(kResultItems);
constexpr Member kToolResultMembers[] = {
    {"type", &kText},
    {"tool_use_id", &kText},
    {"content", &kResultContent},
    {"is_error", &kFlag},
    {"cache_control", &kCacheControl},
};
constexpr Shape kToolResult = object(kToolResultMembers);

constexpr Member kWebResultMembers[] = {
    {"type", &kText}, {"title", &kText}, {"url", &kText}, {"encrypted_content", &kText}, {"page_age", &kText}};
constexpr Shape kWebResult = object(kWebResultMembers);
constexpr Shape kWebResults = listOf(kWebResult);
constexpr Member kWebErrorMembers[] = {{"type", &kText}, {"error_code", &kText}};
constexpr Shape kWebError = object(kWebErrorMembers);
constexpr Shape kWebContent{.kind = Shape::Kind::ByValue, .list = &kWebResults, .object = &kWebError};
constexpr Member kWebToolResultMembers[] = {
    {"type", &kText}, {"tool_use_id", &kText}, {"content", &kWebContent}, {"cache_control", &kCacheControl}};

constexpr Variant kBlockVariants[] = {
    {"text", &kTextBlock},
    {"image", &kImage},
    {"document", &kDocument},
    {"search_result", &kSearchResult},
    {"thinking", &kThinking},
    {"redacted_thinking", &kRedacted},
    {"tool_use", &kToolUse},
    {"tool_result", &kToolResult},
    {"server_tool_use", &kToolUse},
    {"web_search_tool_result", &kWebSearchToolResult},
};
constexpr Shape kBlock = openlyTagged("type", kBlockVariants);
constexpr Shape kBlocks = listOf(kBlock);
constexpr Shape kContent = textOrList(kBlocks);
constexpr Member kMessageMembers[] = {{"role", &kText}, {"content", &kContent}};
constexpr Shape kMessage = object(kMessageMembers);
constexpr Shape kMessages = listOf(kMessage);

// ---- tools

constexpr Member kToolMembers[] = {{"type", &kAny}, {"name", &kText}, {"input_schema", &kAny}, {"description", &kText},
    {"cache_control", &kCacheControl}};
constexpr Shape kTool = object(kToolMembers);
constexpr Member kNamedToolMembers[] = {
    {"type", &kText}, {"name", &kText}, {"cache_control", &kCacheControl}, {"max_characters", &kNumber}};
constexpr Shape kNamedTool = object(kNamedToolMembers);
constexpr Member kPlaceMembers[] = {
    {"type", &kText}, {"city", &kText}, {"country", &kText}, {"region", &kText}, {"timezone", &kText}};
constexpr Shape kPlace = object(kPlaceMembers);
constexpr Member kWebSearchMembers[] = {
    {"type", &kText},
    {"name", &kText},
    {"allowed_domains", &kTexts},
    {"blocked_domains", &kTexts},
    {"max_uses", &kNumber},
    {"user_location", &kPlace},
    {"cache_control", &kCacheControl},
};
constexpr Shape kWebSearch = object(kWebSearchMembers);
constexpr Variant kToolVariants[] = {
    {"custom", &kTool},
    {"bash_20250124", &kNamedTool},
    {"text_editor_20250124", &kNamedTool},
    {"text_editor_20250429", &kNamedTool},
    {"text_editor_20250728", &kNamedTool},
    {"web_search_20250305", &kWebSearch},
};
constexpr Shape kAnyTool{
    .kind = Shape::Kind::ByTag, .tag = "type", .variants = kToolVariants, .otherwise = &kAny, .untagged = &kTool};
constexpr Shape kTools = listOf(kAnyTool);

constexpr Member kChoiceMembers[] = {{"type", &kText}, {"disable_parallel_tool_use", &kFlag}};
constexpr Shape kChoice = object(kChoiceMembers);
constexpr Member kNamedChoiceMembers[] = {{"type", &kText}, {"name", &kText}, {"disable_parallel_tool_use", &kFlag}};
constexpr Shape kNamedChoice = object(kNamedChoiceMembers);
constexpr Variant kChoiceVariants[] = {{"auto", &kChoice}, {"any", &kChoice}, {"tool", &kNamedChoice}};
constexpr Shape kToolChoice = optional(openlyTagged("type", kChoiceVariants));

// ---- the rest

constexpr Member kThinkingOnMembers[] = {{"type", &kText}, {"budget_tokens", &kNumber}, {"display", &kText}};
constexpr Shape kThinkingOn = object(kThinkingOnMembers);
constexpr Variant kThinkingVariants[] = {{"enabled", &kThinkingOn}, {"adaptive", &kThinkingOn}};
constexpr Shape kThinkingMode = optional(openlyTagged("type", kThinkingVariants));
constexpr Shape kSystem = textOrList(kTextBlocks);
constexpr Member kMetadataMembers[] = {{"user_id", &kText}};
constexpr Shape kMetadata = object(kMetadataMembers);

constexpr Member kRequestMembers[] = {
    {"model", &kText, Fact::Model},
    {"messages", &kMessages},
    {"max_tokens", &kNumber, Fact::MaxTokens},
    {"stream", &kFlag, Fact::Stream},
    {"system", &kSystem},
    {"temperature", &kNumber},
    {"tools", &kTools},
    {"tool_choice", &kToolChoice},
    {"thinking", &kThinkingMode},
    {"metadata", &kMetadata},
    {"stop_sequences", &kTexts},
    {"top_p", &kNumber},
    {"top_k", &kInteger},
    {"service_tier", &kText},
    {"container", &kDecoded},
    {"context_management", &kDecoded},
    {"mcp_servers", &kDecodedList},
};
constexpr Member kCountMembers[] = {
    {"model", &kText, Fact::Model},
    {"messages", &kMessages},
    {"system", &kSystem},
    {"tools", &kTools},
    {"tool_choice", &kToolChoice},
    {"thinking", &kThinkingMode},
};

} // namespace

constexpr Shape kAnthropicCitations = listOf(kCitation);
constexpr Shape kWebSearchToolResult = object(kWebToolResultMembers);
constexpr Shape kMessagesRequest = object(kRequestMembers);
constexpr Shape kCountTokensRequest = object(kCountMembers);

} // namespace signalbox::chat::shapes
