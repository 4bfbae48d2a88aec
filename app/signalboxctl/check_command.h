// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/text/diagnostic.h"

#include <optional>
#include <string>
#include <vector>

namespace signalbox::app {

/// Options of `signalboxctl check` (docs/signalboxctl.md).
struct CheckOptions {
    std::vector<std::string> inputs;
    std::optional<std::string> gateway;
    text::Severity level = text::Severity::Warning;
    bool json = false;
};

/// Prints what reader and compiler find; returns the exit code.
int check(const CheckOptions& options);

} // namespace signalbox::app
