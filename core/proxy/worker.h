// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread of the data plane: its event loop, timers, listening sockets, connections, pools and balancer state.
// Workers share nothing but the plan and the recorder, as Envoy's do.

#include "core/dispatch/worker_state.h"
#include "core/proxy/bindings.h"
#include "core/proxy/downstream_connection.h"
#include "core/proxy/listen.h"
#include "core/proxy/timer_wheel.h"
#include "core/proxy/upstream_pool.h"
#include "core/telemetry/recorder.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace signalbox::proxy {

class NameResolver;
class HealthProbes;

boost::asio::ip::tcp::endpoint toEndpoint(const base::SocketAddress& address);

/// The plan that new requests are decided by, with this worker's live state of it.
class RunningState
{
public:
    RunningState(std::unique_ptr<dispatch::WorkerState> workerState, BindingsPtr bindingTable);

    dispatch::WorkerState& worker() { return *m_worker; }
    const plan::Plan& plan() const { return m_worker->plan(); }
    const Binding& binding(std::uint32_t endpoint) const { return *m_bindings[endpoint]; }
    const BindingsPtr& bindingTable() const { return m_table; }
    /// The virtual host of the listeners on this port of the manifest, and the buffer limit of its listener; null: none.
    const plan::VirtualHost* virtualHost(std::uint16_t port, std::string_view host, std::uint64_t& bufferLimit) const;
    /// The socket that really stands for a host; nothing: its endpoint is not bound.
    std::optional<base::SocketAddress> socketAddress(const dispatch::Host& host) const;

private:
    std::unique_ptr<dispatch::WorkerState> m_worker;
    BindingsPtr m_table;
    std::vector<const Binding*> m_bindings;
};

class Worker
{
public:
    struct Setup {
        unsigned index = 0;
        std::uint64_t seed = 0;
        std::size_t maxConnections = 50'000;
    };

    Worker(const Setup& setup, telemetry::Recorder& recorder, NameResolver& resolver);
    ~Worker();

    boost::asio::io_context& context() { return *m_context; }

    // ---- from its own thread (or before it runs)

    /// Clients that come before the first plan is live wait in the socket's backlog.
    void addListener(boost::asio::ip::tcp::acceptor acceptor, std::uint16_t manifestPort);
    /// Makes a plan the running one as soon as its clusters are warm, then calls `live` (once per call).
    void publish(plan::PlanPtr plan, BindingsPtr bindings, std::function<void()> live);
    /// Stops listening; connections close after their running answers. `done` when none is left.
    void drain(std::function<void()> done);
    void stop();

    base::Instant now() const;
    std::string_view date();
    void arm(TimerWheel::Timer& timer, base::Instant due);
    const std::shared_ptr<RunningState>& running() const { return m_running; }
    telemetry::Recorder& recorder() { return m_recorder; }
    base::Random& idRandom() { return m_idRandom; }

    UpstreamPool& pool(RunningState& state, std::uint32_t cluster, dispatch::Host& host);
    void discardPool(UpstreamPool& pool);
    /// A cluster's health may have changed: its next timer may be earlier now.
    void watchCluster(dispatch::Cluster& cluster);

    /// Lets go of a connection: its caller keeps it.
    void onDownstreamClosed(DownstreamConnection& connection);
    std::size_t connectionCount() const { return m_connections.size(); }

private:
    class ClusterTimer;
    struct Listening;

    void accept(Listening& listening);
    void scheduleTick(base::Instant when);
    void onTick();
    void advanceClusters();
    bool carryOutOrders(const std::shared_ptr<RunningState>& state);
    void checkHealth(RunningState& state, std::uint32_t index, const dispatch::HostPtr& host);
    void resolve(const std::shared_ptr<RunningState>& state, std::uint32_t cluster, const dispatch::Order& order);
    void promoteWarmState();
    void sweepPools();

    /// Others may post to it; its sockets and timers are touched by one thread at a time, so they need no locks.
    std::unique_ptr<boost::asio::io_context> m_context =
        std::make_unique<boost::asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO);
    unsigned m_index;
    std::uint64_t m_seed;
    std::size_t m_maxConnections;
    std::chrono::steady_clock::time_point m_epoch;
    TimerWheel m_timers;
    std::unique_ptr<boost::asio::steady_timer> m_tick;
    base::Instant m_tickAt = base::kNever;
    telemetry::Recorder& m_recorder;
    NameResolver& m_resolver;
    base::Random m_idRandom;
    std::time_t m_dateSecond = 0;
    std::string m_date;

    std::shared_ptr<RunningState> m_running;
    std::shared_ptr<RunningState> m_warming;
    std::vector<std::function<void()>> m_live;
    std::unique_ptr<ClusterTimer> m_clusterTimer;
    std::unique_ptr<HealthProbes> m_probes;
    std::vector<std::unique_ptr<Listening>> m_listening;
    boost::unordered_flat_map<dispatch::Host*, std::unique_ptr<UpstreamPool>> m_pools;
    std::vector<std::unique_ptr<UpstreamPool>> m_discarded;
    boost::unordered_flat_set<boost::intrusive_ptr<DownstreamConnection>> m_connections;
    std::function<void()> m_drained;
    bool m_draining = false;
};

} // namespace signalbox::proxy
