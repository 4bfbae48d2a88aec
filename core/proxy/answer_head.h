// SPDX-License-Identifier: Apache-2.0
#pragma once

// Heads of answers to the client: those of backends without hop-by-hop headers, and the gateway's own.

#include "core/http/head.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace signalbox::proxy {

/// How the body of an answer goes to the client.
struct AnswerBody {
    enum class Framing { None, Length, Chunked };
    Framing framing = Framing::Length;
    std::uint64_t length = 0;
};

/// The standard reason phrase as Envoy writes it; "Unknown" for others.
std::string_view reasonPhrase(std::uint16_t status);

/// A backend's head behind `out`. `replaced`: the body is the gateway's (application/json, content-encoding dropped).
void writeAnswerHead(std::string& out, const http::ResponseHead& head, const char* base, const AnswerBody& body,
    bool replaced, bool close, std::string_view date);

/// A local reply's head behind `out`; an empty content type writes none. `extra` is complete header lines.
void writeLocalHead(std::string& out, std::uint16_t status, std::string_view contentType, std::uint64_t length,
    bool close, std::string_view date, std::string_view extra = {});

} // namespace signalbox::proxy
