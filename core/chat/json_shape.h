// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a decoder expects of a JSON value, as constant tables, and the one reader that holds a text to them. Requests
// and answers are refused exactly where their typed decoding in the gateway fails (ai-gateway 3.2, 5.1).

#include "core/chat/json_scanner.h"
#include "core/text/source_text.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace signalbox::chat {

struct Shape;

/// Members whose values somebody wants to have.
enum class Fact : std::uint8_t {
    None,
    // of requests
    Model,
    Stream,
    StreamFormat,
    StreamOptions,
    IncludeUsage,
    MaxTokens,
    MaxCompletionTokens,
    Input,
    Messages,
    Prompt,
    ContinueFinalMessage,
    AddGenerationPrompt,
    // of answers
    Type,
    Usage,
    InputTokens,
    OutputTokens,
    TotalTokens,
    CachedTokens,
    CacheCreationTokens,
    ReasoningTokens,
    Count,
};

struct Member {
    std::string_view name;
    const Shape* shape = nullptr;
    Fact fact = Fact::None;
};

/// One case of an object whose kind stands in a member of its own.
struct Variant {
    std::string_view tag;
    const Shape* shape = nullptr;
};

struct Shape {
    enum class Kind : std::uint8_t {
        Any,     ///< only skipped
        Decoded, ///< anything, but decoded
        Text,
        Flag,
        Integer,   ///< a 64-bit integer without point or exponent
        Number,    ///< fits a double
        Single,    ///< fits a float
        UnixTime,  ///< the part of a number before its point is an integer; null is refused
        Object,    ///< known members are held to `members`, others skipped
        Map,       ///< an object whose values are `element`
        List,      ///< of `element`
        ByValue,   ///< `text`, `list`, `object` or `number` by the value's first byte; a missing one is refused
        ByElement, ///< a list that the first byte of its first element chooses: `text`, `list`, `object` or `number`
        ByTag,     ///< an object; the first member named `tag` chooses among `variants`
    };

    Kind kind = Kind::Any;
    bool refusesNull = false;
    std::span<const Member> members = {};
    const Shape* element = nullptr;
    const Shape* text = nullptr;
    const Shape* list = nullptr;
    const Shape* object = nullptr;
    const Shape* number = nullptr;
    std::string_view tag = {};
    std::span<const Variant> variants = {};
    const Shape* otherwise = nullptr; ///< ByTag: a tag that no variant has; null: refused
    const Shape* untagged = nullptr;  ///< ByTag: no tag, or no object at all; null: refused
    std::string_view required = {};   ///< Object: a member that must be there and not be null, "" or []
};

/// Spans of raw values by fact. `last` ignores null, as decoding does.
struct Facts {
    struct Found {
        text::Span first; ///< empty: no such member
        text::Span last;
    };

    std::array<Found, static_cast<std::size_t>(Fact::Count)> found;

    const Found& operator[](Fact fact) const { return found[static_cast<std::size_t>(fact)]; }
    bool has(Fact fact) const { return (*this)[fact].first.length() != 0; }
    std::string_view last(Fact fact, std::string_view text) const
    {
        const text::Span span = (*this)[fact].last;
        return text.substr(span.begin, span.length());
    }
};

/// Reads one value. Recursion follows the tables, which are finite; free values are skipped without any.
class ShapeReader
{
public:
    ShapeReader(JsonScanner& scanner, Facts& facts) : m_scanner(scanner), m_facts(facts) {}

    /// Stands before the value (no white space) and steps over it; false: scanner.problem() says why.
    bool read(const Shape& shape);

private:
    bool readNull(const Shape& shape);
    bool readText();
    bool readFlag();
    bool readInteger();
    bool readNumber(double limit);
    bool readUnixTime();
    bool readObject(const Shape& shape);
    bool readMember(const Shape& shape, bool& hasRequired);
    bool readMap(const Shape& element);
    bool readList(const Shape& element);
    bool readByElement(const Shape& shape);
    bool readByTag(const Shape& shape);
    const Shape* byFirstByte(const Shape& shape) const;

    JsonScanner& m_scanner;
    Facts& m_facts;
    std::string m_storage;
};

/// Whether an object's text has a member `name` on its first level (true also when it breaks off behind it).
bool hasMember(std::string_view json, std::string_view name);

} // namespace signalbox::chat
