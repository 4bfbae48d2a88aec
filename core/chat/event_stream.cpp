// SPDX-License-Identifier: Apache-2.0
#include "core/chat/answer.h"
#include "core/chat/answer_facts.h"
#include "core/chat/answer_shapes.h"

#include <algorithm>

namespace signalbox::chat {

namespace {

constexpr std::size_t kMaximumLine = std::size_t{1} << 20U;

/// Anthropic's message_delta tells the output so far; its input counts replace the older ones where they are above
/// zero.
void mergeDelta(Usage& usage, std::int64_t& cacheCreation, const Facts& found, std::string_view json)
{
    const auto newer = [&](Fact fact, std::int64_t old) {
        const std::int64_t count = tokenCount(found, fact, json);
        return count > 0 ? count : old;
    };
    const std::int64_t cached = std::max<std::int64_t>(0, usage.cachedInput);
    const std::int64_t plain = std::max<std::int64_t>(0, usage.input - cached - cacheCreation);
    usage.cachedInput = newer(Fact::CachedTokens, cached);
    cacheCreation = newer(Fact::CacheCreationTokens, cacheCreation);
    usage.input = newer(Fact::InputTokens, plain) + usage.cachedInput + cacheCreation;
    usage.output = std::max<std::int64_t>(0, tokenCount(found, Fact::OutputTokens, json));
    usage.total = usage.input + usage.output;
}

} // namespace

void EventStreamWatcher::feed(std::string_view bytes)
{
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        const std::string_view piece = bytes.substr(0, end);
        if (!m_skipping && m_rest.size() + piece.size() > kMaximumLine) {
            m_skipping = true;
            m_rest.clear();
        }
        if (end == std::string_view::npos) {
            if (!m_skipping) {
                m_rest.append(piece);
            }
            return;
        }
        if (!m_skipping && m_rest.empty()) {
            line(piece);
        } else if (!m_skipping) {
            m_rest.append(piece);
            line(m_rest);
            m_rest.clear();
        }
        m_skipping = false;
        bytes.remove_prefix(end + 1);
    }
}

void EventStreamWatcher::line(std::string_view text)
{
    constexpr std::string_view kField = "data:";
    if (text.substr(0, kField.size()) != kField) {
        return;
    }
    text.remove_prefix(kField.size());
    text.remove_prefix(text.substr(0, 1) == " " ? 1 : 0);
    if (!text.empty() && text.back() == '\r') {
        text.remove_suffix(1);
    }
    if (text == "[DONE]") {
        m_done = true;
        return;
    }
    ++m_events;
    JsonScanner scanner(text);
    Facts found;
    scanner.skipSpace();
    if (!ShapeReader(scanner, found).read(eventShape())) {
        return;
    }
    scanner.skipSpace();
    if (!scanner.atEnd()) {
        return;
    }
    if (std::string model = textOf(found, Fact::Model, text); !model.empty()) {
        m_facts.model = std::move(model);
    }
    if (found.last(Fact::Usage, text).empty()) {
        return;
    }
    const std::string type = textOf(found, Fact::Type, text);
    if (type == "message_start") {
        m_facts.usage = anthropicUsage(found, text);
        m_cacheCreation = std::max<std::int64_t>(0, tokenCount(found, Fact::CacheCreationTokens, text));
    } else if (type == "message_delta") {
        mergeDelta(m_facts.usage, m_cacheCreation, found, text);
    } else {
        m_facts.usage = openAiUsage(found, text);
    }
}

} // namespace signalbox::chat
