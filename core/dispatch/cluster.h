// SPDX-License-Identifier: Apache-2.0
#pragma once

// The live side of one plan cluster as one worker sees it: host sets, health, circuit breakers and the
// balancer. No I/O: names, health-check results and time come in as events, work to do goes out as orders.
// Not thread-safe; belongs to one worker.

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/dispatch/health_check.h"
#include "core/dispatch/host.h"
#include "core/dispatch/host_set.h"
#include "core/dispatch/merge_window.h"
#include "core/dispatch/outlier_detector.h"
#include "core/dispatch/priority_load.h"
#include "core/plan/plan.h"

#include <memory>
#include <optional>
#include <vector>

namespace signalbox::dispatch {

/// What a name resolver found out (envoy-routing 1.8).
struct Resolution {
    enum class Status {
        Ok,      ///< `addresses` hold; an empty list, NXDOMAIN and "no data" all mean: no host
        Failure, ///< time-out, SERVFAIL, refused: the old hosts stay
    };
    Status status = Status::Ok;
    std::vector<base::SocketAddress> addresses; ///< in the answer's order; the port is ignored
    base::Duration ttl{};                       ///< smallest TTL; 0: unknown
};

/// What a cluster wants its driver to do; each is answered by the event of the same name.
struct Order {
    enum class Kind { Resolve, CheckHealth };
    Kind kind = Kind::Resolve;
    std::uint32_t locality = 0;
    std::uint32_t endpoint = plan::kNone; ///< index into Plan::endpoints
    HostPtr host;                         ///< CheckHealth only
};

/// Circuit-breaker gauges of a cluster (envoy-routing 7). The driver's pool asks and counts connections (those
/// being opened too), pending and requests; Request counts retries.
struct BreakerGauges {
    std::uint32_t connections = 0;
    std::uint32_t pending = 0;
    std::uint32_t requests = 0;
    std::uint32_t retries = 0;
};

/// What a balancer needs to know about a request's retry state (envoy-routing 2.7, 4).
struct RetryContext;

class Cluster
{
public:
    /// Localities of a static cluster have their hosts at once; those of a DNS cluster stay empty until
    /// resolved() (endpoints that are addresses need no resolving). Priorities above 128, Envoy's bound, count as 128.
    Cluster(plan::PlanPtr plan, std::uint32_t index, base::Random random, base::Instant now);
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    const plan::Cluster& definition() const { return *m_definition; }

    /// Points to the same cluster (equal fingerprint) in another plan; live state goes on. From here on endpoint
    /// indices (of hosts, orders and views) are that plan's. Cheap when nothing changes. WorkerState::cluster()
    /// does it, so that each of two states that share a cluster sees its own plan's indices.
    void adopt(const plan::PlanPtr& plan, std::uint32_t index);
    /// Index of a host's endpoint in the plan that `definition` (an equal cluster) belongs to.
    std::uint32_t endpointOf(const Host& host, const plan::Cluster& definition) const;

    // ---- events

    /// `endpoint` as the order gave it. Results that nobody ordered are taken too.
    void resolved(std::uint32_t locality, std::uint32_t endpoint, const Resolution& resolution, base::Instant now);
    /// Results for hosts that have left meanwhile are ignored.
    void healthChecked(const HostPtr& host, CheckResult result, base::Instant now);
    /// Runs what is due at `now`: DNS refreshes, outlier intervals, the merge window, health checks.
    void advance(base::Instant now);
    /// The next moment at which advance() has something to do; kNever when there is none.
    base::Instant nextDue() const;
    /// Orders since the last call, oldest first. A new DNS cluster has one Resolve per name at once, a host with
    /// active checks one CheckHealth.
    std::vector<Order> takeOrders();
    /// True until every name has been resolved once and, with active checks, every host found has its first
    /// result: requests wait for no one in Envoy's warmed clusters, so drivers publish a plan only when all
    /// its clusters are warm.
    bool isWarming() const { return m_warming; }

    // ---- choice

    /// One host for an attempt, or null (503 "no healthy upstream"). `retry` is null on a first attempt.
    /// Draws and scheduler picks are consumed exactly as in envoy-routing 2.7. Allocation-free.
    Host* chooseHost(const RetryContext* retry, base::Instant now);

    // ---- outlier results (Request reports; nothing else needs to)

    /// An attempt on `host` gave this HTTP status.
    void reportStatus(Host& host, std::uint32_t status, base::Instant now);
    /// An attempt gave no status: connect failures and resets count as 503, time-outs as 504, or as local
    /// failures where origins are split. Not for overflow.
    void reportLocalFailure(Host& host, std::uint32_t status, base::Instant now);
    /// An attempt has a connection.
    void reportConnected(Host& host);

    // ---- circuit breakers

    BreakerGauges gauges;
    bool canOpenConnection(std::uint32_t openToHost) const; ///< a pool without connections may always open one
    bool canQueue() const { return gauges.pending < m_definition->breakers.maxPendingRequests; }
    bool canRequest() const { return gauges.requests < m_definition->breakers.maxRequests; }
    bool canRetry() const;

    // ---- views

    /// Hosts of a priority in locality order; for records, explain and the window. Empty above priorityCount().
    const std::vector<HostPtr>& hosts(std::uint32_t priority) const;
    std::uint32_t priorityCount() const { return static_cast<std::uint32_t>(m_sets.size()); }
    /// Loads, health and panic as of the last publication.
    const PriorityState& priorityState() const { return m_state; }
    /// Null without passive health checks.
    const OutlierDetector* outlierDetector() const { return m_outliers ? &*m_outliers : nullptr; }
    /// Keeps a host alive beyond its membership.
    HostPtr share(Host& host) const { return host.shared_from_this(); }

private:
    /// One endpoint of a locality with the hosts it stands for.
    struct Name {
        std::uint32_t endpoint = plan::kNone;
        std::uint32_t orderedAs = plan::kNone; ///< index that the order in flight carries; kNone: none is
        bool answered = false;
        base::Instant nextQuery = base::kNever;
        std::vector<HostPtr> hosts;
    };
    struct Locality {
        std::uint32_t index = 0; ///< into the definition's localities
        std::uint32_t priority = 0;
        std::vector<Name> names;
    };

    void makeLocalities(base::Instant now);
    HostPtr makeHost(const Locality& locality, const Name& name, base::SocketAddress address, base::Instant now);
    Name* findName(std::uint32_t locality, std::uint32_t endpoint, Locality*& owner);
    void query(const Locality& locality, Name& name);
    bool replaceHosts(
        const Locality& locality, Name& name, const std::vector<base::SocketAddress>& addresses, base::Instant now);
    void removeHost(Host& host);
    void runQueries(base::Instant now);
    void runChecks(base::Instant now);
    void updateWarming(base::Instant now);

    void onHealthChange(base::Instant now);
    void onHostsChange(std::uint32_t priority, base::Instant now);
    void publish(base::Instant now);
    void rebuild(std::uint32_t priority, base::Instant now);
    void recomputeLoads();

    Host* chooseOnce(const RetryContext* retry, base::Instant now);

    plan::PlanPtr m_plan;
    const plan::Cluster* m_definition;
    base::Random m_random;
    BalancerKind m_balancer;
    std::vector<Locality> m_localities; ///< by priority, then region text
    std::vector<HostSet> m_sets;        ///< by priority
    std::vector<HostPtr> m_members;     ///< hosts of all priorities
    std::vector<PriorityHealth> m_health;
    PriorityState m_state;
    std::optional<OutlierDetector> m_outliers;
    std::optional<HealthChecker> m_checker;
    MergeWindow m_window;
    std::vector<Order> m_orders;
    bool m_hadTraffic = false; ///< has ever opened a connection
    bool m_warming = true;
};

} // namespace signalbox::dispatch
