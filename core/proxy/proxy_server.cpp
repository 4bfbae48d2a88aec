// SPDX-License-Identifier: Apache-2.0
#include "core/proxy/proxy_server.h"

#include "core/proxy/name_resolver.h"
#include "core/proxy/worker.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace signalbox::proxy {
namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int kBacklog = 1024;

/// Thousands of connections need descriptors: the soft limit goes up to the hard one.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 200'000);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

base::Error listenError(const error_code& error, const base::SocketAddress& address)
{
    const std::string where = base::addressText(address);
    if (error == asio::error::address_in_use) {
        return {"port-busy", where + " is used by another program"};
    }
    if (error == asio::error::access_denied) {
        return {"no-permission", "no permission to listen on " + where};
    }
    return {"address-unavailable", "cannot listen on " + where + ": " + error.message()};
}

} // namespace

class ProxyServer::Threads
{
public:
    Threads(const ProxyOptions& options, telemetry::Recorder& recorder)
    {
        raiseDescriptorLimit();
        const unsigned count = std::max(1U, options.workers);
        for (unsigned i = 0; i < count; ++i) {
            const Worker::Setup setup{i, options.seed, std::max<std::size_t>(1, options.maxConnections / count)};
            m_workers.push_back(std::make_unique<Worker>(setup, recorder, *m_resolver));
            m_guards.emplace_back(m_workers.back()->context().get_executor());
        }
    }

    ~Threads()
    {
        for (const auto& worker : m_workers) {
            worker->stop();
        }
        for (std::thread& thread : m_threads) {
            thread.join();
        }
        m_resolver.reset(); // its answers go to the workers
    }

    base::Result<base::SocketAddress> listen(const ListenAddress& listen)
    {
        base::SocketAddress address = listen.address;
        for (const auto& worker : m_workers) {
            asio::ip::tcp::acceptor acceptor(worker->context());
            const auto endpoint = toEndpoint(address);
            error_code error;
            acceptor.open(endpoint.protocol(), error);
            if (!error) {
                acceptor.set_option(asio::socket_base::reuse_address(true), error);
                if (m_workers.size() > 1) { // the kernel spreads connections over the workers
                    const int one = 1;
                    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
                }
                if (address.isV6) {
                    acceptor.set_option(asio::ip::v6_only(true), error);
                }
                acceptor.bind(endpoint, error);
            }
            if (!error) {
                acceptor.listen(kBacklog, error);
            }
            if (error) {
                return listenError(error, address);
            }
            address.port = acceptor.local_endpoint(error).port();
            worker->addListener(std::move(acceptor), listen.manifestPort);
        }
        return address;
    }

    void start(plan::PlanPtr plan, BindingsPtr bindings)
    {
        publish(std::move(plan), std::move(bindings), [this] {
            const std::lock_guard lock(m_mutex);
            m_ready = true;
            m_changed.notify_all();
        });
        for (const auto& worker : m_workers) {
            m_threads.emplace_back([&context = worker->context()] { context.run(); });
        }
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_ready; });
    }

    void publish(plan::PlanPtr plan, BindingsPtr bindings, std::function<void()> live)
    {
        auto left = std::make_shared<std::atomic<std::size_t>>(m_workers.size());
        auto done = std::make_shared<std::function<void()>>(std::move(live));
        for (const auto& worker : m_workers) {
            asio::post(worker->context(), [&target = *worker, plan, bindings, left, done] {
                target.publish(plan, bindings, [left, done] {
                    if (left->fetch_sub(1) == 1 && *done) {
                        (*done)();
                    }
                });
            });
        }
    }

    bool drain(std::chrono::milliseconds limit)
    {
        auto left = std::make_shared<std::size_t>(m_workers.size());
        for (const auto& worker : m_workers) {
            asio::post(worker->context(), [this, &target = *worker, left] {
                target.drain([this, left] {
                    const std::lock_guard lock(m_mutex);
                    --*left;
                    m_changed.notify_all();
                });
            });
        }
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, limit, [&] { return *left == 0; });
    }

private:
    std::unique_ptr<NameResolver> m_resolver = std::make_unique<NameResolver>();
    std::vector<std::unique_ptr<Worker>> m_workers;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> m_guards;
    std::vector<std::thread> m_threads;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_ready = false;
};

ProxyServer::ProxyServer(const ProxyOptions& options, telemetry::Recorder& recorder)
    : m_threads(std::make_unique<Threads>(options, recorder))
{}

ProxyServer::~ProxyServer() = default;

base::Result<base::SocketAddress> ProxyServer::listen(const ListenAddress& address)
{
    return m_threads->listen(address);
}

void ProxyServer::start(plan::PlanPtr plan, BindingsPtr bindings)
{
    m_threads->start(std::move(plan), std::move(bindings));
}

void ProxyServer::publish(plan::PlanPtr plan, BindingsPtr bindings, std::function<void()> live)
{
    m_threads->publish(std::move(plan), std::move(bindings), std::move(live));
}

bool ProxyServer::drain(std::chrono::milliseconds limit)
{
    return m_threads->drain(limit);
}

} // namespace signalbox::proxy
