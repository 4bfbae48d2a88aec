// SPDX-License-Identifier: Apache-2.0
#pragma once

// mergeType of a BackendTrafficPolicy: StrategicMerge and JSONMerge both overlay objects field by field
// and replace lists whole.

#include "core/manifest/resources.h"

namespace signalbox::plan {

/// `parent` with everything that `own` sets put over it.
manifest::TrafficSettings mergeSettings(const manifest::TrafficSettings& own, const manifest::TrafficSettings& parent);

} // namespace signalbox::plan
