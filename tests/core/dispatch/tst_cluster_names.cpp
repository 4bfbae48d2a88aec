// SPDX-License-Identifier: Apache-2.0
// Host sets of names: what answers and failures of a resolver do (envoy-routing 1.8).
#include "tests/support/dispatch_bench.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;

namespace {

Resolution found(std::initializer_list<const char*> addresses, base::Duration ttl = 0s)
{
    Resolution resolution;
    for (const char* address : addresses) {
        resolution.addresses.push_back(*base::parseAddress(address, 9));
    }
    resolution.ttl = ttl;
    return resolution;
}

Resolution failed()
{
    Resolution resolution;
    resolution.status = Resolution::Status::Failure;
    return resolution;
}

PlanBuilder names(const std::vector<BackendSpec>& backends)
{
    PlanBuilder builder;
    builder.cluster("m", backends, PlanBuilder::Kind::Names);
    return builder;
}

} // namespace

class TestClusterNames : public QObject
{
    Q_OBJECT

private slots:
    void everyNameIsAskedOnceAtTheStart()
    {
        DispatchBench bench(names({{"b", 1, 1}, {"a", 1, 0, 2}}).build());
        const auto orders = bench.cluster().takeOrders();
        QCOMPARE(orders.size(), std::size_t{3});
        QCOMPARE(orders[0].locality, 1U); // by priority, then text
        QCOMPARE(orders[0].endpoint, 1U);
        QCOMPARE(orders[1].endpoint, 2U);
        QCOMPARE(orders[2].endpoint, 0U);
        QVERIFY(bench.cluster().takeOrders().empty());
        QCOMPARE(bench.cluster().nextDue(), base::kNever);
        QVERIFY(bench.worker.isWarming());
        bench.cluster().resolved(1, 1, found({"10.1.0.1"}), at(0s));
        bench.cluster().resolved(1, 2, failed(), at(0s));
        QVERIFY(bench.worker.isWarming());
        bench.cluster().resolved(0, 0, found({}), at(0s));
        QVERIFY(!bench.worker.isWarming());
    }

    void nextQuery_data()
    {
        QTest::addColumn<int>("answer");
        QTest::addColumn<int>("ttl");
        QTest::addColumn<bool>("respect");
        QTest::addColumn<int>("next");
        QTest::newRow("ttl") << 1 << 5 << true << 5;
        QTest::newRow("ttl above the rate") << 1 << 300 << true << 300;
        QTest::newRow("ttl 0") << 1 << 0 << true << 30;
        QTest::newRow("ttl ignored") << 1 << 5 << false << 30;
        QTest::newRow("no data") << 0 << 5 << true << 30;
        QTest::newRow("failure") << -1 << 5 << true << 30;
    }

    void nextQuery()
    {
        QFETCH(int, answer);
        QFETCH(int, ttl);
        QFETCH(bool, respect);
        QFETCH(int, next);
        PlanBuilder builder = names({{"a"}});
        builder.definition(0).respectDnsTtl = respect;
        DispatchBench bench(builder.build());
        bench.cluster().takeOrders();
        Resolution resolution = answer > 0 ? found({"10.1.0.1"}) : answer == 0 ? found({}) : failed();
        resolution.ttl = std::chrono::seconds(ttl);
        bench.cluster().resolved(0, 0, resolution, at(1s));
        QCOMPARE(bench.cluster().nextDue(), at(std::chrono::seconds(1 + next)));
        bench.cluster().advance(at(std::chrono::seconds(next)));
        QVERIFY(bench.cluster().takeOrders().empty());
        bench.cluster().advance(at(std::chrono::seconds(1 + next)));
        QCOMPARE(bench.cluster().takeOrders().size(), std::size_t{1});
        QCOMPARE(bench.cluster().nextDue(), base::kNever); // until it is answered
    }

    void portIsTheEndpoints()
    {
        DispatchBench bench(names({{"a"}}).build());
        bench.cluster().resolved(0, 0, found({"10.1.0.1", "fd00::1"}), at(0s));
        QCOMPARE(base::addressText(bench.cluster().hosts(0)[0]->address), std::string("10.1.0.1:80"));
        QCOMPARE(base::addressText(bench.cluster().hosts(0)[1]->address), std::string("[fd00::1]:80"));
    }

    void unchangedAddressesKeepTheirHosts()
    {
        DispatchBench bench(names({{"a"}}).build());
        Cluster& cluster = bench.cluster();
        cluster.resolved(0, 0, found({"10.1.0.1", "10.1.0.2", "10.1.0.1"}), at(0s));
        QCOMPARE(cluster.hosts(0).size(), std::size_t{2});
        const HostPtr first = cluster.hosts(0)[0];
        const HostPtr second = cluster.hosts(0)[1];
        cluster.resolved(0, 0, found({"10.1.0.2", "10.1.0.1"}), at(1s));
        QCOMPARE(cluster.hosts(0)[0], first); // another order is no change
        cluster.resolved(0, 0, failed(), at(2s));
        QCOMPARE(cluster.hosts(0).size(), std::size_t{2});
        cluster.resolved(0, 0, found({"10.1.0.2", "10.1.0.3"}), at(3s));
        QCOMPARE(cluster.hosts(0)[0], second);
        QVERIFY(first->removed);
        QVERIFY(!second->removed);
        cluster.resolved(0, 0, found({"10.1.0.1"}), at(4s));
        QVERIFY(cluster.hosts(0)[0] != first); // back, but another host
    }

    void unchangedAnswersKeepTheWeightCycle()
    {
        PlanBuilder builder = names({{"a", 3}, {"b", 1}});
        DispatchBench quiet(builder.build(), 4);
        DispatchBench busy(builder.build(), 4);
        for (DispatchBench* bench : {&quiet, &busy}) {
            bench->cluster().resolved(0, 0, found({"10.1.0.1"}), at(0s));
            bench->cluster().resolved(1, 1, found({"10.1.0.2"}), at(0s));
        }
        std::string same;
        for (int i = 0; i < 40; ++i) {
            busy.cluster().resolved(i % 2 == 0 ? 0 : 1, i % 2 == 0 ? 0 : 1,
                i % 3 == 0 ? failed() : found({i % 2 == 0 ? "10.1.0.1" : "10.1.0.2"}), at(1s));
            same += busy.pick();
        }
        QCOMPARE(same, quiet.picks(40));
    }

    void aLostNameLeavesTheSplit()
    {
        DispatchBench bench(names({{"a", 50}, {"b", 30}, {"c", 20}}).build());
        for (std::uint32_t i = 0; i < 3; ++i) {
            bench.cluster().resolved(i, i, found({i == 0 ? "10.1.0.1" : i == 1 ? "10.1.0.2" : "10.1.0.3"}), at(0s));
        }
        QCOMPARE(bench.shares(100).at("a"), 50);
        bench.cluster().resolved(0, 0, found({}), at(1s));
        for (int window = 0; window < 5; ++window) {
            const auto shares = bench.shares(5);
            QCOMPARE(shares.at("b"), 3);
            QCOMPARE(shares.at("c"), 2);
        }
    }

    void aLostFirstPriorityHandsOverWithoutRetry()
    {
        DispatchBench bench(names({{"a"}, {"b", 1, 1}}).build());
        bench.cluster().resolved(0, 0, found({"10.1.0.1"}), at(0s));
        bench.cluster().resolved(1, 1, found({"10.1.0.2"}), at(0s));
        QCOMPARE(bench.pick(), std::string("a"));
        bench.cluster().resolved(0, 0, found({}), at(30s));
        QCOMPARE(bench.picks(20), std::string(20, 'b'));
        bench.cluster().resolved(0, 0, failed(), at(60s));
        QCOMPARE(bench.pick(), std::string("b"));
        bench.cluster().resolved(0, 0, found({"10.1.0.1"}), at(90s));
        QCOMPARE(bench.picks(20), std::string(20, 'a'));
    }

    void aLostHostTakesItsEjectionAlong()
    {
        PlanBuilder builder = names({{"a"}, {"b"}});
        plan::OutlierDetection& outlier = builder.definition(0).outlier.emplace();
        outlier.consecutive5xx = 1;
        outlier.maxEjectionPercent = 50;
        DispatchBench bench(builder.build());
        Cluster& cluster = bench.cluster();
        cluster.resolved(0, 0, found({"10.1.0.1"}), at(0s));
        cluster.resolved(1, 1, found({"10.1.0.2"}), at(0s));
        const HostPtr lost = cluster.hosts(0)[0];
        cluster.reportStatus(*lost, 500, at(5s));
        QCOMPARE(cluster.outlierDetector()->activeEjections(), 1U);
        cluster.resolved(0, 0, found({"10.1.0.9"}), at(6s));
        QCOMPARE(cluster.outlierDetector()->activeEjections(), 0U);
        cluster.reportStatus(*lost, 500, at(7s)); // a late result of a request in flight
        QCOMPARE(cluster.outlierDetector()->activeEjections(), 0U);
    }

    void newHostsAreCheckedBeforeUse()
    {
        PlanBuilder builder = names({{"a"}});
        builder.definition(0).activeCheck.emplace();
        DispatchBench bench(builder.build());
        Cluster& cluster = bench.cluster();
        cluster.takeOrders();
        cluster.resolved(0, 0, found({"10.1.0.1"}), at(0s));
        QVERIFY(cluster.isWarming());
        const auto orders = cluster.takeOrders();
        QCOMPARE(orders.size(), std::size_t{1});
        QCOMPARE(orders[0].kind, Order::Kind::CheckHealth);
        cluster.resolved(0, 0, found({"10.1.0.2"}), at(1s));
        cluster.healthChecked(orders[0].host, CheckResult::Success, at(2s)); // has left: no effect
        QVERIFY(cluster.isWarming());
        cluster.healthChecked(cluster.takeOrders()[0].host, CheckResult::Success, at(2s));
        QVERIFY(!cluster.isWarming());
    }

    void addressesNeedNoResolver()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"a"}});
        builder.definition(index).resolvesNames = true;
        DispatchBench bench(builder.build());
        QVERIFY(bench.cluster().takeOrders().empty());
        QCOMPARE(bench.pick(), std::string("a"));
    }

    void strangeAnswersAreIgnored()
    {
        DispatchBench bench(names({{"a"}}).build());
        bench.cluster().resolved(7, 0, found({"10.1.0.1"}), at(0s));
        bench.cluster().resolved(0, 7, found({"10.1.0.1"}), at(0s));
        bench.cluster().resolved(0, plan::kNone, found({"10.1.0.1"}), at(0s));
        bench.cluster().healthChecked(nullptr, CheckResult::Success, at(0s));
        QVERIFY(bench.cluster().hosts(0).empty());
    }

    void noRefreshWithoutPause()
    {
        PlanBuilder builder = names({{"a"}});
        builder.definition(0).dnsRefreshRate = 0s;
        DispatchBench bench(builder.build());
        bench.cluster().resolved(0, 0, found({}), at(0s));
        QVERIFY(bench.cluster().nextDue() > at(0s));
    }
};

QTEST_GUILESS_MAIN(TestClusterNames)
#include "tst_cluster_names.moc"
