// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/workspace/workspace.h"

#include <optional>

namespace signalbox::app {

/// The exit code with which a verb that needs a plan ends before it begins, after saying why; nothing when it can go on.
std::optional<int> exitCodeOf(const workspace::Analysis& analysis);

} // namespace signalbox::app
