// SPDX-License-Identifier: Apache-2.0

// What a decision costs with the routes of guide A: the match of a request's headers to a route, the choice of a tier and
// of a host in it. The bound is 1 us without an allocation.

#include "core/dispatch/request.h"
#include "core/dispatch/route_table.h"
#include "core/dispatch/worker_state.h"
#include "tests/bench/bench_inputs.h"

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocations{0};

} // namespace

void* operator new(std::size_t size)
{
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

namespace {

using namespace signalbox;

/// A worker whose names have been resolved, and whose clock stands still.
class Bench
{
public:
    Bench() : m_plan(bench::planOfCases({"gateway-50mi.yaml", "guide-a.yaml"})), m_worker(m_plan, 1, 0, m_now)
    {
        for (std::uint32_t i = 0; i < m_worker.clusterCount(); ++i) {
            for (const dispatch::Order& order : m_worker.cluster(i).takeOrders()) {
                resolve(m_worker.cluster(i), order);
            }
        }
    }

    const plan::Route* match(std::string_view model) const
    {
        const std::array<dispatch::HeaderView, 8> headers{dispatch::HeaderView{"user-agent", "curl/8.5.0"},
            {"accept", "*/*"}, {"content-type", "application/json"}, {"x-forwarded-for", "127.0.0.1"},
            {"x-forwarded-proto", "http"}, {"x-request-id", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"},
            {"x-ai-eg-model", model}, {"x-ai-eg-original-path", "/v1/chat/completions"}};
        const plan::VirtualHost* host = dispatch::findVirtualHost(m_plan->listeners.front(), "localhost:8080");
        return host ? dispatch::matchRoute(*m_plan, *host, headers) : nullptr;
    }

    dispatch::Cluster& cluster(const plan::Route& route) { return m_worker.cluster(route.cluster); }
    dispatch::Request::Streams streams() { return {&m_worker.backoffRandom(), &m_worker.clusterRandom()}; }
    base::Instant now() const { return m_now; }

private:
    void resolve(dispatch::Cluster& cluster, const dispatch::Order& order) const
    {
        dispatch::Resolution resolution;
        resolution.addresses.push_back(*base::parseAddress("127.0.0.1", 0));
        cluster.resolved(order.locality, order.endpoint, resolution, m_now);
    }

    base::Instant m_now{};
    plan::PlanPtr m_plan;
    dispatch::WorkerState m_worker;
};

void countAllocations(benchmark::State& state, std::uint64_t before)
{
    state.counters["allocations"] =
        benchmark::Counter(static_cast<double>(allocations - before), benchmark::Counter::kAvgIterations);
}

void decision(benchmark::State& state, const char* model)
{
    Bench bench;
    const std::uint64_t before = allocations;
    for (auto _ : state) {
        const plan::Route* route = bench.match(model);
        const dispatch::Host* host = route ? bench.cluster(*route).chooseHost(nullptr, bench.now()) : nullptr;
        if (!host) {
            state.SkipWithError("no host");
            break;
        }
        benchmark::DoNotOptimize(host);
    }
    countAllocations(state, before);
}

/// All that the machine decides for a request that is answered at once: from its start to its end.
void wholeRequest(benchmark::State& state, const char* model)
{
    Bench bench;
    const std::uint64_t before = allocations;
    for (auto _ : state) {
        const plan::Route* route = bench.match(model);
        dispatch::Request request(*route, &bench.cluster(*route), bench.streams(), bench.now());
        request.start(bench.now());
        request.onConnected(bench.now());
        request.onHeaders({200}, bench.now());
        request.onComplete(bench.now());
        benchmark::DoNotOptimize(request.isOver());
    }
    countAllocations(state, before);
}

BENCHMARK_CAPTURE(decision, weighted, "virtual-qwen-model");
BENCHMARK_CAPTURE(decision, fallback, "qwen-with-fallback");
BENCHMARK_CAPTURE(wholeRequest, weighted, "virtual-qwen-model");
BENCHMARK_CAPTURE(wholeRequest, fallback, "qwen-with-fallback");

} // namespace
