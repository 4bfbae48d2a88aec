// SPDX-License-Identifier: Apache-2.0
#pragma once

// HTTP/1 messages as tests see them, read by a second, plain reader: the code under test must not judge itself.

#include "tests/support/stream_socket.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace signalbox::test {

/// A request or an answer; header names in lower case.
struct Message {
    std::string startLine;
    std::multimap<std::string, std::string> headers;
    std::string body;      ///< decoded
    bool complete = false; ///< head and body ended as the framing says
    bool chunked = false;

    int status() const { return startLine.size() < 12 ? 0 : std::atoi(startLine.c_str() + 9); }
    std::string header(const std::string& name) const
    {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
    bool closes() const { return header("connection") == "close"; }
};

inline bool readHeadText(std::string_view text, Message& message)
{
    std::size_t at = text.find("\r\n");
    message.startLine = text.substr(0, at);
    while (at != std::string_view::npos && at + 2 < text.size()) {
        const std::size_t next = text.find("\r\n", at + 2);
        const std::string_view line = text.substr(at + 2, next - at - 2);
        const std::size_t colon = line.find(": ");
        if (!line.empty() && colon == std::string_view::npos) {
            return false;
        }
        if (!line.empty()) {
            std::string name(line.substr(0, colon));
            std::transform(name.begin(), name.end(), name.begin(),
                [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            message.headers.emplace(std::move(name), line.substr(colon + 2));
        }
        at = next;
    }
    return true;
}

/// Reads chunks into message.body until the last one.
inline void readChunkedBody(StreamSocket& socket, Message& message, milliseconds limit)
{
    for (;;) {
        if (!socket.readUntil(
                [](std::string_view bytes) { return bytes.find("\r\n") != std::string_view::npos; }, limit)) {
            return;
        }
        const std::string line = socket.take(socket.received().find("\r\n") + 2);
        std::size_t size = 0;
        if (std::from_chars(line.data(), line.data() + line.size(), size, 16).ec != std::errc()) {
            return;
        }
        const bool whole = socket.readUntil([&](std::string_view bytes) { return bytes.size() >= size + 2; }, limit);
        message.body += socket.take(std::min(size, socket.received().size()));
        if (!whole || socket.take(2) != "\r\n") {
            return;
        }
        if (size == 0) {
            message.complete = true;
            return;
        }
    }
}

enum class Role { Request, Answer, AnswerToHead };

/// Reads the next message; `complete` is false when the connection ended or the deadline came before its end.
inline Message readMessage(StreamSocket& socket, Role role, milliseconds limit = kDeadline)
{
    Message message;
    if (!socket.readUntil(
            [](std::string_view bytes) { return bytes.find("\r\n\r\n") != std::string_view::npos; }, limit)
        || !readHeadText(socket.take(socket.received().find("\r\n\r\n") + 4), message)) {
        return message;
    }
    message.chunked = message.header("transfer-encoding") == "chunked";
    const int status = role == Role::Request ? 0 : message.status();
    if (role == Role::AnswerToHead || (status >= 100 && status < 200) || status == 204 || status == 304) {
        message.complete = true;
    } else if (message.chunked) {
        readChunkedBody(socket, message, limit);
    } else if (const std::string length = message.header("content-length"); !length.empty() || role == Role::Request) {
        const std::size_t size = length.empty() ? 0 : std::stoul(length);
        message.complete = socket.readUntil([&](std::string_view bytes) { return bytes.size() >= size; }, limit);
        message.body = socket.take(std::min(size, socket.received().size()));
    } else {
        message.complete = socket.readToEnd(limit);
        message.body = socket.take(socket.received().size());
    }
    return message;
}

/// A chat request for `model` as the guides send it; `more` are further header lines.
inline std::string chatBody(std::string_view model, bool stream = false)
{
    return "{\"model\":\"" + std::string(model) + (stream ? "\",\"stream\":true" : "\"")
        + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
}

inline std::string postOf(std::string_view body, std::string_view more = {})
{
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\n"
        + std::string(more) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string chatRequest(std::string_view model, bool stream = false, std::string_view more = {})
{
    return postOf(chatBody(model, stream), more);
}

inline std::string chunked(std::string_view bytes)
{
    char size[24];
    const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
    return std::string(size, end) + "\r\n" + std::string(bytes) + "\r\n";
}

/// A body that shows when bytes are lost, doubled or moved.
inline std::string patternedText(std::size_t size)
{
    std::string text;
    text.reserve(size + 16);
    for (std::size_t i = 0; text.size() < size; ++i) {
        text += std::to_string(i) + ' ';
    }
    text.resize(size);
    return text;
}

} // namespace signalbox::test
