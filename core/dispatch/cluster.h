// SPDX-License-Identifier: Apache-2.0
#pragma once

// The live side of one plan cluster as one worker sees it: host sets, health, circuit breakers and the
// balancer. No I/O: names, health-check results and time come in as events, work to do goes out as orders.
// Not thread-safe; belongs to one worker.

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/dispatch/edf_scheduler.h"
#include "core/dispatch/priority_load.h"
#include "core/plan/plan.h"

#include <memory>
#include <string>
#include <vector>

namespace signalbox::dispatch {

/// One resolved address in one locality. Identity is the object, not the address (previous_hosts,
/// envoy-routing 3.8): a host set that is rebuilt has new hosts.
struct Host {
    base::SocketAddress address;
    std::uint32_t endpoint = plan::kNone;  ///< index into Plan::endpoints
    std::uint32_t locality = 0;            ///< index into the cluster's localities
    std::uint32_t priority = 0;

    std::uint32_t activeRequests = 0;      ///< rq_active: attempts with a connection; the driver's pool counts through Cluster
    bool ejected = false;                  ///< failed outlier detection (as detected)
    bool failedCheck = false;              ///< failed active health check (as detected)
    bool publishedHealthy = true;          ///< as the balancer sees it (merge window, envoy-routing 6.4)
    bool removed = false;                  ///< left the host set; requests in flight may still hold it

    // outlier detection (envoy-routing 6.2)
    std::uint32_t consecutive5xx = 0;
    std::uint32_t consecutiveGateway = 0;
    std::uint32_t consecutiveLocal = 0;
    std::uint32_t ejections = 0;           ///< back-off multiplier
    base::Instant ejectedAt{};
    base::Instant unejectedAt{};
    std::uint64_t intervalTotal = 0;       ///< answers in the running interval (success rate, failure percentage)
    std::uint64_t intervalSuccess = 0;

    // active health check (envoy-routing 6.3)
    std::uint32_t checkFailures = 0;
    std::uint32_t checkSuccesses = 0;
    bool checkedOnce = false;
    base::Instant addedAt{};               ///< slow start
};
using HostPtr = std::shared_ptr<Host>;

/// What a name resolver found out (envoy-routing 1.8).
struct Resolution {
    enum class Status {
        Ok,       ///< `addresses` hold; an empty list, NXDOMAIN and "no data" all mean: no host
        Failure,  ///< time-out, SERVFAIL, refused: the old hosts stay
    };
    Status status = Status::Ok;
    std::vector<base::SocketAddress> addresses;  ///< in the answer's order; the port is ignored
    base::Duration ttl{};                        ///< smallest TTL; 0: unknown
};

/// What a cluster wants its driver to do; each is answered by the event of the same name.
struct Order {
    enum class Kind { Resolve, CheckHealth };
    Kind kind = Kind::Resolve;
    std::uint32_t locality = 0;
    std::uint32_t endpoint = plan::kNone;   ///< index into Plan::endpoints
    HostPtr host;                           ///< CheckHealth only
};

/// Result of one active health check.
enum class CheckResult { Success, UnexpectedStatus, NoAnswer };

/// Circuit-breaker gauges of a cluster (envoy-routing 7). The driver's pool asks and counts.
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
    /// `definition` must outlive the cluster or be replaced by adopt(). Localities of a static cluster have
    /// their hosts at once; those of a DNS cluster stay empty until resolved().
    Cluster(const plan::Plan& plan, std::uint32_t index, base::Random random, base::Instant now);

    const plan::Cluster& definition() const { return *m_definition; }

    /// Points to the same cluster (equal fingerprint) in a newer plan; live state goes on. Endpoint
    /// indices of hosts and localities are mapped to the new plan's.
    void adopt(const plan::Plan& plan, std::uint32_t index);

    // ---- events

    void resolved(std::uint32_t locality, std::uint32_t endpoint, const Resolution& resolution, base::Instant now);
    void healthChecked(const HostPtr& host, CheckResult result, base::Instant now);
    /// Runs what is due at `now`: DNS refreshes, outlier intervals, the merge window, health checks.
    void advance(base::Instant now);
    /// The next moment at which advance() has something to do; kNever when there is none.
    base::Instant nextDue() const;
    /// Orders since the last call, oldest first. A new DNS cluster has one Resolve per name at once.
    std::vector<Order> takeOrders();
    /// True until every name has been resolved once: requests wait for no one in Envoy's warmed
    /// clusters, so drivers publish a plan only when all its clusters are warm.
    bool isWarming() const;

    // ---- choice

    /// One host for an attempt, or null (503 "no healthy upstream"). `retry` is null on a first attempt.
    /// Draws and scheduler picks are consumed exactly as in envoy-routing 2.7. Allocation-free.
    Host* chooseHost(const RetryContext* retry, base::Instant now);

    // ---- outlier results

    /// An attempt on `host` gave this HTTP status (time-outs: 504, connect failures and resets: 503).
    void reportStatus(Host& host, std::uint32_t status, base::Instant now);

    // ---- circuit breakers

    BreakerGauges gauges;
    bool canOpenConnection(std::uint32_t openToHost) const; ///< a pool without connections may always open one
    bool canQueue() const { return gauges.pending < m_definition->breakers.maxPendingRequests; }
    bool canRequest() const { return gauges.requests < m_definition->breakers.maxRequests; }
    bool canRetry() const;

    // ---- views

    /// Hosts of a priority in locality order; for records, explain and the window.
    const std::vector<HostPtr>& hosts(std::uint32_t priority) const;
    std::uint32_t priorityCount() const;
    /// Loads, health and panic as of the last publication.
    const PriorityState& priorityState() const;
    /// Keeps a host alive beyond its membership.
    HostPtr share(Host& host) const;

private:
    const plan::Cluster* m_definition;
    // The implementer furnishes the rest.
};

} // namespace signalbox::dispatch
