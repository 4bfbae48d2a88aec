// SPDX-License-Identifier: Apache-2.0
#pragma once

// Building blocks of the shape tables. Everything here is constant and shared by the tables of requests and answers.

#include "core/chat/json_shape.h"

namespace signalbox::chat::shapes {

inline constexpr Shape kAny{.kind = Shape::Kind::Any};
inline constexpr Shape kDecoded{.kind = Shape::Kind::Decoded};
inline constexpr Shape kText{.kind = Shape::Kind::Text};
inline constexpr Shape kFlag{.kind = Shape::Kind::Flag};
inline constexpr Shape kInteger{.kind = Shape::Kind::Integer};
inline constexpr Shape kNumber{.kind = Shape::Kind::Number};
inline constexpr Shape kSingle{.kind = Shape::Kind::Single};

constexpr Shape listOf(const Shape& element)
{
    return {.kind = Shape::Kind::List, .element = &element};
}

constexpr Shape mapOf(const Shape& element)
{
    return {.kind = Shape::Kind::Map, .element = &element};
}

constexpr Shape object(std::span<const Member> members)
{
    return {.kind = Shape::Kind::Object, .members = members};
}

/// A string, or a list of `element`.
constexpr Shape textOrList(const Shape& list)
{
    return {.kind = Shape::Kind::ByValue, .text = &kText, .list = &list};
}

/// An object whose member `tag` names its kind; other kinds and objects without a tag are refused.
constexpr Shape tagged(std::string_view tag, std::span<const Variant> variants)
{
    return {.kind = Shape::Kind::ByTag, .refusesNull = true, .tag = tag, .variants = variants};
}

/// The same, but unknown kinds are not looked at.
constexpr Shape openlyTagged(std::string_view tag, std::span<const Variant> variants)
{
    return {.kind = Shape::Kind::ByTag, .refusesNull = true, .tag = tag, .variants = variants, .otherwise = &kAny};
}

/// Null stands for an absent value.
constexpr Shape optional(Shape shape)
{
    shape.refusesNull = false;
    return shape;
}

/// Null is a value of its own, and a wrong one.
constexpr Shape present(Shape shape)
{
    shape.refusesNull = true;
    return shape;
}

inline constexpr Shape kTexts = listOf(kText);
inline constexpr Shape kIntegers = listOf(kInteger);
inline constexpr Shape kIntegerLists = listOf(kIntegers);
inline constexpr Shape kIntegerMap = mapOf(kInteger);
inline constexpr Shape kTextMap = mapOf(kText);
inline constexpr Shape kDecodedMap = mapOf(kDecoded);
inline constexpr Shape kDecodedList = listOf(kDecoded);

// What requests and answers have in common.
extern const Shape kOpenAiToolCalls;
extern const Shape kThinkingBlocks;
extern const Shape kAnthropicCitations;
extern const Shape kWebSearchToolResult;
extern const Shape kResponsesReasoning;
extern const Shape kResponsesTextFormat;
extern const Shape kResponsesToolChoice;
extern const Shape kResponsesTools;
extern const Shape kResponsesInput;

} // namespace signalbox::chat::shapes
