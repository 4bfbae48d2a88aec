// SPDX-License-Identifier: Apache-2.0
// The way of one request without a retry takes no memory from the heap.
#include <QtTest> // first: Qt 6.4's moc cannot read <compare> before other standard headers

#include "core/dispatch/route_table.h"
#include "tests/support/dispatch_bench.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocations{0};

} // namespace

void* operator new(std::size_t size)
{
    ++allocations;
    if (void* memory = std::malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    ++allocations;
    return std::malloc(size);
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;

class TestDispatchAllocations : public QObject
{
    Q_OBJECT

    static plan::PlanPtr guide()
    {
        PlanBuilder builder;
        builder.cluster("fallback", {{"a"}, {"b", 1, 1}});
        builder.cluster("virtual", {{"c", 50}, {"d", 30}, {"e", 20}});
        for (const std::uint32_t index : {0U, 1U}) {
            plan::RetryPolicy& policy = builder.retry(index);
            policy.on = static_cast<std::uint32_t>(plan::RetryOn::ConnectFailure);
            policy.numRetries = 5;
            policy.attemptsPerPriority = 1;
        }
        plan::Listener listener;
        listener.virtualHosts.push_back({"*", {0, 1}});
        builder.plan().listeners.push_back(std::move(listener));
        return builder.build();
    }

    static constexpr std::array<HeaderView, 5> kHeaders{HeaderView{"host", "localhost:8080"}, {"user-agent", "curl/8"},
        {"accept", "*/*"}, {"content-type", "application/json"}, {"x-ai-eg-model", "virtual"}};

private slots:
    void theCommonWayAllocatesNothing()
    {
        DispatchBench bench(guide());
        const std::uint64_t before = allocations;
        for (int i = 0; i < 1000; ++i) {
            const plan::VirtualHost* host = findVirtualHost(bench.plan->listeners[0], "localhost:8080");
            const plan::Route* route = matchRoute(*bench.plan, *host, kHeaders);
            Request request(*route, &bench.cluster(route->cluster), bench.streams(), bench.now);
            request.start(bench.now);
            request.onConnected(bench.now);
            request.onActivity(bench.now);
            request.onHeaders({200}, bench.now);
            request.onHeadSent();
            request.onComplete(bench.now);
        }
        QCOMPARE(allocations - before, std::uint64_t{0});
    }

    void aSecondAttemptAllocatesNothingButItsPluginsNothingEither()
    {
        DispatchBench bench(guide());
        const std::uint64_t before = allocations;
        for (int i = 0; i < 100; ++i) {
            Request request(bench.route(), &bench.cluster(), bench.streams(), bench.now);
            request.start(bench.now);
            request.onFailure(Failure::RemoteConnectionFailure, bench.now);
            request.onDeadline(request.deadline());
            request.onConnected(bench.now);
            request.onHeaders({200}, bench.now);
            request.onComplete(bench.now);
        }
        QCOMPARE(allocations - before, std::uint64_t{0});
    }

    void matchAndPick()
    {
        DispatchBench bench(guide());
        QBENCHMARK
        {
            const plan::VirtualHost* host = findVirtualHost(bench.plan->listeners[0], "localhost:8080");
            const plan::Route* route = matchRoute(*bench.plan, *host, kHeaders);
            if (!bench.cluster(route->cluster).chooseHost(nullptr, bench.now)) {
                qFatal("no host");
            }
        }
    }

    void wholeRequest()
    {
        DispatchBench bench(guide());
        QBENCHMARK
        {
            const plan::VirtualHost* host = findVirtualHost(bench.plan->listeners[0], "localhost:8080");
            const plan::Route* route = matchRoute(*bench.plan, *host, kHeaders);
            Request request(*route, &bench.cluster(route->cluster), bench.streams(), bench.now);
            request.start(bench.now);
            request.onConnected(bench.now);
            request.onHeaders({200}, bench.now);
            request.onComplete(bench.now);
        }
    }
};

QTEST_GUILESS_MAIN(TestDispatchAllocations)
#include "tst_dispatch_allocations.moc"
