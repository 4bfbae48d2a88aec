// SPDX-License-Identifier: Apache-2.0
#include "core/chat/answer_facts.h"

#include <algorithm>
#include <charconv>

namespace signalbox::chat {

std::int64_t tokenCount(const Facts& facts, Fact fact, std::string_view json)
{
    constexpr double kMost = 1e15;
    const std::string_view digits = facts.last(fact, json);
    std::int64_t whole = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    if (error == std::errc{} && end == digits.data() + digits.size() && whole >= 0) { // nearly always, and quicker
        return std::min(whole, static_cast<std::int64_t>(kMost));
    }
    double value = 0;
    if (digits.empty() || !fitsDouble(digits, value) || value < 0) {
        return -1;
    }
    return static_cast<std::int64_t>(std::min(value, kMost));
}

Usage openAiUsage(const Facts& facts, std::string_view json)
{
    return {
        .input = tokenCount(facts, Fact::InputTokens, json),
        .output = tokenCount(facts, Fact::OutputTokens, json),
        .total = tokenCount(facts, Fact::TotalTokens, json),
        .cachedInput = tokenCount(facts, Fact::CachedTokens, json),
        .reasoning = tokenCount(facts, Fact::ReasoningTokens, json),
    };
}

Usage anthropicUsage(const Facts& facts, std::string_view json)
{
    const auto atLeastZero = [&](Fact fact) { return std::max<std::int64_t>(0, tokenCount(facts, fact, json)); };
    Usage usage;
    usage.cachedInput = atLeastZero(Fact::CachedTokens);
    usage.input = atLeastZero(Fact::InputTokens) + usage.cachedInput + atLeastZero(Fact::CacheCreationTokens);
    usage.output = atLeastZero(Fact::OutputTokens);
    usage.total = usage.input + usage.output;
    return usage;
}

std::string textOf(const Facts& facts, Fact fact, std::string_view json)
{
    const std::string_view value = facts.last(fact, json);
    return value.size() < 2 ? std::string() : unescaped(value.substr(1, value.size() - 2));
}

} // namespace signalbox::chat
