// SPDX-License-Identifier: Apache-2.0
#include "core/text/diagnostic.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace signalbox::text {

namespace {

std::string_view severityText(Severity severity)
{
    switch (severity) {
    case Severity::Error:
        return "error";
    case Severity::Warning:
        return "warning";
    case Severity::Info:
        break;
    }
    return "info";
}

auto orderOf(const Diagnostic& diagnostic)
{
    const SourceText* source = diagnostic.place.source.get();
    return std::tuple(source != nullptr, source != nullptr ? std::string_view(source->name()) : std::string_view(),
        diagnostic.place.span.begin, diagnostic.place.span.end);
}

} // namespace

std::string toText(const Diagnostic& diagnostic)
{
    std::string result;
    if (diagnostic.place.source) {
        const Position position = diagnostic.place.source->positionAt(diagnostic.place.span.begin);
        result = diagnostic.place.source->name() + ':' + std::to_string(position.line) + ':'
            + std::to_string(position.column) + ": ";
    }
    result += severityText(diagnostic.severity);
    result += ": " + diagnostic.message + " [" + diagnostic.code + ']';
    return result;
}

void sortByPlace(Diagnostics& diagnostics)
{
    std::stable_sort(diagnostics.begin(), diagnostics.end(),
        [](const Diagnostic& a, const Diagnostic& b) { return orderOf(a) < orderOf(b); });
}

} // namespace signalbox::text
