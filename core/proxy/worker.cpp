// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/worker.h"

#include "core/dispatch/route_table.h"
#include "core/proxy/health_probes.h"
#include "core/proxy/name_resolver.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <ctime>

namespace signalbox::proxy {
namespace asio = boost::asio;
using boost::system::error_code;

asio::ip::tcp::endpoint toEndpoint(const base::SocketAddress& address)
{
    if (address.isV6) {
        return {asio::ip::address_v6(address.bytes), address.port};
    }
    asio::ip::address_v4::bytes_type bytes{address.bytes[0], address.bytes[1], address.bytes[2], address.bytes[3]};
    return {asio::ip::address_v4(bytes), address.port};
}

// ---- RunningState ----------------------------------------------------------------------------------

RunningState::RunningState(std::unique_ptr<dispatch::WorkerState> workerState, BindingsPtr bindingTable)
    : m_worker(std::move(workerState)),
      m_table(std::move(bindingTable))
{
    for (const plan::Endpoint& endpoint : m_worker->plan().endpoints) {
        m_bindings.push_back(&m_table->of(endpoint.key()));
    }
}

const plan::VirtualHost* RunningState::virtualHost(
    std::uint16_t port, std::string_view host, std::uint64_t& bufferLimit) const
{
    for (const plan::Listener& listener : plan().listeners) {
        if (listener.port != port) {
            continue;
        }
        if (const plan::VirtualHost* found = dispatch::findVirtualHost(listener, host); found != nullptr) {
            bufferLimit = listener.bufferLimit;
            return found;
        }
    }
    return nullptr;
}

// ---- Worker ----------------------------------------------------------------------------------------

class Worker::ClusterTimer final : public TimerWheel::Timer
{
public:
    explicit ClusterTimer(Worker& worker) : m_worker(worker) {}

private:
    void onTimer(base::Instant) override { m_worker.advanceClusters(); }
    Worker& m_worker;
};

struct Worker::Listening {
    asio::ip::tcp::acceptor acceptor;
    std::uint16_t port;
};

Worker::Worker(const Setup& setup, telemetry::Recorder& recorder, NameResolver& resolver)
    : m_index(setup.index),
      m_seed(setup.seed),
      m_maxConnections(setup.maxConnections),
      m_epoch(std::chrono::steady_clock::now()),
      m_timers(base::Instant{}),
      m_tick(std::make_unique<asio::steady_timer>(*m_context)),
      m_recorder(recorder),
      m_resolver(resolver),
      m_idRandom(base::Random::stream(setup.seed, "worker/" + std::to_string(setup.index) + "/ids")),
      m_clusterTimer(std::make_unique<ClusterTimer>(*this)),
      m_probes(std::make_unique<HealthProbes>(*this))
{}

/// Nothing of what is still queued runs any more: the context goes first, and its handlers with it, while all that they keep
/// (connections, probes) can still take leave of this object.
Worker::~Worker()
{
    m_drained = nullptr;
    for (const auto& connection : std::exchange(m_connections, {})) {
        connection->end();
    }
    m_pools.clear();
    m_discarded.clear();
    m_listening.clear();
    m_tick.reset();
    m_context.reset();
}

base::Instant Worker::now() const
{
    return base::Instant(std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now() - m_epoch));
}

std::string_view Worker::date()
{
    const std::time_t second = std::time(nullptr);
    if (second != m_dateSecond) {
        m_dateSecond = second;
        std::tm utc{};
        ::gmtime_r(&second, &utc);
        char text[40];
        m_date.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
    }
    return m_date;
}

// ---- timers

void Worker::arm(TimerWheel::Timer& timer, base::Instant due)
{
    m_timers.arm(timer, due);
    if (due < m_tickAt) {
        scheduleTick(due);
    }
}

void Worker::scheduleTick(base::Instant when)
{
    m_tickAt = when;
    // A tick late rather than early: the wheel rounds up to its own ticks.
    m_tick->expires_at(m_epoch + std::chrono::ceil<std::chrono::milliseconds>(when.time_since_epoch()));
    m_tick->async_wait([this](const error_code& error) {
        if (!error) {
            onTick();
        }
    });
}

void Worker::onTick()
{
    m_tickAt = base::kNever;
    m_timers.advance(now());
    const base::Instant next = m_timers.nextWake();
    if (next < m_tickAt) {
        scheduleTick(next);
    }
}

// ---- listening

void Worker::addListener(asio::ip::tcp::acceptor acceptor, std::uint16_t manifestPort)
{
    m_listening.push_back(std::make_unique<Listening>(Listening{std::move(acceptor), manifestPort}));
}

void Worker::accept(Listening& listening)
{
    listening.acceptor.async_accept(
        *m_context, [this, &listening](const error_code& error, asio::ip::tcp::socket socket) {
            if (error == asio::error::operation_aborted || m_draining) {
                return;
            }
            if (!error && m_connections.size() < m_maxConnections) {
                error_code failed;
                const auto remote = socket.remote_endpoint(failed);
                if (!failed) {
                    const auto connection = *m_connections
                                                 .emplace(new DownstreamConnection(*this, std::move(socket),
                                                     listening.port, remote.address().to_string()))
                                                 .first;
                    connection->start();
                }
            }
            if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space) {
                asio::post(*m_context, [this, &listening] { accept(listening); }); // let connections end first
                return;
            }
            accept(listening);
        });
}

void Worker::onDownstreamClosed(DownstreamConnection& connection)
{
    m_connections.erase(boost::intrusive_ptr(&connection));
    if (m_draining && m_connections.empty() && m_drained) {
        std::exchange(m_drained, nullptr)();
    }
}

void Worker::drain(std::function<void()> done)
{
    m_draining = true;
    for (const auto& listening : m_listening) {
        error_code ignored;
        listening->acceptor.close(ignored);
    }
    if (m_connections.empty()) {
        done();
        return;
    }
    m_drained = std::move(done);
    const std::vector<boost::intrusive_ptr<DownstreamConnection>> connections(
        m_connections.begin(), m_connections.end());
    for (const auto& connection : connections) {
        connection->drain();
    }
}

void Worker::stop()
{
    m_context->stop();
}

// ---- plans and clusters

void Worker::publish(plan::PlanPtr plan, BindingsPtr bindings, std::function<void()> live)
{
    auto state = m_running ? std::make_unique<dispatch::WorkerState>(std::move(plan), m_running->worker(), now())
                           : std::make_unique<dispatch::WorkerState>(std::move(plan), m_seed, m_index, now());
    m_warming = std::make_shared<RunningState>(std::move(state), std::move(bindings));
    m_live.push_back(std::move(live));
    advanceClusters();
}

/// Makes the warming plan the running one once its names are resolved and its hosts checked.
void Worker::promoteWarmState()
{
    if (!m_warming || m_warming->worker().isWarming()) {
        return;
    }
    const bool first = m_running == nullptr;
    m_running = std::exchange(m_warming, nullptr);
    if (first) {
        for (const auto& listening : m_listening) {
            accept(*listening);
        }
    }
    for (const auto& live : std::exchange(m_live, {})) {
        live();
    }
}

/// Ends the pools of clusters that the running plan has no more, of hosts that left, and of endpoints bound elsewhere.
void Worker::sweepPools()
{
    std::vector<const dispatch::Cluster*> current;
    for (std::size_t i = 0; i < m_running->worker().clusterCount(); ++i) {
        current.push_back(&m_running->worker().cluster(static_cast<std::uint32_t>(i)));
    }
    std::sort(current.begin(), current.end());
    std::vector<UpstreamPool*> ended;
    for (const auto& [host, pool] : m_pools) {
        const bool known = std::binary_search(current.begin(), current.end(), &pool->cluster());
        if (!known || host->removed || pool->address() != m_running->socketAddress(*host)) {
            ended.push_back(pool.get());
        }
    }
    for (UpstreamPool* pool : ended) {
        const auto found = m_pools.find(pool->host().get());
        m_discarded.push_back(std::move(found->second));
        m_pools.erase(found);
        pool->drain();
    }
}

/// Runs what is due in every cluster, carries out what they ask for, and wakes again when the next thing is due.
void Worker::advanceClusters()
{
    const base::Instant time = now();
    base::Instant due = base::kNever;
    for (const auto& state : {m_running, m_warming}) {
        if (state) {
            state->worker().advance(time);
            while (carryOutOrders(state)) {} // an answer at once (a bound address) may lead to further orders
            due = std::min(due, state->worker().nextDue());
        }
    }
    promoteWarmState();
    if (m_running) {
        sweepPools();
    }
    if (due != base::kNever) {
        arm(*m_clusterTimer, std::max(due, time + std::chrono::milliseconds(1)));
    }
}

void Worker::watchCluster(dispatch::Cluster& cluster)
{
    const plan::Cluster& definition = cluster.definition();
    if (!definition.outlier && !definition.activeCheck) {
        return;
    }
    const base::Instant due = cluster.nextDue();
    if (due != base::kNever && (!m_clusterTimer->isArmed() || due < m_clusterTimer->due())) {
        arm(*m_clusterTimer, due);
    }
}

/// True when there was anything to do.
bool Worker::carryOutOrders(const std::shared_ptr<RunningState>& state)
{
    bool any = false;
    for (std::uint32_t i = 0; i < state->worker().clusterCount(); ++i) {
        for (const dispatch::Order& order : state->worker().cluster(i).takeOrders()) {
            any = true;
            if (order.kind == dispatch::Order::Kind::Resolve) {
                resolve(state, i, order);
            } else {
                checkHealth(*state, i, order.host);
            }
        }
    }
    return any;
}

void Worker::checkHealth(RunningState& state, std::uint32_t index, const dispatch::HostPtr& host)
{
    const auto cluster = state.worker().clusterPtr(index);
    const auto checked = [this, weak = std::weak_ptr(cluster), host](dispatch::CheckResult result) {
        if (const auto target = weak.lock(); target) {
            target->healthChecked(host, result, now());
            advanceClusters();
        }
    };
    const auto address = state.socketAddress(*host);
    if (address) {
        m_probes->probe(*address, *cluster->definition().activeCheck, checked);
    } else {
        asio::post(*m_context, [checked] { checked(dispatch::CheckResult::NoAnswer); });
    }
}

void Worker::resolve(const std::shared_ptr<RunningState>& state, std::uint32_t index, const dispatch::Order& order)
{
    const auto cluster = state->worker().clusterPtr(index);
    const Binding& binding = state->binding(order.endpoint);
    if (binding.kind != Binding::Kind::Manifest && (binding.kind == Binding::Kind::None || binding.address)) {
        dispatch::Resolution fixed;
        fixed.addresses.push_back(binding.address.value_or(base::SocketAddress{}));
        cluster->resolved(order.locality, order.endpoint, fixed, now());
        return;
    }
    const std::string& name =
        binding.kind == Binding::Kind::Url ? binding.host : state->plan().endpoints[order.endpoint].host;
    const std::weak_ptr<dispatch::Cluster> weak = cluster;
    m_resolver.resolve(name, cluster->definition().dnsFamily,
        [this, weak, locality = order.locality, endpoint = order.endpoint](dispatch::Resolution resolution) {
            asio::post(*m_context, [this, weak, locality, endpoint, resolution = std::move(resolution)] {
                if (const auto target = weak.lock(); target) {
                    target->resolved(locality, endpoint, resolution, now());
                    advanceClusters();
                }
            });
        });
}

// ---- pools

std::optional<base::SocketAddress> RunningState::socketAddress(const dispatch::Host& host) const
{
    const Binding& bound = binding(host.endpoint);
    switch (bound.kind) {
    case Binding::Kind::None:
        return std::nullopt;
    case Binding::Kind::Manifest:
        return host.address;
    case Binding::Kind::Url: {
        base::SocketAddress address = bound.address.value_or(host.address);
        address.port = bound.port;
        return address;
    }
    }
    return std::nullopt;
}

UpstreamPool& Worker::pool(RunningState& state, std::uint32_t cluster, dispatch::Host& host)
{
    auto& pool = m_pools[&host];
    if (!pool) {
        auto shared = state.worker().clusterPtr(cluster);
        dispatch::HostPtr keep = shared->share(host);
        pool = std::make_unique<UpstreamPool>(*this, std::move(shared), std::move(keep), state.socketAddress(host));
    }
    return *pool;
}

void Worker::discardPool(UpstreamPool& pool)
{
    asio::post(*m_context, [this, gone = &pool] {
        const auto found = std::find_if(
            m_discarded.begin(), m_discarded.end(), [gone](const auto& other) { return other.get() == gone; });
        if (found != m_discarded.end() && gone->isUnused()) {
            m_discarded.erase(found);
        }
    });
}

} // namespace signalbox::proxy
