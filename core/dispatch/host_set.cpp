// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/host_set.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace signalbox::dispatch {
namespace {

constexpr double kOverProvisioning = 1.4;
constexpr double kSlowStartFloor = 0.10;

double effectiveWeight(std::uint32_t weight, std::size_t healthy, std::size_t total)
{
    if (total == 0 || healthy == 0) {
        return 0;
    }
    const double share = static_cast<double>(healthy) / static_cast<double>(total);
    return weight * std::min(1.0, kOverProvisioning * share);
}

/// Envoy's host weight while hosts warm up (aggression 1); every endpoint weight is 1.
double slowStartWeight(const Host& host, const BalancerKind& kind, base::Instant now)
{
    double weight = 1;
    if (kind.type == plan::LoadBalancer::LeastRequest) {
        weight /= host.activeRequests + 1.0;
    }
    const base::Duration age = now - host.addedAt;
    if (age >= kind.slowStartWindow) {
        return weight;
    }
    const base::Duration counted = std::max<base::Duration>(age, std::chrono::milliseconds(1));
    const double progress = static_cast<double>(counted.count()) / static_cast<double>(kind.slowStartWindow.count());
    return weight * std::max(progress, kSlowStartFloor);
}

/// Two draws with replacement: with two hosts the busier one still gets a quarter of the picks.
Host* lessLoaded(const std::vector<Host*>& hosts, base::Random& random)
{
    if (hosts.size() == 1) {
        return hosts.front();
    }
    Host* const first = hosts[random.below(hosts.size())];
    Host* const second = hosts[random.below(hosts.size())];
    return second->activeRequests < first->activeRequests ? second : first;
}

Host* pickFrom(
    HostSource& source, const BalancerKind& kind, std::uint64_t draw, base::Random& random, base::Instant now)
{
    if (source.hosts.empty()) {
        return nullptr;
    }
    if (!source.bySlowStart.empty()) {
        const auto weigh = [&](std::uint32_t index) { return slowStartWeight(*source.hosts[index], kind, now); };
        return source.hosts[source.bySlowStart.pick(weigh)];
    }
    const std::size_t count = source.hosts.size();
    switch (kind.type) {
    case plan::LoadBalancer::LeastRequest:
        return lessLoaded(source.hosts, random);
    case plan::LoadBalancer::RoundRobin:
        return source.hosts[source.turn++ % count];
    case plan::LoadBalancer::Random:
        return source.hosts[draw % count];
    case plan::LoadBalancer::ConsistentHash:
        return source.hosts[draw / 100 % count]; // draw % 100 has chosen the priority
    }
    return nullptr;
}

} // namespace

HostSet::HostSet(std::uint32_t seed) : m_seed(seed)
{
    m_all.turn = seed;
    m_healthy.turn = seed;
}

void HostSet::rebuild(const std::vector<Locality>& localities, bool weighted, const BalancerKind& kind,
    base::Random& random, base::Instant now)
{
    m_hosts.clear();
    m_scheduled.clear();
    std::vector<Host*> all;
    std::vector<Host*> healthy;
    std::vector<double> weights;
    std::size_t position = 0;
    for (const Locality& locality : localities) {
        if (locality.hosts.empty()) {
            continue;
        }
        std::vector<Host*> here;
        for (const HostPtr& host : locality.hosts) {
            m_hosts.push_back(host);
            all.push_back(host.get());
            if (host->publishedHealthy) {
                here.push_back(host.get());
            }
        }
        healthy.insert(healthy.end(), here.begin(), here.end());
        const double weight = effectiveWeight(locality.weight, here.size(), locality.hosts.size());
        if (weight > 0) {
            weights.push_back(weight);
            m_scheduled.push_back(static_cast<std::uint32_t>(position));
        }
        fill(localitySource(position++), std::move(here));
    }
    // Sources of localities that are gone keep their turn, but not their hosts.
    for (; position < m_localities.size(); ++position) {
        fill(m_localities[position], {});
    }
    fill(m_all, std::move(all));
    fill(m_healthy, std::move(healthy));
    startSlowly(kind, now);
    m_scheduler = {};
    if (weighted && !weights.empty()) {
        m_scheduler = EdfScheduler(std::move(weights), static_cast<std::uint32_t>(random.next()));
    }
}

HostSource& HostSet::localitySource(std::size_t position)
{
    if (position == m_localities.size()) {
        m_localities.emplace_back();
        m_localities.back().turn = m_seed;
    }
    return m_localities[position];
}

void HostSet::fill(HostSource& source, std::vector<Host*> hosts) const
{
    source.hosts = std::move(hosts);
    source.bySlowStart = {};
}

void HostSet::startSlowly(const BalancerKind& kind, base::Instant now)
{
    const auto warmsUp = [&](const Host* host) { return now - host->addedAt < kind.slowStartWindow; };
    if (!kind.hasSlowStart() || std::none_of(m_all.hosts.begin(), m_all.hosts.end(), warmsUp)) {
        return;
    }
    const auto schedule = [&](HostSource& source) {
        std::vector<double> weights;
        for (const Host* host : source.hosts) {
            weights.push_back(slowStartWeight(*host, kind, now));
        }
        source.bySlowStart = EdfScheduler(std::move(weights), m_seed);
    };
    schedule(m_all);
    schedule(m_healthy);
    std::for_each(m_localities.begin(), m_localities.end(), schedule);
}

Host* HostSet::choose(bool panic, const BalancerKind& kind, std::uint64_t draw, base::Random& random, base::Instant now)
{
    if (panic) {
        return pickFrom(m_all, kind, draw, random, now);
    }
    if (!m_scheduler.empty()) {
        return pickFrom(m_localities[m_scheduled[m_scheduler.pick()]], kind, draw, random, now);
    }
    return pickFrom(m_healthy, kind, draw, random, now);
}

PriorityHealth HostSet::health() const
{
    PriorityHealth health;
    health.hosts = static_cast<std::uint32_t>(m_hosts.size());
    health.healthy = static_cast<std::uint32_t>(m_healthy.hosts.size());
    return health;
}

} // namespace signalbox::dispatch
