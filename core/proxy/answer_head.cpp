// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/answer_head.h"

#include "core/proxy/head_line.h"

#include <charconv>

namespace signalbox::proxy {
namespace {

void appendNumber(std::string& out, std::uint64_t number)
{
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

void appendStatusLine(std::string& out, std::uint16_t status)
{
    out.append("HTTP/1.1 ");
    appendNumber(out, status);
    out.append(" ").append(reasonPhrase(status)).append("\r\n");
}

void appendFraming(std::string& out, const AnswerBody& body)
{
    if (body.framing == AnswerBody::Framing::Chunked) {
        out.append("transfer-encoding: chunked\r\n");
    } else if (body.framing == AnswerBody::Framing::Length) {
        out.append("content-length: ");
        appendNumber(out, body.length);
        out.append("\r\n");
    }
}

bool isHopByHop(std::string_view name)
{
    return name == "connection" || name == "keep-alive" || name == "proxy-connection" || name == "transfer-encoding"
        || name == "content-length" || name == "upgrade";
}

} // namespace

std::string_view reasonPhrase(std::uint16_t status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 203:
        return "Non-Authoritative Information";
    case 204:
        return "No Content";
    case 205:
        return "Reset Content";
    case 206:
        return "Partial Content";
    case 300:
        return "Multiple Choices";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 402:
        return "Payment Required";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Payload Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Entity";
    case 424:
        return "Failed Dependency";
    case 426:
        return "Upgrade Required";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "Unknown";
    }
}

void writeAnswerHead(std::string& out, const http::ResponseHead& head, const char* base, const AnswerBody& body,
    bool replaced, bool close, std::string_view date)
{
    appendStatusLine(out, head.status);
    bool dated = false;
    for (const http::Field& field : head.fields) {
        const std::string_view name = head.name(base, field);
        if (isHopByHop(name) || (replaced && (name == "content-type" || name == "content-encoding"))) {
            continue;
        }
        dated = dated || name == "date";
        appendLine(out, name, head.value(base, field));
    }
    if (replaced) {
        out.append("content-type: application/json\r\n");
    }
    if (!dated) {
        appendLine(out, "date", date);
    }
    appendFraming(out, body);
    out.append(close ? "connection: close\r\n\r\n" : "\r\n");
}

void writeLocalHead(std::string& out, std::uint16_t status, std::string_view contentType, std::uint64_t length,
    bool close, std::string_view date, std::string_view extra)
{
    appendStatusLine(out, status);
    if (!contentType.empty()) {
        appendLine(out, "content-type", contentType);
    }
    out.append(extra);
    appendLine(out, "date", date);
    appendFraming(out, {AnswerBody::Framing::Length, length});
    out.append(close ? "connection: close\r\n\r\n" : "\r\n");
}

} // namespace signalbox::proxy
