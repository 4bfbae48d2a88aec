// SPDX-License-Identifier: Apache-2.0
#pragma once

// HTTP/1 heads by Envoy's rules (RFC 9112 as Envoy's codec applies it; envoy-routing 9, ai-gateway 6): bare LF
// is accepted; a space before a colon, obs-fold, two lengths (equal ones too), length with chunked, unknown
// methods and names with "_" are refused. Pure functions over bytes; no allocation beyond the field list.

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace signalbox::http {

/// Limits of Envoy Gateway's listeners and clusters.
inline constexpr std::size_t kMaxHeadBytes = 60 * 1024;
inline constexpr std::size_t kMaxFields = 100;

/// One header line as offsets from the head's first byte, so that the buffer may move.
struct Field {
    std::uint32_t name = 0;
    std::uint32_t nameLength = 0;
    std::uint32_t value = 0;
    std::uint32_t valueLength = 0;
};

/// How a message's body is delimited (RFC 9112, 6.3).
enum class Framing : std::uint8_t { None, Length, Chunked, UntilClose };

/// What both kinds of head share. Views need the address of the head's first byte.
struct Head {
    std::uint32_t length = 0;      ///< bytes of the head, the empty line included
    std::uint8_t minorVersion = 1; ///< HTTP/1.x
    Framing framing = Framing::None;
    std::uint64_t contentLength = 0; ///< with Framing::Length
    bool connectionClose = false;    ///< a Connection header lists "close"
    bool connectionKeepAlive = false;
    boost::container::small_vector<Field, 24> fields; ///< in order; names are lower-case in the buffer

    std::string_view name(const char* base, const Field& field) const { return {base + field.name, field.nameLength}; }
    std::string_view value(const char* base, const Field& field) const
    {
        return {base + field.value, field.valueLength};
    }
    /// Value of the first field with this lower-case name; null data when there is none.
    std::string_view find(const char* base, std::string_view lowerName) const;
    bool has(const char* base, std::string_view lowerName) const { return find(base, lowerName).data() != nullptr; }
};

struct RequestHead : Head {
    std::uint32_t methodLength = 0; ///< the method starts at offset 0
    std::uint32_t target = 0;       ///< offset of the request target
    std::uint32_t targetLength = 0;
    bool expectsContinue = false;
    bool expectsOther = false; ///< an Expect header that is not 100-continue
    bool upgrade = false;

    std::string_view method(const char* base) const { return {base, methodLength}; }
    std::string_view targetText(const char* base) const { return {base + target, targetLength}; }
};

struct ResponseHead : Head {
    std::uint16_t status = 0;
};

enum class ParseStatus : std::uint8_t {
    Incomplete, ///< more bytes are needed
    Complete,
    BadRequest,     ///< 400 (for a response: a protocol error)
    VersionRefused, ///< 426: HTTP/1.0 or another version than 1.1
    TooLarge,       ///< 431: more than kMaxHeadBytes or kMaxFields
    NotImplemented, ///< 501: a transfer coding other than chunked
};

/// Finds and reads one head at the start of a growing buffer; keep one object per message, so that bytes are
/// not searched twice. Field names are lowered in the buffer itself.
class HeadParser
{
public:
    /// `data`, `size`: everything received so far of this message. Returns Incomplete until the empty line has
    /// arrived; refusals come as soon as they are certain (a wrong first line at its end, a wrong first byte at once).
    ParseStatus parseRequest(char* data, std::size_t size, RequestHead& head);
    ParseStatus parseResponse(char* data, std::size_t size, ResponseHead& head);

    void reset()
    {
        m_searched = 0;
        m_firstLineChecked = false;
    }

private:
    std::size_t findEnd(const char* data, std::size_t size);

    std::size_t m_searched = 0;
    bool m_firstLineChecked = false;
};

/// Body framing of a response to `method` (none for HEAD, 1xx, 204, 304) once its head is read.
Framing responseFraming(const ResponseHead& head, bool toHead);

/// True when `text` equals the lower-case `lower`, ASCII case ignored.
bool equalsIgnoreCase(std::string_view text, std::string_view lower);

/// Calls visit(element) for each comma-separated element of a list value, spaces trimmed, empty ones left out.
template<typename Visit>
void forEachElement(std::string_view value, Visit&& visit)
{
    while (!value.empty()) {
        const std::size_t comma = value.find(',');
        std::string_view element = value.substr(0, comma);
        value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
        while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) {
            element.remove_prefix(1);
        }
        while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) {
            element.remove_suffix(1);
        }
        if (!element.empty()) {
            visit(element);
        }
    }
}

} // namespace signalbox::http
