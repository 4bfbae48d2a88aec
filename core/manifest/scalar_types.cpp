// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/scalar_types.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace signalbox::manifest {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

std::optional<bool> booleanText(std::string_view text)
{
    if (text == "true" || text == "True" || text == "TRUE") {
        return true;
    }
    if (text == "false" || text == "False" || text == "FALSE") {
        return false;
    }
    return std::nullopt;
}

bool mayBeNumber(std::string_view text)
{
    return !text.empty() && (isDigit(text[0]) || text[0] == '-' || text[0] == '+' || text[0] == '.');
}

std::optional<std::int64_t> integerText(std::string_view text)
{
    if (!mayBeNumber(text) || text[0] == '.') {
        return std::nullopt;
    }
    std::string digits(text);
    std::erase(digits, '_');
    std::string_view rest = digits;
    const bool negative = rest.starts_with('-');
    rest.remove_prefix(negative || rest.starts_with('+') ? 1 : 0);
    int base = 10;
    if (rest.size() > 1 && rest[0] == '0') {
        const char kind = rest[1];
        base = kind == 'x' || kind == 'X' ? 16 : kind == 'b' || kind == 'B' ? 2 : 8;
        rest.remove_prefix(base != 8 || kind == 'o' || kind == 'O' ? 2 : 1);
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
    if (rest.empty() || end != rest.data() + rest.size() || error == std::errc::invalid_argument) {
        return std::nullopt;
    }
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (error == std::errc::result_out_of_range || value > kMax) {
        return negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    }
    const auto magnitude = static_cast<std::int64_t>(value);
    return negative ? -magnitude : magnitude;
}

bool isInfinityOrNan(std::string_view text)
{
    const bool sign = text.starts_with('-') || text.starts_with('+');
    const std::string_view word = text.substr(sign ? 1 : 0);
    return word == ".inf" || word == ".Inf" || word == ".INF"
        || (!sign && (word == ".nan" || word == ".NaN" || word == ".NAN"));
}

// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$
std::optional<double> decimalText(std::string_view text)
{
    if (!mayBeNumber(text)) {
        return std::nullopt;
    }
    std::string digits(text);
    std::erase(digits, '_');
    std::string_view rest = digits;
    rest.remove_prefix(rest.starts_with('+') ? 1 : 0);
    const std::size_t first = rest.starts_with('-') ? 1 : 0;
    const bool fraction = rest.substr(first).starts_with('.');
    const std::size_t digit = first + (fraction ? 1 : 0);
    if (digit >= rest.size() || !isDigit(rest[digit]) || (first == 1 && text[0] == '+')) {
        return std::nullopt;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    const bool whole = end == rest.data() + rest.size();
    return whole && error == std::errc() ? std::optional(value) : std::nullopt;
}

bool isPlain(const YamlNode& node)
{
    return node.kind == YamlNode::Kind::Scalar && !node.quoted;
}

std::vector<const YamlNode::Entry*> sortedByKey(const YamlNode& mapping)
{
    std::vector<const YamlNode::Entry*> sorted;
    sorted.reserve(mapping.entries.size());
    for (const YamlNode::Entry& entry : mapping.entries) {
        sorted.push_back(&entry);
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
    return sorted;
}

} // namespace

ScalarType typeOf(const YamlNode& scalar)
{
    if (scalar.quoted) {
        return ScalarType::String;
    }
    if (booleanText(scalar.scalar)) {
        return ScalarType::Boolean;
    }
    if (!mayBeNumber(scalar.scalar)) {
        return ScalarType::String;
    }
    if (integerText(scalar.scalar)) {
        return ScalarType::Integer;
    }
    return decimalText(scalar.scalar) || isInfinityOrNan(scalar.scalar) ? ScalarType::Number : ScalarType::String;
}

std::string_view typeName(const YamlNode& node)
{
    switch (node.kind) {
    case YamlNode::Kind::Null:
        return "null";
    case YamlNode::Kind::Sequence:
        return "array";
    case YamlNode::Kind::Mapping:
        return "object";
    case YamlNode::Kind::Scalar:
        break;
    }
    switch (typeOf(node)) {
    case ScalarType::Integer:
        return "integer";
    case ScalarType::Number:
        return "number";
    case ScalarType::Boolean:
        return "boolean";
    case ScalarType::String:
        break;
    }
    return "string";
}

std::optional<std::int64_t> integerOf(const YamlNode& scalar)
{
    if (!isPlain(scalar)) {
        return std::nullopt;
    }
    if (const auto integer = integerText(scalar.scalar)) {
        return integer;
    }
    constexpr double kExact = 9007199254740992.0; // 2^53
    const auto number = decimalText(scalar.scalar);
    const bool whole = number && std::trunc(*number) == *number && std::abs(*number) <= kExact;
    return whole ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

std::optional<double> numberOf(const YamlNode& scalar)
{
    if (!isPlain(scalar)) {
        return std::nullopt;
    }
    if (const auto integer = integerText(scalar.scalar)) {
        return static_cast<double>(*integer);
    }
    return decimalText(scalar.scalar);
}

std::optional<bool> booleanOf(const YamlNode& scalar)
{
    return isPlain(scalar) ? booleanText(scalar.scalar) : std::nullopt;
}

bool sameContent(const YamlNode& a, const YamlNode& b)
{
    if (&a == &b) {
        return true;
    }
    if (a.kind != b.kind || a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) {
        return false;
    }
    if (a.kind == YamlNode::Kind::Scalar) {
        return a.scalar == b.scalar && typeOf(a) == typeOf(b);
    }
    if (a.kind == YamlNode::Kind::Sequence) {
        return std::equal(a.items.begin(), a.items.end(), b.items.begin(),
            [](const YamlNodePtr& x, const YamlNodePtr& y) { return sameContent(*x, *y); });
    }
    const auto left = sortedByKey(a);
    const auto right = sortedByKey(b);
    return std::equal(left.begin(), left.end(), right.begin(),
        [](const auto* x, const auto* y) { return x->key == y->key && sameContent(*x->value, *y->value); });
}

} // namespace signalbox::manifest
