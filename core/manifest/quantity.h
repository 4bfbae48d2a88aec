// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace signalbox::manifest {

/// The whole number that a Kubernetes quantity means, rounded away from zero as Quantity.Value() does: "50Mi",
/// "1G", "0.5Gi", "32768", "1e3", "100m" (1). Nothing when it is no quantity or does not fit 64 bits.
std::optional<std::int64_t> parseQuantity(std::string_view text);

} // namespace signalbox::manifest
