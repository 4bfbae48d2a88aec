// SPDX-License-Identifier: Apache-2.0
#pragma once

// From the values that were found in an answer to its token counts (ai-gateway 5.5).

#include "core/chat/answer.h"
#include "core/chat/json_shape.h"

namespace signalbox::chat {

/// A token count; -1 when it was not said, or below zero.
std::int64_t tokenCount(const Facts& facts, Fact fact, std::string_view json);

/// OpenAI's counting: the numbers as they stand.
Usage openAiUsage(const Facts& facts, std::string_view json);

/// Anthropic's counting: tokens written to and read from its cache are input too.
Usage anthropicUsage(const Facts& facts, std::string_view json);

/// The text of a string member; empty when it is absent.
std::string textOf(const Facts& facts, Fact fact, std::string_view json);

} // namespace signalbox::chat
