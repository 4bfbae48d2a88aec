// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/yaml_scan.h"

#include <algorithm>

namespace signalbox::manifest {

namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kBreaks = "\r\n";
constexpr std::string_view kEndOfName = " \t\r\n,[]{}";

char at(std::string_view text, std::size_t position)
{
    return position < text.size() ? text[position] : '\0';
}

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::size_t findOf(std::string_view text, std::string_view set, std::size_t from)
{
    return std::min(text.find_first_of(set, from), text.size());
}

std::size_t behindLineBreak(std::string_view text, std::size_t from)
{
    const std::size_t line = findOf(text, kBreaks, from);
    const bool crLf = at(text, line) == '\r' && at(text, line + 1) == '\n';
    return std::min(line + (crLf ? 2 : 1), text.size());
}

// YAML 1.2's tag characters; the first other one begins the value, even without a blank.
std::size_t tagEnd(std::string_view text, std::size_t begin)
{
    constexpr std::string_view kTag =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-#;/?:@&=+$_.~*'()!%";
    const std::size_t close = at(text, begin + 1) == '<' ? text.find('>', begin) : std::string_view::npos;
    return close != std::string_view::npos ? close + 1 : std::min(text.find_first_not_of(kTag, begin + 1), text.size());
}

std::size_t quotedEnd(std::string_view text, std::size_t begin)
{
    const char quote = text[begin];
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        if (text[i] == '\\' && quote == '"') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || at(text, i + 1) != '\'') {
                return i + 1;
            }
            ++i;
        }
    }
    return std::string_view::npos;
}

// Neither plain nor block scalars have escapes or inner comments, so their bytes other than white space
// stand in the text as they stand in the value, however lines are folded and indented.
std::size_t behindInk(std::string_view text, std::size_t from, std::string_view value)
{
    auto ink = static_cast<std::size_t>(std::count_if(value.begin(), value.end(), [](char c) { return !isSpace(c); }));
    std::size_t i = from;
    for (; ink > 0 && i < text.size(); ++i) {
        ink -= isSpace(text[i]) ? 0 : 1;
    }
    return i;
}

std::size_t blockScalarEnd(std::string_view text, std::size_t begin, std::string_view value)
{
    std::size_t end = std::min(text.find_first_not_of("+-0123456789", begin + 1), text.size());
    if (value.empty()) {
        return end;
    }
    end = behindInk(text, behindLineBreak(text, end), value);
    const std::size_t lastInk = value.find_last_not_of(kSpace);
    const std::string_view tail = lastInk == std::string_view::npos ? value : value.substr(lastInk + 1);
    for (auto breaks = std::count(tail.begin(), tail.end(), '\n'); breaks > 0; --breaks) {
        end = behindLineBreak(text, end);
    }
    return !tail.empty() && tail.back() != '\n' ? findOf(text, kBreaks, end) : end;
}

} // namespace

Skipped skipGap(std::string_view text, std::size_t from)
{
    Skipped result{from, kNoLine};
    for (; result.at < text.size(); ++result.at) {
        const char c = text[result.at];
        if (c == '#') {
            result.at = findOf(text, kBreaks, result.at);
            if (result.at == text.size()) {
                break;
            }
            result.lineStart = result.at + 1;
        } else if (c == '\n' || c == '\r') {
            result.lineStart = result.at + 1;
        } else if (c != ' ' && c != '\t') {
            break;
        }
    }
    return result;
}

Skipped skipProperties(std::string_view text, std::size_t from, std::size_t& propertiesEnd)
{
    Skipped result{from, kNoLine};
    propertiesEnd = from;
    while (at(text, result.at) == '&' || at(text, result.at) == '!') {
        propertiesEnd = at(text, result.at) == '!' ? tagEnd(text, result.at) : findOf(text, kEndOfName, result.at + 1);
        const Skipped gap = skipGap(text, propertiesEnd);
        result = {gap.at, gap.crossedLine() ? gap.lineStart : result.lineStart};
    }
    return result;
}

std::size_t scalarEnd(std::string_view text, std::size_t begin, std::string_view value)
{
    switch (at(text, begin)) {
    case '"':
    case '\'':
        return quotedEnd(text, begin);
    case '|':
    case '>':
        return blockScalarEnd(text, begin, value);
    default:
        break;
    }
    return text.substr(begin, value.size()) == value ? begin + value.size() : behindInk(text, begin, value);
}

std::size_t aliasEnd(std::string_view text, std::size_t begin)
{
    return findOf(text, kEndOfName, begin + 1);
}

std::size_t nullLength(std::string_view text, std::size_t from)
{
    if (at(text, from) == '~') {
        return 1;
    }
    const std::string_view word = text.substr(std::min(from, text.size()), 4);
    return word == "null" || word == "Null" || word == "NULL" ? 4 : 0;
}

std::size_t flowEnd(std::string_view text, std::size_t from)
{
    for (std::size_t i = skipGap(text, from).at; i < text.size(); i = skipGap(text, i + 1).at) {
        if (text[i] == ']' || text[i] == '}') {
            return i + 1;
        }
        if (text[i] != ',' && text[i] != ':' && text[i] != '?') {
            break;
        }
    }
    return from;
}

bool startsQuoted(std::string_view text, std::size_t from)
{
    const char c = at(text, from);
    return c == '"' || c == '\'' || c == '|' || c == '>';
}

} // namespace signalbox::manifest
