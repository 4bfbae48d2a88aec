// SPDX-License-Identifier: Apache-2.0
#pragma once

// When a change of health reaches the balancers: Envoy's update_merge_window of 1 s (envoy-routing 6.4).

#include "core/base/time.h"

#include <chrono>

namespace signalbox::dispatch {

class MergeWindow
{
public:
    explicit MergeWindow(base::Instant now) : m_lastUpdate(now) {}

    /// Host flags changed. True: publish them now; else they wait for due().
    bool onHealthChange(base::Instant now)
    {
        if (m_due != base::kNever) {
            return false;
        }
        if (now - m_lastUpdate > kWidth) {
            m_lastUpdate = now;
            return true;
        }
        m_due = now + kWidth;
        return false;
    }

    /// Hosts joined or left, or due() has come: everything that waited is published with it.
    void onPublished(base::Instant now)
    {
        m_lastUpdate = now;
        m_due = base::kNever;
    }

    base::Instant due() const { return m_due; }

private:
    static constexpr base::Duration kWidth = std::chrono::seconds(1);

    base::Instant m_lastUpdate;
    base::Instant m_due = base::kNever;
};

} // namespace signalbox::dispatch
