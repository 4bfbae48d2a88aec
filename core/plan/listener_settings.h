// SPDX-License-Identifier: Apache-2.0
#pragma once

// ClientTrafficPolicy: what it sets on a listener.

#include "core/plan/plan.h"
#include "core/plan/reporter.h"
#include "core/plan/resource_index.h"

#include <map>
#include <optional>
#include <string>

namespace signalbox::plan {

class ListenerSettings
{
public:
    ListenerSettings(const ResourceIndex& index, const manifest::Gateway& gateway, Reporter& reporter);

    /// Sets buffer limit, time-out and flags. Returns the stream idle time-out when a policy sets one.
    std::optional<base::Duration> apply(Listener& listener) const;

private:
    std::map<std::string, const manifest::ClientTrafficPolicy*> m_bySection; ///< "": the whole Gateway
};

} // namespace signalbox::plan
