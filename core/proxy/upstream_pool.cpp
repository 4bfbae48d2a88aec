// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/upstream_pool.h"

#include "core/proxy/worker.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace signalbox::proxy {
using dispatch::Failure;

UpstreamPool::UpstreamPool(Worker& worker, std::shared_ptr<dispatch::Cluster> cluster, dispatch::HostPtr host,
    std::optional<base::SocketAddress> address)
    : m_worker(worker),
      m_cluster(std::move(cluster)),
      m_host(std::move(host)),
      m_address(address)
{}

UpstreamPool::~UpstreamPool()
{
    m_idle.clear();
    for (const auto& connection : std::exchange(m_connections, {})) {
        --m_cluster->gauges.connections;
        connection->forgetPool();
    }
}

void UpstreamPool::acquire(PoolClient& client)
{
    if (m_idle.empty()) {
        serve(client);
        return;
    }
    // A server may have closed an idle connection at this very moment, and its event is queued behind the one that brought
    // this request. Whatever has happened already comes first; to look at the socket would cost a system call per request.
    if (m_arrived.empty()) {
        boost::asio::post(m_worker.context(), [this] { serveArrived(); });
    }
    m_arrived.push_back(client);
}

void UpstreamPool::serveArrived()
{
    ClientList arrived;
    arrived.swap(m_arrived);
    while (!arrived.empty()) {
        PoolClient& client = arrived.front();
        client.unlink();
        serve(client);
    }
    discardWhenUnused();
}

void UpstreamPool::serve(PoolClient& client)
{
    if (!m_idle.empty()) {
        if (!m_cluster->canRequest()) {
            client.onPoolFailure(Failure::Overflow);
            return;
        }
        UpstreamConnection& connection = *m_idle.back();
        m_idle.pop_back();
        give(connection, client);
        return;
    }
    if (!m_cluster->canQueue()) {
        client.onPoolFailure(Failure::Overflow);
        return;
    }
    if (!m_address) {
        client.onPoolFailure(Failure::RemoteConnectionFailure);
        return;
    }
    ++m_cluster->gauges.pending;
    client.m_pending = true;
    m_waiting.push_back(client);
    const auto waiting = static_cast<std::size_t>(std::distance(m_waiting.begin(), m_waiting.end()));
    if (waiting > m_connecting && m_cluster->canOpenConnection(static_cast<std::uint32_t>(m_connections.size()))) {
        openConnection();
    }
}

void UpstreamPool::cancel(PoolClient& client)
{
    if (client.is_linked()) {
        client.unlink();
    }
    if (std::exchange(client.m_pending, false)) {
        --m_cluster->gauges.pending;
    }
}

void UpstreamPool::openConnection()
{
    const UpstreamConnectionPtr connection(new UpstreamConnection(m_worker, *this));
    m_connections.push_back(connection);
    ++m_connecting;
    ++m_cluster->gauges.connections;
    connection->connect(*m_address, m_cluster->definition().connectTimeout);
}

void UpstreamPool::give(UpstreamConnection& connection, PoolClient& client)
{
    ++m_cluster->gauges.requests;
    client.onPoolReady(connection);
}

void UpstreamPool::serveWaiting(UpstreamConnection& connection)
{
    while (!m_waiting.empty()) {
        PoolClient& client = m_waiting.front();
        cancel(client);
        if (m_cluster->canRequest()) {
            give(connection, client);
            return;
        }
        client.onPoolFailure(Failure::Overflow);
    }
    if (m_draining) {
        connection.forgetPool();
        remove(connection);
        return;
    }
    m_idle.push_back(&connection);
}

void UpstreamPool::onConnected(UpstreamConnection& connection)
{
    --m_connecting;
    serveWaiting(connection);
}

void UpstreamPool::onConnectFailed(UpstreamConnection& connection, Failure failure)
{
    --m_connecting;
    const UpstreamConnectionPtr keep(&connection);
    remove(connection);
    // Envoy gives up everybody who waits, so that their own retry decides where to go.
    ClientList waiting;
    waiting.swap(m_waiting);
    while (!waiting.empty()) {
        PoolClient& client = waiting.front();
        cancel(client);
        client.onPoolFailure(failure);
    }
    discardWhenUnused();
}

void UpstreamPool::onAnswered(UpstreamConnection& connection)
{
    --m_cluster->gauges.requests;
    const auto most = m_cluster->definition().breakers.maxRequestsPerConnection;
    if (most && connection.requestsCarried() >= *most) {
        connection.forgetPool();
        remove(connection);
        return;
    }
    serveWaiting(connection);
}

void UpstreamPool::onClosed(UpstreamConnection& connection)
{
    const UpstreamConnectionPtr keep(&connection);
    const auto idle = std::find(m_idle.begin(), m_idle.end(), &connection);
    if (idle != m_idle.end()) {
        m_idle.erase(idle);
    } else {
        --m_cluster->gauges.requests;
    }
    remove(connection);
    if (!m_waiting.empty() && m_cluster->canOpenConnection(static_cast<std::uint32_t>(m_connections.size()))) {
        openConnection();
    }
}

void UpstreamPool::remove(UpstreamConnection& connection)
{
    const auto found = std::find(m_connections.begin(), m_connections.end(), &connection);
    if (found != m_connections.end()) {
        std::swap(*found, m_connections.back());
        m_connections.pop_back();
        --m_cluster->gauges.connections;
    }
    discardWhenUnused();
}

void UpstreamPool::drain()
{
    m_draining = true;
    for (UpstreamConnection* connection : std::exchange(m_idle, {})) {
        connection->forgetPool();
        remove(*connection);
    }
    discardWhenUnused();
}

void UpstreamPool::discardWhenUnused()
{
    if (m_draining && isUnused()) {
        m_worker.discardPool(*this);
    }
}

} // namespace signalbox::proxy
