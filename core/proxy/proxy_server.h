// SPDX-License-Identifier: Apache-2.0
#pragma once

// The live data plane: the only door to it. Its methods may be called from any one thread that is not a worker's.

#include "core/base/result.h"
#include "core/plan/plan.h"
#include "core/proxy/bindings.h"
#include "core/proxy/listen.h"
#include "core/telemetry/recorder.h"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace signalbox::proxy {

struct ProxyOptions {
    unsigned workers = 1;                ///< threads, each with its own balancer state; at least 1
    std::uint64_t seed = 0;              ///< of every random choice
    std::size_t maxConnections = 50'000; ///< from clients, over all workers; more are closed at once
};

class ProxyServer
{
public:
    ProxyServer(const ProxyOptions& options, telemetry::Recorder& recorder);
    /// Stops at once.
    ~ProxyServer();
    ProxyServer(const ProxyServer&) = delete;
    ProxyServer& operator=(const ProxyServer&) = delete;

    /// Binds a socket (before start()). Returns the address with its real port. Errors: "port-busy", "no-permission",
    /// "address-unavailable".
    base::Result<base::SocketAddress> listen(const ListenAddress& address);

    /// Publishes the first plan and starts the threads; returns when the first request would be served (names of the plan
    /// are resolved).
    void start(plan::PlanPtr plan, BindingsPtr bindings);

    /// Hands a new plan over: requests in flight end on theirs, none is dropped. `live` is called once, from some worker's
    /// thread, when the last worker decides by it.
    void publish(plan::PlanPtr plan, BindingsPtr bindings, std::function<void()> live);

    /// Stops listening and waits until running requests have ended, at most `limit`. True when none was cut.
    bool drain(std::chrono::milliseconds limit);

private:
    class Threads;
    std::unique_ptr<Threads> m_threads;
};

} // namespace signalbox::proxy
