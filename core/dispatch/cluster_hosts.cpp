// SPDX-License-Identifier: Apache-2.0
// How hosts join and leave a cluster: names, their refresh, active checks (envoy-routing 1.8, 6.3).
#include "core/dispatch/cluster.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace signalbox::dispatch {
namespace {

/// Against a refresh rate of zero, which would make the cluster ask without pause.
constexpr base::Duration kShortestRefresh = std::chrono::milliseconds(1);

base::Duration refreshDelay(const plan::Cluster& definition, const Resolution& resolution)
{
    const bool timed = definition.respectDnsTtl && resolution.status == Resolution::Status::Ok
        && !resolution.addresses.empty() && resolution.ttl > base::Duration::zero();
    return std::max(timed ? resolution.ttl : definition.dnsRefreshRate, kShortestRefresh);
}

} // namespace

HostPtr Cluster::makeHost(const Locality& locality, const Name& name, base::SocketAddress address, base::Instant now)
{
    auto host = std::make_shared<Host>();
    host->address = address;
    host->address.port = m_plan->endpoints[name.endpoint].port;
    host->endpoint = name.endpoint;
    host->locality = locality.index;
    host->priority = locality.priority;
    host->addedAt = now;
    if (m_checker) {
        m_checker->start(*host, now);
    }
    host->publishedHealthy = host->isHealthy();
    m_members.push_back(host);
    return host;
}

void Cluster::removeHost(Host& host)
{
    host.removed = true;
    if (m_outliers) {
        m_outliers->forget(host);
    }
    const auto isIt = [&](const HostPtr& member) { return member.get() == &host; };
    m_members.erase(std::find_if(m_members.begin(), m_members.end(), isIt));
}

Cluster::Name* Cluster::findName(std::uint32_t locality, std::uint32_t endpoint, Locality*& owner)
{
    Name* found = nullptr;
    for (Locality& candidate : m_localities) {
        if (candidate.index != locality) {
            continue;
        }
        owner = &candidate;
        for (Name& name : candidate.names) {
            if (name.orderedAs == endpoint) {
                return &name; // the index of the plan that was current when the order was taken
            }
            if (name.endpoint == endpoint) {
                found = &name;
            }
        }
    }
    return found;
}

void Cluster::resolved(std::uint32_t locality, std::uint32_t endpoint, const Resolution& resolution, base::Instant now)
{
    Locality* owner = nullptr;
    Name* name = m_definition->resolvesNames && endpoint != plan::kNone ? findName(locality, endpoint, owner) : nullptr;
    if (!name) {
        return;
    }
    name->orderedAs = plan::kNone;
    name->answered = true;
    name->nextQuery = now + refreshDelay(*m_definition, resolution);
    if (resolution.status == Resolution::Status::Ok && replaceHosts(*owner, *name, resolution.addresses, now)) {
        onHostsChange(owner->priority, now);
        runChecks(now);
    }
    updateWarming(now);
}

bool Cluster::replaceHosts(
    const Locality& locality, Name& name, const std::vector<base::SocketAddress>& addresses, base::Instant now)
{
    std::vector<HostPtr> hosts;
    bool changed = false;
    for (base::SocketAddress address : addresses) {
        address.port = m_plan->endpoints[name.endpoint].port;
        const auto same = [&](const HostPtr& host) { return host->address == address; };
        if (std::any_of(hosts.begin(), hosts.end(), same)) {
            continue;
        }
        const auto old = std::find_if(name.hosts.begin(), name.hosts.end(), same);
        changed = changed || old == name.hosts.end();
        hosts.push_back(old == name.hosts.end() ? makeHost(locality, name, address, now) : *old);
    }
    if (!changed && hosts.size() == name.hosts.size()) {
        return false; // the same addresses in another order are no change
    }
    for (const HostPtr& old : name.hosts) {
        if (std::find(hosts.begin(), hosts.end(), old) == hosts.end()) {
            removeHost(*old);
        }
    }
    name.hosts = std::move(hosts);
    return true;
}

void Cluster::onHostsChange(std::uint32_t priority, base::Instant now)
{
    const bool waiting = m_window.due() != base::kNever;
    m_window.onPublished(now);
    if (waiting) {
        publish(now);
    } else {
        rebuild(priority, now);
        recomputeLoads();
    }
}

void Cluster::rebuild(std::uint32_t priority, base::Instant now)
{
    std::vector<HostSet::Locality> localities;
    for (const Locality& locality : m_localities) {
        if (locality.priority != priority) {
            continue;
        }
        HostSet::Locality& entry = localities.emplace_back();
        entry.weight = m_definition->localities[locality.index].weight;
        for (const Name& name : locality.names) {
            entry.hosts.insert(entry.hosts.end(), name.hosts.begin(), name.hosts.end());
        }
    }
    m_sets[priority].rebuild(localities, m_definition->localityWeights, m_balancer, m_random, now);
}

void Cluster::query(const Locality& locality, Name& name)
{
    name.nextQuery = base::kNever;
    m_orders.push_back({Order::Kind::Resolve, locality.index, name.endpoint, nullptr});
}

void Cluster::runQueries(base::Instant now)
{
    for (Locality& locality : m_localities) {
        for (Name& name : locality.names) {
            if (name.nextQuery <= now) {
                query(locality, name);
            }
        }
    }
}

void Cluster::runChecks(base::Instant now)
{
    if (!m_checker) {
        return;
    }
    for (const HostPtr& host : m_members) {
        if (m_checker->isDue(*host, now)) {
            m_checker->begin(*host);
            m_orders.push_back({Order::Kind::CheckHealth, host->locality, host->endpoint, host});
        }
    }
}

std::vector<Order> Cluster::takeOrders()
{
    for (const Order& order : m_orders) {
        Locality* owner = nullptr;
        if (order.kind == Order::Kind::Resolve) {
            if (Name* name = findName(order.locality, order.endpoint, owner)) {
                name->orderedAs = order.endpoint;
            }
        }
    }
    return std::exchange(m_orders, {});
}

void Cluster::healthChecked(const HostPtr& host, CheckResult result, base::Instant now)
{
    if (!m_checker || !host || host->removed) {
        return;
    }
    bool changed = m_checker->finish(*host, result, m_hadTraffic || gauges.connections > 0, now);
    if (changed && !host->failedCheck) {
        host->addedAt = now;
    }
    if (result == CheckResult::Success && m_outliers) {
        changed = m_outliers->unejectPassed(*host, now) || changed;
    }
    if (changed) {
        onHealthChange(now);
    }
    updateWarming(now);
}

void Cluster::updateWarming(base::Instant now)
{
    if (!m_warming) {
        return;
    }
    for (const Locality& locality : m_localities) {
        for (const Name& name : locality.names) {
            if (!name.answered) {
                return;
            }
        }
    }
    const auto waits = [](const HostPtr& host) { return !host->checkedOnce; };
    m_warming = m_checker && std::any_of(m_members.begin(), m_members.end(), waits);
    if (!m_warming && m_checker) { // a cluster enters service with its first results, without a merge window
        m_window.onPublished(now);
        publish(now);
    }
}

} // namespace signalbox::dispatch
