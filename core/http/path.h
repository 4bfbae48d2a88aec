// SPDX-License-Identifier: Apache-2.0
#pragma once

// Request targets as Envoy Gateway's listeners treat them before routing (normalize_path, merge_slashes,
// UNESCAPE_AND_REDIRECT; envoy-routing 9, ai-gateway 3.1).

#include <string>
#include <string_view>

namespace signalbox::http {

struct NormalizedTarget {
    enum class Kind {
        Path,     ///< `path` and `query` hold
        Redirect, ///< 307 to `path` + `query`: it had an escaped slash
        Refused,  ///< 400 with an empty body: a fragment, or no path
    };
    Kind kind = Kind::Path;
    std::string path;      ///< dot segments resolved, slashes merged, needless escapes of unreserved characters undone
    std::string query;     ///< with its "?", or empty
    std::string authority; ///< of an absolute-form target; replaces Host; else empty
};

/// True when `target` is already in its normal form and needs no work: the usual case.
bool isNormalTarget(std::string_view target);

NormalizedTarget normalizeTarget(std::string_view target);

} // namespace signalbox::http
