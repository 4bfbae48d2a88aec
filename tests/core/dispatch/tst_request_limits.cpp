// SPDX-License-Identifier: Apache-2.0
// Fault injection and circuit breakers (envoy-routing 7 and 13).
#include "tests/support/request_run.h"

#include <QtTest>

#include <cstdlib>
#include <memory>
#include <vector>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;
using Kind = Action::Kind;

class TestRequestLimits : public QObject
{
    Q_OBJECT

private slots:
    void faultAborts()
    {
        PlanBuilder builder = twoPriorities();
        builder.route(0).fault = plan::FaultInjection{418, 1'000'000, 0s, 0};
        RequestRun run(builder);
        const Action end = run.request.start(run.now);
        QCOMPARE(end.kind, Kind::Reply);
        QCOMPARE(end.reply.status, std::uint16_t{418});
        QCOMPARE(end.reply.text, std::string_view("fault filter abort"));
        QVERIFY(!end.reply.inErrorForm);
        QCOMPARE(run.request.decision(), Decision::FaultInjected);
        QCOMPARE(run.request.attempts(), 0U);
    }

    void faultDelaysAndTheRouteTimeoutStartsAfterIt()
    {
        PlanBuilder builder = twoPriorities();
        builder.route(0).fault = plan::FaultInjection{0, 0, 2s, 1'000'000};
        builder.route(0).timeout = 1s;
        RequestRun run(builder);
        QCOMPARE(run.request.start(run.now).kind, Kind::Wait);
        QCOMPARE(run.request.deadline(), at(2s));
        QCOMPARE(run.request.onDeadline(at(1s)).kind, Kind::None);
        QCOMPARE(run.due().kind, Kind::Try);
        QCOMPARE(run.request.deadline(), at(3s));
    }

    void faultSharesAreDrawn()
    {
        PlanBuilder builder = twoPriorities();
        builder.route(0).fault = plan::FaultInjection{503, 250'000, 0s, 0};
        DispatchBench bench(builder.build());
        int aborted = 0;
        for (int i = 0; i < 4000; ++i) {
            Request request(bench.route(), &bench.cluster(), bench.streams(), bench.now);
            aborted += request.start(bench.now).kind == Kind::Reply ? 1 : 0;
        }
        QVERIFY(std::abs(aborted - 1000) < 100);
    }

    void retryBreakerLetsTheAnswerThrough()
    {
        PlanBuilder builder = twoPriorities();
        builder.definition(0).breakers.maxRetries = 0;
        RequestRun run(builder);
        run.request.start(run.now);
        QCOMPARE(run.answer(503).kind, Kind::Forward);
        QCOMPARE(run.last().decision, Decision::RetryBreakerFull);
        QCOMPARE(run.cluster().gauges.retries, 0U);
    }

    void retryBudgets_data()
    {
        QTest::addColumn<double>("percent");
        QTest::addColumn<uint>("least");
        QTest::addColumn<int>("retried");
        QTest::newRow("20 %, 3") << 20.0 << 3U << 3;
        QTest::newRow("25 %, 2") << 25.0 << 2U << 4;
        QTest::newRow("none") << 0.0 << 0U << 0;
        QTest::newRow("absurd") << 1e300 << 0U << 20;
    }

    /// Twenty requests fail at once; each leaves the gauge of active requests before its decision.
    void retryBudgets()
    {
        QFETCH(double, percent);
        QFETCH(uint, least);
        QFETCH(int, retried);
        PlanBuilder builder = twoPriorities();
        builder.definition(0).breakers.retryBudget = plan::CircuitBreakers::RetryBudget{percent, least};
        DispatchBench bench(builder.build());
        std::vector<std::unique_ptr<Request>> requests;
        for (int i = 0; i < 20; ++i) {
            requests.push_back(std::make_unique<Request>(bench.route(), &bench.cluster(), bench.streams(), bench.now));
            requests.back()->start(bench.now);
            requests.back()->onConnected(bench.now);
            ++bench.cluster().gauges.requests;
        }
        int waiting = 0;
        for (auto& request : requests) {
            --bench.cluster().gauges.requests;
            waiting += request->onHeaders({503}, bench.now).kind == Kind::Wait ? 1 : 0;
        }
        QCOMPARE(waiting, retried == 20 ? 19 : retried); // an absurd budget of nothing in flight is nothing still
        requests.clear();
        QCOMPARE(bench.cluster().gauges.retries, 0U);
    }

    void breakersOfThePool()
    {
        PlanBuilder builder = twoPriorities();
        plan::CircuitBreakers& breakers = builder.definition(0).breakers;
        breakers.maxConnections = 2;
        breakers.maxPendingRequests = 0;
        breakers.maxRequests = 1;
        breakers.perHostMaxConnections = 1;
        DispatchBench bench(builder.build());
        Cluster& cluster = bench.cluster();
        QVERIFY(cluster.canOpenConnection(0));
        QVERIFY(!cluster.canOpenConnection(1)); // per host
        cluster.gauges.connections = 5;
        QVERIFY(cluster.canOpenConnection(0)); // a pool without connections may always
        QVERIFY(!cluster.canQueue());
        QVERIFY(cluster.canRequest());
        cluster.gauges.requests = 1;
        QVERIFY(!cluster.canRequest());
    }
};

QTEST_GUILESS_MAIN(TestRequestLimits)
#include "tst_request_limits.moc"
