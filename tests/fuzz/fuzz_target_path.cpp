// SPDX-License-Identifier: Apache-2.0
// link: http

// A normalised target stays as it is when it is normalised again, hides no dot segments, and the short cut for targets that
// are normal already agrees with the long way.

#include "core/http/path.h"
#include "tests/fuzz/require.h"

#include <cstdint>

namespace {

using namespace signalbox::http;
using signalbox::fuzz::require;

bool hasSegment(std::string_view path, std::string_view segment)
{
    while (!path.empty()) {
        const std::size_t end = path.find('/', 1);
        if (path.substr(1, end == std::string_view::npos ? end : end - 1) == segment) {
            return true;
        }
        path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    }
    return false;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string target(data, data + size);
    const NormalizedTarget once = normalizeTarget(target);
    if (isNormalTarget(target)) {
        require(
            once.kind == NormalizedTarget::Kind::Path && once.authority.empty() && once.path + once.query == target);
    }
    if (once.kind == NormalizedTarget::Kind::Refused) {
        return 0;
    }
    require(once.query.empty() || once.query.front() == '?');
    if (once.path != "*") {
        require(once.path.starts_with('/') && once.path.find("//") == std::string::npos);
        require(!hasSegment(once.path, ".") && !hasSegment(once.path, ".."));
    }
    const NormalizedTarget twice = normalizeTarget(once.path + once.query);
    require(twice.kind == NormalizedTarget::Kind::Path && twice.path == once.path && twice.query == once.query);
    return 0;
}
