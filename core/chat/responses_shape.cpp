// SPDX-License-Identifier: Apache-2.0

// The Responses API. Its items have some thirty kinds; the kinds themselves and the fields of the frequent ones are
// held to their types, the inside of the rare ones is only skipped.

#include "core/chat/request_shapes.h"
#include "core/chat/shape_parts.h"

namespace signalbox::chat::shapes {

namespace {

// ---- items of `input`

constexpr Member kInputPartMembers[] = {
    {"type", &kText},
    {"text", &kText},
    {"image_url", &kText},
    {"file_id", &kText},
    {"detail", &kText},
    {"file_data", &kText},
    {"file_url", &kText},
    {"filename", &kText},
};
constexpr Shape kInputPart = object(kInputPartMembers);
constexpr Variant kInputPartVariants[] = {
    {"input_text", &kInputPart}, {"input_image", &kInputPart}, {"input_file", &kInputPart}};
constexpr Shape kInputContent = tagged("type", kInputPartVariants);
constexpr Shape kInputContents = listOf(kInputContent);
constexpr Shape kMessageContent = textOrList(kInputContents);
constexpr Member kMessageMembers[] = {
    {"type", &kText}, {"role", &kText}, {"content", &kMessageContent}, {"status", &kText}};
constexpr Shape kMessage = object(kMessageMembers);

// What an assistant said comes back as output items, or in the short form.
constexpr Shape kSaidParts = listOf(kAny);
constexpr Shape kSaid = textOrList(kSaidParts);
constexpr Member kSaidMembers[] = {
    {"type", &kText}, {"id", &kText}, {"role", &kText}, {"content", &kSaid}, {"status", &kText}};
constexpr Shape kAssistant = object(kSaidMembers);
constexpr Variant kRoles[] = {{"assistant", &kAssistant}};
constexpr Shape kAnyMessage{.kind = Shape::Kind::ByTag,
    .refusesNull = true,
    .tag = "role",
    .variants = kRoles,
    .otherwise = &kMessage,
    .untagged = &kMessage};
constexpr Shape kShortMessage{
    .kind = Shape::Kind::ByTag, .refusesNull = true, .tag = "role", .variants = kRoles, .otherwise = &kMessage};

constexpr Member kFunctionCallMembers[] = {
    {"type", &kText}, {"id", &kText}, {"call_id", &kText}, {"name", &kText}, {"arguments", &kText}, {"status", &kText}};
constexpr Shape kFunctionCall = object(kFunctionCallMembers);
constexpr Shape kCallOutputParts = listOf(kAny);
constexpr Shape kCallOutputValue = textOrList(kCallOutputParts);
constexpr Member kCallOutputMembers[] = {
    {"type", &kText}, {"id", &kText}, {"call_id", &kText}, {"output", &kCallOutputValue}, {"status", &kText}};
constexpr Shape kCallOutput = object(kCallOutputMembers);
constexpr Member kIdMembers[] = {{"type", &kText}, {"id", &kText}};
constexpr Shape kWithId = object(kIdMembers);

constexpr Variant kItemVariants[] = {
    {"message", &kAnyMessage},
    {"function_call", &kFunctionCall},
    {"function_call_output", &kCallOutput},
    {"reasoning", &kWithId},
    {"item_reference", &kWithId},
    {"file_search_call", &kWithId},
    {"computer_call", &kWithId},
    {"computer_call_output", &kWithId},
    {"web_search_call", &kWithId},
    {"tool_search_call", &kWithId},
    {"tool_search_output", &kWithId},
    {"compaction", &kWithId},
    {"image_generation_call", &kWithId},
    {"code_interpreter_call", &kWithId},
    {"local_shell_call", &kWithId},
    {"local_shell_call_output", &kWithId},
    {"shell_call", &kWithId},
    {"shell_call_output", &kWithId},
    {"apply_patch_call", &kWithId},
    {"apply_patch_call_output", &kWithId},
    {"mcp_list_tools", &kWithId},
    {"mcp_approval_request", &kWithId},
    {"mcp_approval_response", &kWithId},
    {"mcp_call", &kWithId},
    {"custom_tool_call", &kWithId},
    {"custom_tool_call_output", &kWithId},
    {"compaction_trigger", &kAny},
    {"agent_message", &kAny},
    {"agent_reasoning", &kAny},
    {"additional_tools", &kAny},
};
constexpr Shape kItem{.kind = Shape::Kind::ByTag,
    .refusesNull = true,
    .tag = "type",
    .variants = kItemVariants,
    .untagged = &kShortMessage};
constexpr Shape kItems = listOf(kItem);

// ---- tools

constexpr Member kFunctionToolMembers[] = {
    {"type", &kText}, {"name", &kText}, {"description", &kText}, {"parameters", &kDecodedMap}, {"strict", &kFlag}};
constexpr Shape kFunctionTool = object(kFunctionToolMembers);
constexpr Member kMcpToolMembers[] = {{"type", &kText}, {"server_label", &kText}, {"server_url", &kText}};
constexpr Shape kMcpTool = object(kMcpToolMembers);
constexpr Member kPlaceMembers[] = {
    {"type", &kText}, {"city", &kText}, {"country", &kText}, {"region", &kText}, {"timezone", &kText}};
constexpr Shape kPlace = object(kPlaceMembers);
constexpr Member kSearchToolMembers[] = {{"type", &kText}, {"user_location", &kPlace}, {"search_context_size", &kText}};
constexpr Shape kSearchTool = object(kSearchToolMembers);
constexpr Member kContainerMembers[] = {{"type", &kText}, {"file_ids", &kTexts}};
constexpr Shape kContainerObject = object(kContainerMembers);
constexpr Shape kContainer{.kind = Shape::Kind::ByValue, .text = &kText, .object = &kContainerObject};
constexpr Member kInterpreterMembers[] = {{"type", &kText}, {"container", &kContainer}};
constexpr Shape kInterpreter = object(kInterpreterMembers);
constexpr Variant kToolVariants[] = {
    {"function", &kFunctionTool},
    {"mcp", &kMcpTool},
    {"web_search", &kSearchTool},
    {"web_search_2025_08_26", &kSearchTool},
    {"web_search_preview", &kSearchTool},
    {"web_search_preview_2025_03_11", &kSearchTool},
    {"code_interpreter", &kInterpreter},
};
constexpr Shape kTool{
    .kind = Shape::Kind::ByTag, .tag = "type", .variants = kToolVariants, .otherwise = &kAny, .untagged = &kAny};

constexpr Member kNamedChoiceMembers[] = {{"type", &kText}, {"name", &kText}, {"server_label", &kText}};
constexpr Shape kNamedChoice = object(kNamedChoiceMembers);
constexpr Variant kChoiceVariants[] = {
    {"function", &kNamedChoice},
    {"mcp", &kNamedChoice},
    {"custom", &kNamedChoice},
    {"allowed_tools", &kAny},
    {"file_search", &kAny},
    {"web_search_preview", &kAny},
    {"web_search_preview_2025_03_11", &kAny},
    {"computer_use_preview", &kAny},
    {"image_generation", &kAny},
    {"code_interpreter", &kAny},
    {"apply_patch", &kAny},
    {"shell", &kAny},
};
constexpr Shape kChoiceObject = tagged("type", kChoiceVariants);

// ---- the rest

constexpr Member kReasoningMembers[] = {{"effort", &kText}, {"generate_summary", &kText}, {"summary", &kText}};
constexpr Member kSchemaFormatMembers[] = {
    {"type", &kText}, {"name", &kText}, {"schema", &kDecodedMap}, {"strict", &kFlag}, {"description", &kText}};
constexpr Shape kSchemaFormat = object(kSchemaFormatMembers);
constexpr Variant kFormatVariants[] = {{"text", &kAny}, {"json_object", &kAny}, {"json_schema", &kSchemaFormat}};
constexpr Shape kFormat = tagged("type", kFormatVariants);
constexpr Member kTextMembers[] = {{"format", &kFormat}, {"verbosity", &kText}};

constexpr Member kConversationMembers[] = {{"id", &kText}};
constexpr Shape kConversationObject = object(kConversationMembers);
constexpr Shape kConversation{.kind = Shape::Kind::ByValue, .text = &kText, .object = &kConversationObject};
constexpr Shape kVariable{.kind = Shape::Kind::ByValue, .text = &kText, .object = &kInputContent};
constexpr Shape kVariables = mapOf(kVariable);
constexpr Member kPromptMembers[] = {{"id", &kText}, {"version", &kText}, {"variables", &kVariables}};
constexpr Shape kPrompt = object(kPromptMembers);
constexpr Member kStreamOptionsMembers[] = {{"include_obfuscation", &kFlag}};
constexpr Shape kStreamOptions = object(kStreamOptionsMembers);
constexpr Member kContextMembers[] = {{"type", &kText}, {"compact_threshold", &kInteger}};
constexpr Shape kContext = object(kContextMembers);
constexpr Shape kContexts = listOf(kContext);

constexpr Member kRequestMembers[] = {
    {"model", &kText, Fact::Model},
    {"input", &kResponsesInput},
    {"stream", &kFlag, Fact::Stream},
    {"instructions", &kText},
    {"max_output_tokens", &kInteger, Fact::MaxTokens},
    {"temperature", &kNumber},
    {"tools", &kResponsesTools},
    {"tool_choice", &kResponsesToolChoice},
    {"reasoning", &kResponsesReasoning},
    {"text", &kResponsesTextFormat},
    {"previous_response_id", &kText},
    {"store", &kFlag},
    {"metadata", &kTextMap},
    {"include", &kTexts},
    {"parallel_tool_calls", &kFlag},
    {"top_p", &kNumber},
    {"user", &kText},
    {"background", &kFlag},
    {"context_management", &kContexts},
    {"conversation", &kConversation},
    {"max_tool_calls", &kInteger},
    {"prompt", &kPrompt},
    {"prompt_cache_key", &kText},
    {"prompt_cache_retention", &kText},
    {"safety_identifier", &kText},
    {"service_tier", &kText},
    {"stream_options", &kStreamOptions},
    {"top_logprobs", &kInteger},
    {"truncation", &kText},
    {"presence_penalty", &kSingle},
    {"frequency_penalty", &kSingle},
};

} // namespace

constexpr Shape kResponsesInput = textOrList(kItems);
constexpr Shape kResponsesTools = listOf(kTool);
constexpr Shape kResponsesToolChoice{.kind = Shape::Kind::ByValue, .text = &kText, .object = &kChoiceObject};
constexpr Shape kResponsesReasoning = object(kReasoningMembers);
constexpr Shape kResponsesTextFormat = object(kTextMembers);
constexpr Shape kResponsesRequest = object(kRequestMembers);

} // namespace signalbox::chat::shapes
