// SPDX-License-Identifier: Apache-2.0
#pragma once

// Durations as the Gateway API writes them (GEP-2257): one to four groups of up to five digits and
// a unit of h, m, s or ms, for example "1h30m" or "100ms".

#include "core/base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace signalbox::base {

/// The duration that `text` means, or nothing when it does not match
/// ^([0-9]{1,5}(h|m|s|ms)){1,4}$.
std::optional<Duration> parseDuration(std::string_view text);

/// The shortest such text for a duration, to the millisecond: "0s", "100ms", "1m30s".
std::string durationText(Duration duration);

} // namespace signalbox::base
