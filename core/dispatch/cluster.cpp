// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/cluster.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace signalbox::dispatch {
namespace {

constexpr std::uint32_t kMaxPriority = 128; // of LocalityLbEndpoints in Envoy's API
constexpr double kMostRetries = 1e9;        // keeps the conversion of an absurd budget defined

bool haveSameShape(const plan::Cluster& a, const plan::Cluster& b)
{
    const auto alike = [](const plan::Locality& one, const plan::Locality& other) {
        return one.endpoints.size() == other.endpoints.size();
    };
    return std::equal(a.localities.begin(), a.localities.end(), b.localities.begin(), b.localities.end(), alike);
}

/// An endpoint's index in the plan of `to`, by its place in the same locality of `from`.
std::uint32_t translated(
    const plan::Cluster& from, const plan::Cluster& to, std::uint32_t locality, std::uint32_t endpoint)
{
    const auto& places = from.localities[locality].endpoints;
    const auto at = static_cast<std::size_t>(std::find(places.begin(), places.end(), endpoint) - places.begin());
    const bool known = locality < to.localities.size() && at < to.localities[locality].endpoints.size();
    return known ? to.localities[locality].endpoints[at] : plan::kNone;
}

} // namespace

Cluster::Cluster(plan::PlanPtr plan, std::uint32_t index, base::Random random, base::Instant now)
    : m_plan(std::move(plan)),
      m_definition(&m_plan->clusters[index]),
      m_random(random),
      m_balancer{m_definition->balancer, m_definition->slowStartWindow},
      m_window(now)
{
    if (m_definition->outlier) {
        m_outliers.emplace(*m_definition->outlier, now);
    }
    if (m_definition->activeCheck) {
        m_checker.emplace(*m_definition->activeCheck);
    }
    makeLocalities(now);
    for (std::uint32_t p = 0; p < priorityCount(); ++p) {
        rebuild(p, now);
    }
    recomputeLoads();
    runQueries(now);
    runChecks(now);
    updateWarming(now);
}

void Cluster::makeLocalities(base::Instant now)
{
    std::uint32_t highest = 0;
    for (std::size_t i = 0; i < m_definition->localities.size(); ++i) {
        const plan::Locality& definition = m_definition->localities[i];
        Locality locality;
        locality.index = static_cast<std::uint32_t>(i);
        locality.priority = std::min(definition.priority, kMaxPriority);
        highest = std::max(highest, locality.priority);
        for (const std::uint32_t endpoint : definition.endpoints) {
            const auto same = [&](const Name& name) { return name.endpoint == endpoint; };
            if (std::any_of(locality.names.begin(), locality.names.end(), same)) {
                continue;
            }
            Name name;
            name.endpoint = endpoint;
            const auto& address = m_plan->endpoints[endpoint].address;
            if (address) {
                name.hosts.push_back(makeHost(locality, name, *address, now));
            }
            name.answered = address.has_value() || !m_definition->resolvesNames;
            name.nextQuery = name.answered ? base::kNever : now;
            locality.names.push_back(std::move(name));
        }
        m_localities.push_back(std::move(locality));
    }
    // As text: ".../backend/10" stands before ".../backend/2".
    std::stable_sort(m_localities.begin(), m_localities.end(), [this](const Locality& a, const Locality& b) {
        return std::tie(a.priority, m_definition->localities[a.index].region)
            < std::tie(b.priority, m_definition->localities[b.index].region);
    });
    const auto seed = static_cast<std::uint32_t>(m_random.next());
    m_sets.assign(highest + 1, HostSet(seed));
    m_health.resize(m_sets.size());
}

void Cluster::adopt(const plan::PlanPtr& plan, std::uint32_t index)
{
    const plan::Cluster* definition = &plan->clusters[index];
    if (definition == m_definition || !haveSameShape(*definition, *m_definition)) {
        return;
    }
    for (Locality& locality : m_localities) {
        for (Name& name : locality.names) {
            name.endpoint = translated(*m_definition, *definition, locality.index, name.endpoint);
        }
    }
    for (Order& order : m_orders) {
        order.endpoint = translated(*m_definition, *definition, order.locality, order.endpoint);
    }
    for (const HostPtr& host : m_members) {
        host->endpoint = translated(*m_definition, *definition, host->locality, host->endpoint);
    }
    m_plan = plan;
    m_definition = definition;
}

std::uint32_t Cluster::endpointOf(const Host& host, const plan::Cluster& definition) const
{
    return &definition == m_definition ? host.endpoint
                                       : translated(*m_definition, definition, host.locality, host.endpoint);
}

// ---- circuit breakers

bool Cluster::canOpenConnection(std::uint32_t openToHost) const
{
    const plan::CircuitBreakers& breakers = m_definition->breakers;
    return openToHost == 0
        || (gauges.connections < breakers.maxConnections
            && (!breakers.perHostMaxConnections || openToHost < *breakers.perHostMaxConnections));
}

bool Cluster::canRetry() const
{
    const plan::CircuitBreakers& breakers = m_definition->breakers;
    if (!breakers.retryBudget) {
        return gauges.retries < breakers.maxRetries;
    }
    const double inFlight = static_cast<double>(gauges.requests) + gauges.pending;
    const double share = std::clamp(breakers.retryBudget->percent / 100.0 * inFlight, 0.0, kMostRetries);
    return gauges.retries < std::max(static_cast<std::uint32_t>(share), breakers.retryBudget->minConcurrency);
}

// ---- results of attempts

void Cluster::reportStatus(Host& host, std::uint32_t status, base::Instant now)
{
    if (m_outliers && !host.removed && m_outliers->reportStatus(host, status, m_members.size(), now)) {
        onHealthChange(now);
    }
}

void Cluster::reportLocalFailure(Host& host, std::uint32_t status, base::Instant now)
{
    m_hadTraffic = true;
    if (m_outliers && !host.removed && m_outliers->reportLocalFailure(host, status, m_members.size(), now)) {
        onHealthChange(now);
    }
}

void Cluster::reportConnected(Host& host)
{
    m_hadTraffic = true;
    if (m_outliers && !host.removed) {
        m_outliers->reportConnected(host);
    }
}

// ---- time

void Cluster::advance(base::Instant now)
{
    if (m_window.due() <= now) {
        m_window.onPublished(now);
        publish(now);
    }
    if (m_outliers && m_outliers->nextTick() <= now && m_outliers->tick(m_members, now)) {
        onHealthChange(now);
    }
    runQueries(now);
    runChecks(now);
}

base::Instant Cluster::nextDue() const
{
    base::Instant due = m_window.due();
    if (m_outliers) {
        due = std::min(due, m_outliers->nextTick());
    }
    if (m_definition->resolvesNames) {
        for (const Locality& locality : m_localities) {
            for (const Name& name : locality.names) {
                due = std::min(due, name.nextQuery);
            }
        }
    }
    if (m_checker) {
        for (const HostPtr& host : m_members) {
            due = std::min(due, host->nextCheck);
        }
    }
    return due;
}

// ---- publication

void Cluster::onHealthChange(base::Instant now)
{
    if (m_window.onHealthChange(now)) {
        publish(now);
    }
}

void Cluster::publish(base::Instant now)
{
    for (const HostPtr& host : m_members) {
        host->publishedHealthy = host->isHealthy();
    }
    for (std::uint32_t p = 0; p < priorityCount(); ++p) { // a flip touches all priorities (envoy-routing 6.4)
        rebuild(p, now);
    }
    recomputeLoads();
}

void Cluster::recomputeLoads()
{
    for (std::size_t p = 0; p < m_sets.size(); ++p) {
        m_health[p] = m_sets[p].health();
    }
    m_state = computePriorityState(m_health, m_definition->panicThreshold);
}

// ---- views

const std::vector<HostPtr>& Cluster::hosts(std::uint32_t priority) const
{
    static const std::vector<HostPtr> kNoHosts;
    return priority < m_sets.size() ? m_sets[priority].hosts() : kNoHosts;
}

} // namespace signalbox::dispatch
