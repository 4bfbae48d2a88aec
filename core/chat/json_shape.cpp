// SPDX-License-Identifier: Apache-2.0
#include "core/chat/json_shape.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace signalbox::chat {

namespace {

constexpr double kDoubleLimit = std::numeric_limits<double>::infinity();
/// Half a unit in the last place above the largest float: from here on strconv.ParseFloat(…, 32) reports a range error.
constexpr double kFloatLimit = 0x1.ffffffp+127;

bool isInt64(std::string_view digits)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size();
}

const Member* memberNamed(std::span<const Member> members, std::string_view name)
{
    for (const Member& member : members) {
        if (member.name == name) {
            return &member;
        }
    }
    return nullptr;
}

/// Steps to the value of the first member `wanted` of the object at the cursor; false when there is none.
bool findMember(JsonScanner& scanner, std::string_view wanted)
{
    if (!scanner.take('{')) {
        return false;
    }
    JsonString name;
    std::string storage;
    do {
        scanner.skipSpace();
        if (!scanner.memberName(name, true)) {
            return false;
        }
        if (name.text(storage) == wanted) {
            return true;
        }
        if (!scanner.skip(JsonScanner::Check::Syntax)) {
            return false;
        }
        scanner.skipSpace();
    } while (scanner.take(','));
    return false;
}

bool isEmptyValue(std::string_view value)
{
    return value == "null" || value == "\"\""
        || (value.front() == '[' && value.find_first_not_of(" \t\r\n", 1) == value.size() - 1);
}

} // namespace

bool hasMember(std::string_view json, std::string_view name)
{
    JsonScanner scanner(json);
    scanner.skipSpace();
    return findMember(scanner, name);
}

bool ShapeReader::read(const Shape& shape)
{
    using Kind = Shape::Kind;
    if (m_scanner.peek() == 'n' && shape.kind != Kind::Any && shape.kind != Kind::Decoded) {
        return readNull(shape);
    }
    switch (shape.kind) {
    case Kind::Any:
        return m_scanner.skip(JsonScanner::Check::Syntax);
    case Kind::Decoded:
        return m_scanner.skip(JsonScanner::Check::Values);
    case Kind::Text:
        return readText();
    case Kind::Flag:
        return readFlag();
    case Kind::Integer:
        return readInteger();
    case Kind::Number:
        return readNumber(kDoubleLimit);
    case Kind::Single:
        return readNumber(kFloatLimit);
    case Kind::UnixTime:
        return readUnixTime();
    case Kind::Object:
        return readObject(shape);
    case Kind::Map:
        return readMap(*shape.element);
    case Kind::List:
        return readList(*shape.element);
    case Kind::ByElement:
        return readByElement(shape);
    case Kind::ByTag:
        return readByTag(shape);
    case Kind::ByValue:
        break;
    }
    const Shape* chosen = byFirstByte(shape);
    return chosen != nullptr ? read(*chosen) : m_scanner.fail("a value of the wrong type");
}

bool ShapeReader::readNull(const Shape& shape)
{
    if (!m_scanner.literal("null")) {
        return false;
    }
    return !shape.refusesNull || m_scanner.fail("null is not allowed here");
}

bool ShapeReader::readText()
{
    if (m_scanner.peek() != '"') {
        return m_scanner.fail("expected a string");
    }
    JsonString ignored;
    return m_scanner.string(ignored, true);
}

bool ShapeReader::readFlag()
{
    const char first = m_scanner.peek();
    if (first != 't' && first != 'f') {
        return m_scanner.fail("expected true or false");
    }
    return m_scanner.literal(first == 't' ? "true" : "false");
}

bool ShapeReader::readInteger()
{
    std::string_view digits;
    if (!m_scanner.number(digits)) {
        return m_scanner.fail("expected an integer");
    }
    return isInt64(digits) || m_scanner.fail("expected an integer of 64 bits");
}

bool ShapeReader::readNumber(double limit)
{
    std::string_view digits;
    double value = 0;
    if (!m_scanner.number(digits)) {
        return m_scanner.fail("expected a number");
    }
    return (fitsDouble(digits, value) && std::fabs(value) < limit) || m_scanner.fail("a number is too large");
}

bool ShapeReader::readUnixTime()
{
    std::string_view digits;
    if (!m_scanner.number(digits) || !isInt64(digits.substr(0, digits.find('.')))) {
        return m_scanner.fail("expected a time in seconds");
    }
    return true;
}

bool ShapeReader::readObject(const Shape& shape)
{
    if (!m_scanner.take('{')) {
        return m_scanner.fail("expected an object");
    }
    bool hasRequired = shape.required.empty();
    m_scanner.skipSpace();
    if (!m_scanner.take('}')) {
        do {
            m_scanner.skipSpace();
            if (!readMember(shape, hasRequired)) {
                return false;
            }
            m_scanner.skipSpace();
        } while (m_scanner.take(','));
        if (!m_scanner.take('}')) {
            return m_scanner.fail("expected a comma or the end of an object");
        }
    }
    return hasRequired || m_scanner.fail("an object lacks what it is for");
}

bool ShapeReader::readMember(const Shape& shape, bool& hasRequired)
{
    JsonString name;
    if (!m_scanner.memberName(name, true)) {
        return false;
    }
    const Member* member = memberNamed(shape.members, name.text(m_storage));
    if (member == nullptr) {
        return m_scanner.skip(JsonScanner::Check::Syntax);
    }
    const std::size_t begin = m_scanner.at();
    if (!read(*member->shape)) {
        return false;
    }
    const text::Span value{begin, m_scanner.at()};
    if (member->fact != Fact::None) {
        Facts::Found& found = m_facts.found[static_cast<std::size_t>(member->fact)];
        if (found.first.length() == 0) {
            found.first = value;
        }
        if (m_scanner.textFrom(begin) != "null") {
            found.last = value;
        }
    }
    if (member->name == shape.required) {
        hasRequired = !isEmptyValue(m_scanner.textFrom(begin));
    }
    return true;
}

bool ShapeReader::readMap(const Shape& element)
{
    if (!m_scanner.take('{')) {
        return m_scanner.fail("expected an object");
    }
    m_scanner.skipSpace();
    if (m_scanner.take('}')) {
        return true;
    }
    JsonString name;
    do {
        m_scanner.skipSpace();
        if (!m_scanner.memberName(name, true) || !read(element)) {
            return false;
        }
        m_scanner.skipSpace();
    } while (m_scanner.take(','));
    return m_scanner.take('}') || m_scanner.fail("expected a comma or the end of an object");
}

bool ShapeReader::readList(const Shape& element)
{
    if (!m_scanner.take('[')) {
        return m_scanner.fail("expected a list");
    }
    m_scanner.skipSpace();
    if (m_scanner.take(']')) {
        return true;
    }
    do {
        m_scanner.skipSpace();
        if (!read(element)) {
            return false;
        }
        m_scanner.skipSpace();
    } while (m_scanner.take(','));
    return m_scanner.take(']') || m_scanner.fail("expected a comma or the end of a list");
}

bool ShapeReader::readByElement(const Shape& shape)
{
    JsonScanner ahead = m_scanner;
    ahead.take('[');
    ahead.skipSpace();
    if (ahead.take(']')) {
        m_scanner = ahead;
        return true;
    }
    std::swap(ahead, m_scanner);
    const Shape* chosen = byFirstByte(shape);
    std::swap(ahead, m_scanner);
    return chosen != nullptr ? readList(*chosen) : m_scanner.fail("an element of the wrong type");
}

bool ShapeReader::readByTag(const Shape& shape)
{
    JsonScanner ahead = m_scanner;
    const Shape* chosen = shape.untagged;
    if (findMember(ahead, shape.tag)) {
        // A tag that is no string stands for its own text, null for an empty one (gjson's Result.String).
        std::string_view tag;
        JsonString string;
        const std::size_t begin = ahead.at();
        if (ahead.peek() == '"') {
            if (!ahead.string(string, true)) {
                m_scanner = ahead;
                return false;
            }
            tag = string.text(m_storage);
        } else if (ahead.skip(JsonScanner::Check::Syntax) && ahead.textFrom(begin) != "null") {
            tag = ahead.textFrom(begin);
        }
        chosen = tag.empty() && shape.untagged != nullptr ? shape.untagged : shape.otherwise;
        for (const Variant& variant : shape.variants) {
            chosen = variant.tag == tag ? variant.shape : chosen;
        }
    }
    return chosen != nullptr ? read(*chosen) : m_scanner.fail("an object of no known kind");
}

const Shape* ShapeReader::byFirstByte(const Shape& shape) const
{
    switch (m_scanner.peek()) {
    case '"':
        return shape.text;
    case '[':
        return shape.list;
    case '{':
        return shape.object;
    case '-':
        return shape.number;
    default:
        return m_scanner.peek() >= '0' && m_scanner.peek() <= '9' ? shape.number : nullptr;
    }
}

} // namespace signalbox::chat
