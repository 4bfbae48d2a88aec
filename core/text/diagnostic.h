// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/text/source_text.h"

#include <string>
#include <vector>

namespace signalbox::text {

enum class Severity { Error, Warning, Info };

/// One problem for people and programs. `code` is stable, lower-case with hyphens
/// ("backend-missing"); `message` is one sentence: what was found, what was expected, what follows.
struct Diagnostic {
    Severity severity = Severity::Error;
    std::string code;
    std::string message;
    Place place;

    bool operator==(const Diagnostic& other) const
    {
        return severity == other.severity && code == other.code && message == other.message;
    }
};

using Diagnostics = std::vector<Diagnostic>;

/// "file:line:column: error: message [code]", or without a place "error: message [code]".
std::string toText(const Diagnostic& diagnostic);

/// Orders by file name, then place; keeps the order of equal ones.
void sortByPlace(Diagnostics& diagnostics);

} // namespace signalbox::text
