// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/worker_state.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace signalbox::dispatch {
namespace {

std::string streamName(unsigned worker, std::string_view use)
{
    return "worker/" + std::to_string(worker) + "/" + std::string(use);
}

} // namespace

WorkerState::WorkerState(plan::PlanPtr plan, std::uint64_t seed, unsigned worker, base::Instant now)
    : m_plan(std::move(plan)),
      m_seed(seed),
      m_worker(worker),
      m_backoffRandom(std::make_shared<base::Random>(base::Random::stream(seed, streamName(worker, "backoff")))),
      m_clusterRandom(std::make_shared<base::Random>(base::Random::stream(seed, streamName(worker, "cluster"))))
{
    for (std::uint32_t index = 0; index < m_plan->clusters.size(); ++index) {
        m_clusters.push_back(makeCluster(index, now));
    }
}

WorkerState::WorkerState(plan::PlanPtr plan, const WorkerState& previous, base::Instant now)
    : m_plan(std::move(plan)),
      m_seed(previous.m_seed),
      m_worker(previous.m_worker),
      m_backoffRandom(previous.m_backoffRandom),
      m_clusterRandom(previous.m_clusterRandom)
{
    std::unordered_map<std::string_view, std::uint32_t> live;
    for (std::uint32_t index = 0; index < previous.m_clusters.size(); ++index) {
        live.emplace(previous.m_plan->clusters[index].fingerprint, index);
    }
    for (std::uint32_t index = 0; index < m_plan->clusters.size(); ++index) {
        const std::string& fingerprint = m_plan->clusters[index].fingerprint;
        const auto same = fingerprint.empty() ? live.end() : live.find(fingerprint);
        m_clusters.push_back(same == live.end() ? makeCluster(index, now) : previous.m_clusters[same->second]);
        if (same != live.end()) {
            live.erase(same); // one live cluster for one definition, even if two texts should be equal
        }
    }
}

/// The generation gives a rebuilt cluster another phase than its predecessor of the same name had.
std::shared_ptr<Cluster> WorkerState::makeCluster(std::uint32_t index, base::Instant now) const
{
    const std::string use = "balancer/" + std::to_string(m_plan->generation) + "/" + m_plan->clusters[index].name;
    return std::make_shared<Cluster>(m_plan, index, base::Random::stream(m_seed, streamName(m_worker, use)), now);
}

Cluster& WorkerState::cluster(std::uint32_t index)
{
    Cluster& cluster = *m_clusters[index];
    cluster.adopt(m_plan, index);
    return cluster;
}

bool WorkerState::isWarming() const
{
    return std::any_of(m_clusters.begin(), m_clusters.end(), [](const auto& cluster) { return cluster->isWarming(); });
}

base::Instant WorkerState::nextDue() const
{
    base::Instant due = base::kNever;
    for (const auto& cluster : m_clusters) {
        due = std::min(due, cluster->nextDue());
    }
    return due;
}

void WorkerState::advance(base::Instant now)
{
    for (const auto& cluster : m_clusters) {
        cluster->advance(now);
    }
}

} // namespace signalbox::dispatch
