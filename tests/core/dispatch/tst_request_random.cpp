// SPDX-License-Identifier: Apache-2.0
// Any order of events, sensible or not: nothing is left behind and every request ends.
#include "tests/support/dispatch_bench.h"

#include <QtTest>

#include <algorithm>
#include <memory>
#include <vector>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;

namespace {

plan::PlanPtr randomPlan(base::Random& random)
{
    PlanBuilder builder;
    std::vector<BackendSpec> backends;
    for (std::uint64_t i = 0; i <= random.below(4); ++i) {
        backends.push_back({"h" + std::to_string(i), static_cast<std::uint32_t>(1 + random.below(9)),
            static_cast<std::uint32_t>(random.below(3)), static_cast<std::uint32_t>(1 + random.below(2))});
    }
    const auto kind = random.below(2) == 0 ? PlanBuilder::Kind::Names : PlanBuilder::Kind::Static;
    const auto index = builder.cluster("m", backends, kind);
    plan::Cluster& cluster = builder.definition(index);
    cluster.balancer = static_cast<plan::LoadBalancer>(random.below(4));
    cluster.breakers.maxRetries = static_cast<std::uint32_t>(random.below(3));
    cluster.slowStartWindow = std::chrono::seconds(random.below(2) * 30);
    cluster.panicThreshold = static_cast<std::uint32_t>(random.below(101));
    if (random.below(2) == 0) {
        cluster.outlier.emplace().maxEjectionPercent = 100;
        cluster.outlier->consecutive5xx = static_cast<std::uint32_t>(random.below(3));
        cluster.outlier->splitLocalOrigin = random.below(2) == 0;
    }
    if (random.below(2) == 0) {
        cluster.activeCheck.emplace();
    }
    plan::Route& route = builder.route(index);
    route.timeout = std::chrono::milliseconds(500 + random.below(2000));
    route.idleTimeout = std::chrono::milliseconds(random.below(2000));
    route.perTryIdleTimeout = std::chrono::milliseconds(random.below(2) * 100);
    if (random.below(3) > 0) {
        plan::RetryPolicy& policy = builder.retry(index);
        policy.on = static_cast<std::uint32_t>(random.below(0x2000));
        policy.numRetries = static_cast<std::uint32_t>(random.below(12));
        policy.attemptsPerPriority = static_cast<std::uint32_t>(random.below(4));
        policy.perTryTimeout = std::chrono::milliseconds(random.below(2) * 200);
        policy.statusCodes = {404, 503};
    }
    return builder.build();
}

void randomClusterEvent(DispatchBench& bench, base::Random& random)
{
    Cluster& cluster = bench.cluster();
    for (const Order& order : cluster.takeOrders()) {
        if (order.kind == Order::Kind::CheckHealth) {
            cluster.healthChecked(order.host, static_cast<CheckResult>(random.below(3)), bench.now);
            continue;
        }
        Resolution resolution;
        resolution.status = random.below(4) == 0 ? Resolution::Status::Failure : Resolution::Status::Ok;
        for (std::uint64_t i = random.below(4); i > 0; --i) {
            resolution.addresses.push_back(*base::parseAddress("10.9.0." + std::to_string(random.below(5)), 0));
        }
        cluster.resolved(order.locality, order.endpoint, resolution, bench.now);
    }
    bench.now += std::chrono::milliseconds(random.below(300));
    bench.worker.advance(bench.now);
}

void randomRequestEvent(Request& request, DispatchBench& bench, base::Random& random)
{
    switch (random.below(9)) {
    case 0:
        request.start(bench.now);
        break;
    case 1:
        request.onConnected(bench.now);
        break;
    case 2:
        request.onActivity(bench.now);
        break;
    case 3:
        request.onHeaders({static_cast<std::uint16_t>(200 + 100 * random.below(4) + random.below(5)),
                              static_cast<std::int8_t>(static_cast<int>(random.below(18)) - 1), random.below(5) == 0},
            bench.now);
        break;
    case 4:
        request.onFailure(static_cast<Failure>(random.below(7)), bench.now);
        break;
    case 5:
        request.onHeadSent();
        break;
    case 6:
        if (random.below(4) == 0) {
            request.onComplete(bench.now);
        }
        break;
    case 7:
        if (random.below(10) == 0) {
            request.onClientGone(bench.now);
        }
        break;
    default:
        if (request.deadline() != base::kNever) {
            bench.now = std::max(bench.now, request.deadline());
        }
        request.onDeadline(bench.now);
        break;
    }
}

} // namespace

class TestRequestRandom : public QObject
{
    Q_OBJECT

private slots:
    void nothingIsLeftBehind()
    {
        for (std::uint64_t seed = 0; seed < 1500; ++seed) {
            base::Random random(seed);
            DispatchBench bench(randomPlan(random), seed);
            {
                std::vector<std::unique_ptr<Request>> requests;
                for (int i = 0; i < 4; ++i) {
                    requests.push_back(
                        std::make_unique<Request>(bench.route(), &bench.cluster(), bench.streams(), bench.now));
                    requests.back()->start(bench.now);
                }
                for (int step = 0; step < 120; ++step) {
                    randomClusterEvent(bench, random);
                    randomRequestEvent(*requests[random.below(4)], bench, random);
                }
                for (auto& request : requests) { // left alone, a request ends by its own clock
                    for (int step = 0; step < 100 && !request->isOver(); ++step) {
                        QVERIFY(request->deadline() != base::kNever);
                        bench.now = std::max(bench.now, request->deadline());
                        request->onDeadline(bench.now);
                    }
                    QVERIFY(request->isOver());
                    for (const AttemptTrace& trace : request->trace()) {
                        QVERIFY(trace.ended != base::kNever);
                        QVERIFY(trace.outcome != AttemptOutcome::Pending);
                        QVERIFY(trace.decision != Decision::None);
                    }
                }
            }
            QCOMPARE(bench.cluster().gauges.retries, 0U);
            for (std::uint32_t p = 0; p < bench.cluster().priorityCount(); ++p) {
                for (const HostPtr& host : bench.cluster().hosts(p)) {
                    QCOMPARE(host->activeRequests, 0U);
                }
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestRequestRandom)
#include "tst_request_random.moc"
