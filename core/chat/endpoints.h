// SPDX-License-Identifier: Apache-2.0
#pragma once

// The paths that the gateway's processor knows (ai-gateway 3.1). Look-up is exact and case-sensitive; the
// method is not checked.

#include "core/plan/plan.h"

#include <optional>
#include <string>
#include <string_view>

namespace signalbox::chat {

enum class Endpoint : std::uint8_t {
    ChatCompletions,
    Completions,
    Embeddings,
    Responses,
    ResponsesInputTokens,
    ImagesGenerations,
    AudioSpeech,
    AudioTranscriptions,
    AudioTranslations,
    Tokenize,
    Rerank,
    Messages,
    MessagesCountTokens,
    Models,
    AnthropicModels,
};

/// The endpoint of a normalised path without its query; nothing: 404 "unsupported path: …".
std::optional<Endpoint> endpointForPath(std::string_view path);

/// The path that a backend of this schema is asked on (ai-gateway 4.2); nothing when the pair has no
/// translator (the attempt answers 500 with an empty body). `model` is the model after the override.
std::optional<std::string> upstreamPath(Endpoint endpoint, const plan::BackendProfile& profile, std::string_view model);

} // namespace signalbox::chat
