// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one worker keeps for a plan: its live clusters and its streams of randomness. A change of plan
// makes a new WorkerState that takes over the clusters which did not change (envoy-routing 14); the old
// one lives until the last request on it has ended.

#include "core/dispatch/cluster.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace signalbox::dispatch {

class WorkerState
{
public:
    /// `seed`: the run's; `worker`: 0, 1, …; each has its own phases.
    WorkerState(plan::PlanPtr plan, std::uint64_t seed, unsigned worker, base::Instant now);

    /// The state for a newer plan: clusters with an equal fingerprint are shared with `previous`, all
    /// others are new and warm up first. Both may be used side by side on their worker.
    WorkerState(plan::PlanPtr plan, const WorkerState& previous, base::Instant now);

    const plan::Plan& plan() const { return *m_plan; }
    const plan::PlanPtr& planPtr() const { return m_plan; }
    /// A shared cluster speaks in this state's indices from here on, until another state's cluster() is called.
    Cluster& cluster(std::uint32_t index);
    /// The same, for those who outlive this state.
    const std::shared_ptr<Cluster>& clusterPtr(std::uint32_t index)
    {
        cluster(index);
        return m_clusters[index];
    }
    std::size_t clusterCount() const { return m_clusters.size(); }

    bool isWarming() const;
    base::Instant nextDue() const;
    void advance(base::Instant now);

    base::Random& backoffRandom() { return *m_backoffRandom; }
    base::Random& clusterRandom() { return *m_clusterRandom; }

private:
    std::shared_ptr<Cluster> makeCluster(std::uint32_t index, base::Instant now) const;

    plan::PlanPtr m_plan;
    std::uint64_t m_seed = 0;
    unsigned m_worker = 0;
    std::vector<std::shared_ptr<Cluster>> m_clusters;
    std::shared_ptr<base::Random> m_backoffRandom;
    std::shared_ptr<base::Random> m_clusterRandom;
};

} // namespace signalbox::dispatch
