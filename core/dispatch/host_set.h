// SPDX-License-Identifier: Apache-2.0
#pragma once

// The hosts of one priority as the balancer sees them: what was published last, and the schedulers made
// from it (envoy-routing 2.3, 2.6).

#include "core/base/random.h"
#include "core/dispatch/edf_scheduler.h"
#include "core/dispatch/host.h"
#include "core/dispatch/priority_load.h"
#include "core/plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace signalbox::dispatch {

/// One set that a host is picked from: a locality's healthy hosts, or all (healthy) hosts of a priority.
struct HostSource {
    std::vector<Host*> hosts;
    std::uint64_t turn = 0;   ///< round robin; goes on over rebuilds, as in Envoy
    EdfScheduler bySlowStart; ///< only while hosts warm up: replaces the balancer's own pick
};

/// What a balancer is, besides its hosts.
struct BalancerKind {
    plan::LoadBalancer type = plan::LoadBalancer::LeastRequest;
    base::Duration slowStartWindow{};

    bool hasSlowStart() const
    {
        return slowStartWindow > base::Duration::zero()
            && (type == plan::LoadBalancer::LeastRequest || type == plan::LoadBalancer::RoundRobin);
    }
};

class HostSet
{
public:
    /// The hosts of one locality, in order, with the locality's weight.
    struct Locality {
        std::vector<HostPtr> hosts;
        std::uint32_t weight = 1;
    };

    /// `seed`: where round robin and slow start begin; one value per cluster, as in Envoy.
    explicit HostSet(std::uint32_t seed);

    /// Takes over hosts and their published health. With `weighted` the locality scheduler starts at a
    /// fresh random phase. Everything that allocates happens here.
    void rebuild(const std::vector<Locality>& localities, bool weighted, const BalancerKind& kind, base::Random& random,
        base::Instant now);

    /// One pick. `draw` is the random value that chose this priority: Envoy's Random and hash balancers use
    /// the same one again. Null when the source is empty.
    Host* choose(bool panic, const BalancerKind& kind, std::uint64_t draw, base::Random& random, base::Instant now);

    const std::vector<HostPtr>& hosts() const { return m_hosts; }
    PriorityHealth health() const;

private:
    void fill(HostSource& source, std::vector<Host*> hosts) const;
    void startSlowly(const BalancerKind& kind, base::Instant now);
    HostSource& localitySource(std::size_t position);

    std::uint32_t m_seed;
    std::vector<HostPtr> m_hosts;
    HostSource m_all;
    HostSource m_healthy;
    std::vector<HostSource> m_localities;   ///< healthy hosts, by position among the localities with hosts
    std::vector<std::uint32_t> m_scheduled; ///< scheduler entry -> index into m_localities
    EdfScheduler m_scheduler;               ///< empty: flat
};

} // namespace signalbox::dispatch
