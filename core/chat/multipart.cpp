// SPDX-License-Identifier: Apache-2.0
#include "core/chat/multipart.h"

#include <algorithm>
#include <optional>

namespace signalbox::chat {

namespace {

constexpr std::string_view kBlank = " \t";

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string_view trimmedLeft(std::string_view text)
{
    return text.substr(std::min(text.find_first_not_of(kBlank), text.size()));
}

std::string_view trimmed(std::string_view text)
{
    text = trimmedLeft(text);
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

bool isTokenByte(char c)
{
    return c > ' ' && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
}

std::string_view takeToken(std::string_view& rest)
{
    std::size_t length = 0;
    while (length < rest.size() && isTokenByte(rest[length])) {
        ++length;
    }
    const std::string_view token = rest.substr(0, length);
    rest.remove_prefix(length);
    return token;
}

/// A quoted string's text; nothing when its end is missing.
std::optional<std::string> takeQuoted(std::string_view& rest)
{
    std::string out;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return out;
        }
        if (rest[i] == '\\' && i + 1 < rest.size() && !isTokenByte(rest[i + 1])) {
            ++i;
        }
        out += rest[i];
    }
    return std::nullopt;
}

/// The parameter `wanted` of a header value like `type; name=value`; nothing when any parameter is malformed or
/// contradicts an earlier one.
std::optional<std::string> parameter(std::string_view value, std::string_view wanted)
{
    std::vector<std::pair<std::string, std::string>> seen;
    std::string_view rest = value.substr(std::min(value.find(';'), value.size()));
    for (rest = trimmedLeft(rest); !rest.empty() && trimmed(rest) != ";"; rest = trimmedLeft(rest)) {
        if (rest.front() != ';') {
            return std::nullopt;
        }
        rest = trimmedLeft(rest.substr(1));
        std::string name = lowered(takeToken(rest));
        rest = trimmedLeft(rest);
        if (name.empty() || rest.empty() || rest.front() != '=') {
            return std::nullopt;
        }
        rest = trimmedLeft(rest.substr(1));
        const bool quoted = !rest.empty() && rest.front() == '"';
        const auto text = quoted ? takeQuoted(rest) : std::optional<std::string>(takeToken(rest));
        if (!text || (!quoted && text->empty())) {
            return std::nullopt;
        }
        for (const auto& [earlierName, earlierText] : seen) {
            if (earlierName == name && earlierText != *text) {
                return std::nullopt;
            }
        }
        seen.emplace_back(std::move(name), *text);
    }
    for (const auto& [name, text] : seen) {
        if (name == wanted) {
            return text;
        }
    }
    return std::string();
}

bool isHeaderName(std::string_view name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return isTokenByte(c) || c == ' '; });
}

bool isHeaderValue(std::string_view value)
{
    return std::none_of(value.begin(), value.end(),
        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

/// "content-type" to "Content-Type"; names with spaces stay as they are.
std::string canonicalName(std::string_view name)
{
    std::string out(name);
    if (out.find(' ') != std::string::npos) {
        return out;
    }
    bool first = true;
    for (char& c : out) {
        c = first ? upper(c) : lower(c);
        first = c == '-';
    }
    return out;
}

std::string formName(const FormPart& part)
{
    for (const auto& [name, value] : part.headers) {
        if (name == "Content-Disposition") {
            const std::string_view type = trimmed(std::string_view(value).substr(0, value.find(';')));
            return lowered(type) == "form-data" ? parameter(value, "name").value_or("") : std::string();
        }
    }
    return {};
}

std::string_view takeLine(std::string_view& rest)
{
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
    rest.remove_prefix(line.size());
    return line;
}

} // namespace

std::string multipartBoundary(std::string_view contentType)
{
    std::string_view type = trimmed(contentType.substr(0, contentType.find(';')));
    const bool wellFormed = !takeToken(type).empty() && !type.empty() && type.front() == '/';
    if (!wellFormed) {
        return {};
    }
    type.remove_prefix(1);
    takeToken(type);
    return type.empty() ? parameter(contentType, "boundary").value_or("") : std::string();
}

FormReader::FormReader(std::string_view form, std::string_view boundary)
    : m_rest(form),
      m_dashBoundary("--" + std::string(boundary))
{}

FormReader::Step FormReader::next(FormPart& part)
{
    Step step = Step::Broken;
    do {
        if (m_rest.empty()) {
            return Step::End;
        }
        const std::string_view line = takeLine(m_rest);
        step = delimiter(line);
        if (step == Step::Broken && line.back() != '\n') {
            return Step::End; // what breaks off between two parts counts as the end
        }
    } while (step == Step::Broken && !m_started); // a preamble
    if (step != Step::Part) {
        return step;
    }
    m_started = true;
    part = {};
    if (!readHeaders(part) || !readContent(part)) {
        return Step::Broken;
    }
    part.name = formName(part);
    return Step::Part;
}

FormReader::Step FormReader::delimiter(std::string_view line)
{
    if (line.substr(0, m_dashBoundary.size()) != m_dashBoundary) {
        return Step::Broken;
    }
    std::string_view rest = line.substr(m_dashBoundary.size());
    const bool last = rest.substr(0, 2) == "--";
    rest = trimmedLeft(rest.substr(last ? 2 : 0));
    if (!m_started && rest == "\n") {
        m_newline = "\n"; // a form written with bare line feeds throughout
    }
    if (rest.empty() || last) {
        return rest.empty() || rest == m_newline ? Step::End : Step::Broken;
    }
    return rest == m_newline ? Step::Part : Step::Broken;
}

bool FormReader::readHeaders(FormPart& part)
{
    while (!m_rest.empty()) {
        std::string_view line = takeLine(m_rest);
        if (line.empty() || line.back() != '\n') {
            return false;
        }
        line.remove_suffix(line.size() > 1 && line[line.size() - 2] == '\r' ? 2 : 1);
        if (line.empty()) {
            return true;
        }
        if (kBlank.find(line.front()) != std::string_view::npos) {
            if (part.headers.empty() || !isHeaderValue(line)) {
                return false;
            }
            std::string& value = part.headers.back().second;
            value.append(value.empty() ? "" : " ").append(trimmed(line));
            continue;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !isHeaderName(line.substr(0, colon)) || !isHeaderValue(line)) {
            return false;
        }
        part.headers.emplace_back(canonicalName(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
    return false;
}

bool FormReader::readContent(FormPart& part)
{
    const std::string separator = std::string(m_newline) + m_dashBoundary;
    // An empty part may have its delimiter right behind the headers, without a line end of its own.
    std::size_t end = 0;
    std::size_t skipped = 0;
    if (m_rest.substr(0, m_dashBoundary.size()) != m_dashBoundary) {
        skipped = m_newline.size();
        for (end = m_rest.find(separator); end != std::string_view::npos; end = m_rest.find(separator, end + 1)) {
            const std::string_view behind = m_rest.substr(end + separator.size());
            if (behind.empty() || std::string_view(" \t\r\n").find(behind.front()) != std::string_view::npos
                || behind.substr(0, 2) == "--") {
                break;
            }
        }
    }
    if (end == std::string_view::npos) {
        return false;
    }
    part.content = m_rest.substr(0, end);
    m_rest.remove_prefix(end + skipped);
    return true;
}

std::optional<std::string> rewriteFormModel(
    std::string_view form, std::string_view oldBoundary, std::string_view model, std::string_view newBoundary)
{
    FormReader reader(form, oldBoundary);
    FormPart part;
    std::string out;
    out.reserve(form.size() + 512);
    while (true) {
        const FormReader::Step step = reader.next(part);
        if (step == FormReader::Step::Broken) {
            return std::nullopt;
        }
        if (step == FormReader::Step::End) {
            out.append("\r\n--").append(newBoundary).append("--\r\n");
            return out;
        }
        out.append(out.empty() ? "--" : "\r\n--").append(newBoundary).append("\r\n");
        const bool isModel = part.name == "model";
        if (isModel) {
            out.append("Content-Disposition: form-data; name=\"model\"\r\n");
        } else {
            std::stable_sort(part.headers.begin(), part.headers.end(),
                [](const auto& left, const auto& right) { return left.first < right.first; });
            for (const auto& [name, value] : part.headers) {
                out.append(name).append(": ").append(value).append("\r\n");
            }
        }
        out.append("\r\n").append(isModel ? model : part.content);
    }
}

} // namespace signalbox::chat
