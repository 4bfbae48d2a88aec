// SPDX-License-Identifier: Apache-2.0
#pragma once

// The string formats of the CRDs (Gateway API 1.6, Envoy Gateway 1.9, AI Gateway 1.1), as plain functions
// because regular expressions are for values that users match with.

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

namespace signalbox::manifest {

/// What a CRD demands of a string. Lengths count code points.
struct StringRule {
    std::size_t minLength = 0;
    std::size_t maxLength = std::numeric_limits<std::size_t>::max();
    bool (*matches)(std::string_view) = nullptr;
    std::string_view pattern = {};                ///< the CRD's pattern, or words, for the message
    std::span<const std::string_view> oneOf = {}; ///< the enum; empty: any value
    bool isPrivate = false;                       ///< never shown in a message
};

bool isDnsLabel(std::string_view text); ///< RFC 1123 label, lower case
bool isDnsName(std::string_view text);  ///< labels joined by dots
bool isDateTime(std::string_view text); ///< RFC 3339

inline constexpr StringRule kAnyString{};
inline constexpr StringRule kNonEmpty{.minLength = 1};

extern const StringRule kObjectName; ///< metadata.name: a DNS name
extern const StringRule kNamespace;
extern const StringRule kGroup; ///< an API group, may be empty
extern const StringRule kKind;
extern const StringRule kOptionalKind; ///< may be empty
extern const StringRule kReferredName; ///< 1 to 253 of anything
extern const StringRule kSectionName;
extern const StringRule kHostname;        ///< a DNS name, may begin with "*."
extern const StringRule kPreciseHostname; ///< a DNS name
extern const StringRule kFqdn;            ///< a DNS name, may end with a dot
extern const StringRule kIpAddress;
extern const StringRule kHeaderName;
extern const StringRule kHeaderValue; ///< 1 to 4096 of anything; private
extern const StringRule kMatchValue;  ///< printable ASCII
extern const StringRule kControllerName;
extern const StringRule kProtocol;
extern const StringRule kDateTime;
extern const StringRule kDuration;
extern const StringRule kBufferSize; ///< the narrower quantity of connection.bufferLimit

} // namespace signalbox::manifest
