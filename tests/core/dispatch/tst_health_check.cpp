// SPDX-License-Identifier: Apache-2.0
// Active checks through a cluster: when they run and what their results do (envoy-routing 6.3).
#include "tests/support/passive_health.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;

namespace {

Order takeCheck(Cluster& cluster)
{
    const auto orders = cluster.takeOrders();
    return orders.size() == 1 && orders[0].kind == Order::Kind::CheckHealth ? orders[0] : Order{};
}

} // namespace

class TestHealthCheck : public QObject
{
    Q_OBJECT

private slots:
    void activeChecksInTheFirstMinute()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"a"}});
        builder.definition(index).activeCheck.emplace().interval = 2s;
        DispatchBench bench(builder.build());
        Cluster& cluster = bench.cluster();
        QVERIFY(cluster.isWarming());
        Order order = takeCheck(cluster);
        QVERIFY(order.host);
        QVERIFY(!order.host->publishedHealthy);
        bench.now = at(100ms);
        cluster.healthChecked(order.host, CheckResult::Success, bench.now);
        QVERIFY(!cluster.isWarming());
        QVERIFY(order.host->publishedHealthy); // at once: the cluster enters service
        cluster.reportConnected(*order.host);  // traffic from now on does not shorten the wait
        bench.runTo(at(60'099ms));
        QVERIFY(cluster.takeOrders().empty());
        for (const auto due : {60'100ms, 62'100ms, 64'100ms}) {
            bench.runTo(at(due));
            order = takeCheck(cluster);
            QVERIFY(order.host);
            cluster.healthChecked(order.host, CheckResult::Success, bench.now);
        }
    }

    void openConnectionsAreTrafficToo()
    {
        PlanBuilder builder;
        builder.definition(builder.cluster("m", {{"a"}})).activeCheck.emplace();
        DispatchBench bench(builder.build());
        bench.cluster().gauges.connections = 1;
        bench.cluster().healthChecked(bench.cluster().takeOrders()[0].host, CheckResult::Success, at(0s));
        QCOMPARE(bench.cluster().nextDue(), at(3s));
    }

    void checkThresholds()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"a"}, {"b", 1, 1}});
        builder.definition(index).activeCheck.emplace().healthyThreshold = 2;
        DispatchBench bench(builder.build());
        Cluster& cluster = bench.cluster();
        const HostPtr host = cluster.hosts(0)[0];
        const auto check = [&](CheckResult result) {
            bench.now += 5s;
            cluster.healthChecked(host, result, bench.now);
            return !host->failedCheck;
        };
        cluster.healthChecked(cluster.hosts(1)[0], CheckResult::Success, bench.now);
        QVERIFY(check(CheckResult::Success)); // the first result counts alone
        QVERIFY(check(CheckResult::NoAnswer));
        QVERIFY(check(CheckResult::NoAnswer));
        QVERIFY(check(CheckResult::Success));
        QVERIFY(check(CheckResult::NoAnswer));
        QVERIFY(check(CheckResult::NoAnswer));
        QVERIFY(!check(CheckResult::NoAnswer)); // three in a row
        QCOMPARE(bench.pick(), std::string("b"));
        QVERIFY(!check(CheckResult::Success));
        QVERIFY(!check(CheckResult::NoAnswer));
        QVERIFY(!check(CheckResult::Success));
        QVERIFY(check(CheckResult::Success)); // two in a row
        QCOMPARE(bench.pick(), std::string("a"));
        QVERIFY(!check(CheckResult::UnexpectedStatus)); // at once
        QCOMPARE(bench.pick(), std::string("b"));
    }

    void aFirstBadResultWarmsTheClusterToo()
    {
        PlanBuilder builder;
        builder.definition(builder.cluster("m", {{"a"}})).activeCheck.emplace();
        DispatchBench bench(builder.build());
        bench.cluster().healthChecked(bench.cluster().takeOrders()[0].host, CheckResult::NoAnswer, at(0s));
        QVERIFY(!bench.worker.isWarming());
        QCOMPARE(bench.pick(), std::string("a")); // panic
    }

    void aPassedCheckEndsAnEjection()
    {
        PlanBuilder builder = passive({{"a"}, {"b", 1, 1}});
        builder.definition(0).activeCheck.emplace();
        DispatchBench bench(builder.build());
        Cluster& cluster = bench.cluster();
        for (const Order& order : cluster.takeOrders()) {
            cluster.healthChecked(order.host, CheckResult::Success, bench.now);
        }
        bench.now = at(5s);
        answer(bench, "a", 3);
        QVERIFY(bench.host("a").ejected);
        bench.now = at(7s);
        cluster.healthChecked(cluster.hosts(0)[0], CheckResult::Success, bench.now);
        QVERIFY(!bench.host("a").ejected);
        QCOMPARE(bench.pick(), std::string("a"));
        QCOMPARE(cluster.outlierDetector()->activeEjections(), 0U);
    }
};

QTEST_GUILESS_MAIN(TestHealthCheck)
#include "tst_health_check.moc"
