// SPDX-License-Identifier: Apache-2.0
#pragma once

// Carries out active health checks (envoy-routing 6.3): one short connection each, TCP or HTTP/1.1.

#include "core/dispatch/cluster.h"

#include <functional>
#include <memory>

namespace signalbox::proxy {

class Worker;

class HealthProbes
{
public:
    using Done = std::function<void(dispatch::CheckResult)>;

    explicit HealthProbes(Worker& worker) : m_worker(worker) {}

    /// Checks `address`; `done` is called once, from the event loop, within the check's time-out.
    void probe(const base::SocketAddress& address, const plan::ActiveHealthCheck& check, Done done);

private:
    Worker& m_worker;
};

} // namespace signalbox::proxy
