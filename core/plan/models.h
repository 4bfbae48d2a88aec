// SPDX-License-Identifier: Apache-2.0
#pragma once

// The list behind /v1/models (ai-gateway 3.7).

#include "core/plan/plan.h"
#include "core/plan/resource_index.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace signalbox::plan {

/// Exact matches on "x-ai-eg-model" of all routes that name the Gateway, served or not; duplicates stay.
std::vector<Model> listModels(const std::vector<const manifest::AIGatewayRoute*>& routes);

/// Seconds since 1970 of an RFC 3339 moment, fractions cut off; nothing when it is not one.
std::optional<std::int64_t> unixSeconds(std::string_view moment);

} // namespace signalbox::plan
