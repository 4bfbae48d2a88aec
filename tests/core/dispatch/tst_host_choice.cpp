// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dispatch_bench.h"

#include <QtTest>

#include <set>

using namespace signalbox;
using namespace signalbox::test;
using namespace std::chrono_literals;

class TestHostChoice : public QObject
{
    Q_OBJECT

private slots:
    void weightsSplitInWindows()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a", 50}, {"b", 30}, {"c", 20}});
        DispatchBench bench(builder.build());
        for (int window = 0; window < 3; ++window) {
            const auto shares = bench.shares(10);
            QCOMPARE(shares.at("a"), 5);
            QCOMPARE(shares.at("b"), 3);
            QCOMPARE(shares.at("c"), 2);
        }
    }

    void aSeedGivesTheSamePicksAgain()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a", 5}, {"b", 3}, {"c", 2}});
        const plan::PlanPtr plan = builder.build();
        QCOMPARE(DispatchBench(plan, 5).picks(50), DispatchBench(plan, 5).picks(50));
        std::set<std::string> phases;
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            phases.insert(DispatchBench(plan, seed).picks(10));
        }
        QCOMPARE(phases.size(), std::size_t{10});
    }

    void localitiesStandInTheOrderOfTheirText()
    {
        PlanBuilder builder;
        std::vector<BackendSpec> backends;
        for (char c = 'a'; c <= 'm'; ++c) {
            backends.push_back({std::string(1, c)});
        }
        builder.cluster("m", backends);
        DispatchBench bench(builder.build());
        const std::string cycle = bench.picks(26);
        QVERIFY2(cycle.find("abklmcdefghij") != std::string::npos, cycle.c_str());
    }

    void weightsCountBackendsNotEndpoints()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"t", 1, 0, 3}, {"u", 1, 0, 2}});
        builder.definition(index).balancer = plan::LoadBalancer::RoundRobin;
        DispatchBench bench(builder.build());
        const auto shares = bench.shares(120);
        QCOMPARE(shares.at("t1"), 20);
        QCOMPARE(shares.at("t3"), 20);
        QCOMPARE(shares.at("u1"), 30);
        QCOMPARE(shares.at("u2"), 30);
    }

    void leastRequestDrawsTwiceWithReplacement()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"t", 1, 0, 2}});
        DispatchBench bench(builder.build());
        bench.host("t1").activeRequests = 1;
        const auto shares = bench.shares(4000);
        QVERIFY2(shares.at("t2") > 2880 && shares.at("t2") < 3120, qPrintable(QString::number(shares.at("t2"))));
    }

    void randomAndHashAreAboutEven_data()
    {
        QTest::addColumn<int>("balancer");
        QTest::newRow("least request, idle") << int(plan::LoadBalancer::LeastRequest);
        QTest::newRow("random") << int(plan::LoadBalancer::Random);
        QTest::newRow("hash without a policy") << int(plan::LoadBalancer::ConsistentHash);
    }

    void randomAndHashAreAboutEven()
    {
        QFETCH(int, balancer);
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"t", 1, 0, 3}});
        builder.definition(index).balancer = static_cast<plan::LoadBalancer>(balancer);
        builder.definition(index).localityWeights = balancer != int(plan::LoadBalancer::ConsistentHash);
        DispatchBench bench(builder.build());
        for (const auto& [name, count] : bench.shares(3000)) {
            QVERIFY2(count > 880 && count < 1120, name.c_str());
        }
    }

    void withoutLocalityWeightsEveryHostCountsAlike()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"a", 99}, {"b", 1}});
        builder.definition(index).localityWeights = false;
        builder.definition(index).balancer = plan::LoadBalancer::RoundRobin;
        DispatchBench bench(builder.build());
        const auto shares = bench.shares(100);
        QCOMPARE(shares.at("a"), 50);
        QCOMPARE(shares.at("b"), 50);
    }

    void aHealthySpareIsIdle()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}, {"b", 1, 1}});
        DispatchBench bench(builder.build());
        QCOMPARE(bench.shares(200).at("a"), 200);
    }

    /// One value for the cluster's seed, one for the phase of its scheduler, then per pick one for the priority
    /// (also at 100/0) and two for the hosts.
    void drawsStandInEnvoysOrder()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"t", 1, 0, 2}});
        base::Random random(3);
        dispatch::Cluster cluster(builder.build(), 0, random, at(0s));
        random.next();
        random.next();
        cluster.hosts(0)[0]->activeRequests = 1;
        for (int i = 0; i < 200; ++i) {
            random.next();
            const bool busyTwice = random.next() % 2 + random.next() % 2 == 0;
            QCOMPARE(cluster.chooseHost(nullptr, at(0s)), cluster.hosts(0)[busyTwice ? 0 : 1].get());
        }
    }

    void noHostsGiveNull()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}, {"b", 1, 1}}, PlanBuilder::Kind::Names);
        builder.cluster("empty", {});
        DispatchBench bench(builder.build());
        QVERIFY(!bench.cluster(0).chooseHost(nullptr, at(0s)));
        QVERIFY(!bench.cluster(1).chooseHost(nullptr, at(0s)));
        QVERIFY(!bench.cluster(1).isWarming());
    }

    void absurdPrioritiesAreBounded()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a", 1, 4'000'000'000U}, {"b", 1, 3}});
        DispatchBench bench(builder.build());
        QCOMPARE(bench.cluster().priorityCount(), 129U);
        QCOMPARE(bench.pick(), std::string("b"));
        QVERIFY(bench.cluster().hosts(500).empty());
    }

    void slowStartHoldsNewHostsBack()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"t", 1, 0, 1}}, PlanBuilder::Kind::Names);
        builder.definition(index).slowStartWindow = 100s;
        builder.definition(index).balancer = plan::LoadBalancer::RoundRobin;
        builder.definition(index).respectDnsTtl = false;
        DispatchBench bench(builder.build());
        dispatch::Resolution resolution;
        resolution.addresses.push_back(*base::parseAddress("10.1.0.1", 0));
        bench.cluster().resolved(0, 0, resolution, at(0s));
        bench.now = at(200s);
        resolution.addresses.push_back(*base::parseAddress("10.1.0.2", 0));
        bench.cluster().resolved(0, 0, resolution, bench.now);
        const dispatch::Host* fresh = bench.cluster().hosts(0)[1].get();
        const auto count = [&](int picks) {
            int hits = 0;
            for (int i = 0; i < picks; ++i) {
                hits += bench.cluster().chooseHost(nullptr, bench.now) == fresh ? 1 : 0;
            }
            return hits;
        };
        const int atFirst = count(1100);
        QVERIFY2(atFirst >= 99 && atFirst <= 101, qPrintable(QString::number(atFirst))); // a tenth of the other
        bench.now = at(250s);
        count(20);
        const int halfWay = count(300);
        QVERIFY2(halfWay >= 99 && halfWay <= 101, qPrintable(QString::number(halfWay)));
        bench.now = at(301s);
        count(20);
        const int grown = count(300);
        QVERIFY2(grown >= 149 && grown <= 151, qPrintable(QString::number(grown)));
    }
};

QTEST_GUILESS_MAIN(TestHostChoice)
#include "tst_host_choice.moc"
