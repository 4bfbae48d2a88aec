// SPDX-License-Identifier: Apache-2.0
#pragma once

// The connections of one worker to one host, as Envoy's HTTP/1 pool keeps them (conn_pool_base; envoy-routing 7):
// idle ones are reused newest first, waiting requests stand in a queue, circuit breakers refuse with Overflow.

#include "core/dispatch/cluster.h"
#include "core/proxy/upstream_connection.h"

#include <boost/intrusive/list.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace signalbox::proxy {

/// Someone who waits for a connection. Hears exactly one of the two, unless it cancels before.
class PoolClient : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    virtual void onPoolReady(UpstreamConnection& connection) = 0;
    virtual void onPoolFailure(dispatch::Failure failure) = 0;

protected:
    virtual ~PoolClient() = default;

private:
    friend class UpstreamPool;
    bool m_pending = false; ///< counts in the cluster's gauge
};

class UpstreamPool
{
public:
    /// `host` and `cluster` are kept alive by the pool. `address`: the socket to connect to; nothing: nobody stands
    /// there, every connection is refused.
    UpstreamPool(Worker& worker, std::shared_ptr<dispatch::Cluster> cluster, dispatch::HostPtr host,
        std::optional<base::SocketAddress> address);
    ~UpstreamPool();
    UpstreamPool(const UpstreamPool&) = delete;
    UpstreamPool& operator=(const UpstreamPool&) = delete;

    /// Gives `client` a connection, now or later; it may hear before this returns.
    void acquire(PoolClient& client);
    /// Takes a waiting client out.
    void cancel(PoolClient& client);

    /// Closes idle connections; busy ones close after their answer (the cluster was replaced or the host left).
    void drain();
    bool isUnused() const { return m_connections.empty() && m_waiting.empty() && m_arrived.empty(); }

    const std::optional<base::SocketAddress>& address() const { return m_address; }
    const dispatch::HostPtr& host() const { return m_host; }
    dispatch::Cluster& cluster() { return *m_cluster; }

    // Called by its connections.
    void onConnected(UpstreamConnection& connection);
    void onConnectFailed(UpstreamConnection& connection, dispatch::Failure failure);
    void onAnswered(UpstreamConnection& connection);
    void onClosed(UpstreamConnection& connection);

private:
    using ClientList = boost::intrusive::list<PoolClient, boost::intrusive::constant_time_size<false>>;

    void serve(PoolClient& client);
    void serveArrived();
    void openConnection();
    void give(UpstreamConnection& connection, PoolClient& client);
    void serveWaiting(UpstreamConnection& connection);
    void remove(UpstreamConnection& connection);
    void discardWhenUnused();

    Worker& m_worker;
    std::shared_ptr<dispatch::Cluster> m_cluster;
    dispatch::HostPtr m_host;
    std::optional<base::SocketAddress> m_address;
    std::vector<UpstreamConnectionPtr> m_connections;
    std::vector<UpstreamConnection*> m_idle;
    ClientList m_arrived; ///< to be served behind the events that have come with theirs
    ClientList m_waiting; ///< for a connection
    std::uint32_t m_connecting = 0;
    bool m_draining = false;
};

} // namespace signalbox::proxy
