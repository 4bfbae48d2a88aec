// SPDX-License-Identifier: Apache-2.0
// Passive health through a cluster: who is ejected, how long, and what that does to the load (envoy-routing 6.2).
#include "tests/support/passive_health.h"

#include <QtTest>

#include <cstdlib>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;

class TestOutlierDetection : public QObject
{
    Q_OBJECT

private slots:
    void errorsInARowEject()
    {
        DispatchBench bench(passive(many(3)).build());
        bench.now = at(2s);
        answer(bench, "h0", 2);
        answer(bench, "h0", 1, 404);
        answer(bench, "h0", 2);
        QVERIFY(!bench.host("h0").ejected);
        answer(bench, "h0", 1);
        QVERIFY(bench.host("h0").ejected);
        QVERIFY(!bench.host("h0").publishedHealthy);
        QCOMPARE(bench.shares(100).count("h0"), std::size_t{0});
    }

    void clientErrorsNeverEject()
    {
        DispatchBench bench(passive(many(1)).build());
        answer(bench, "h0", 100, 404);
        answer(bench, "h0", 100, 429);
        QVERIFY(!bench.host("h0").ejected);
    }

    void tenPercentNeedsTenHosts()
    {
        DispatchBench nine(passive(many(9), 10).build());
        answer(nine, "h0", 9);
        QVERIFY(!nine.host("h0").ejected);
        QCOMPARE(nine.cluster().outlierDetector()->overflows(), std::uint64_t{3}); // detected again every third error
        DispatchBench ten(passive(many(10), 10).build());
        answer(ten, "h0", 3);
        answer(ten, "h1", 3);
        QVERIFY(ten.host("h0").ejected);
        QVERIFY(!ten.host("h1").ejected);
    }

    void theCapIsNotRounded_data()
    {
        QTest::addColumn<uint>("hosts");
        QTest::addColumn<uint>("percent");
        QTest::addColumn<bool>("ejected");
        QTest::newRow("2, 50") << 2U << 50U << true;
        QTest::newRow("2, 49") << 2U << 49U << false;
        QTest::newRow("3, 33") << 3U << 33U << false;
        QTest::newRow("3, 34") << 3U << 34U << true;
        QTest::newRow("1, 100") << 1U << 100U << true;
    }

    void theCapIsNotRounded()
    {
        QFETCH(uint, hosts);
        QFETCH(uint, percent);
        QFETCH(bool, ejected);
        DispatchBench bench(passive(many(hosts), percent).build());
        answer(bench, "h0", 3);
        QCOMPARE(bench.host("h0").ejected, ejected);
    }

    void alwaysEjectOne()
    {
        PlanBuilder builder = passive(many(3), 10);
        builder.definition(0).outlier->alwaysEjectOne = true;
        DispatchBench bench(builder.build());
        answer(bench, "h0", 3);
        answer(bench, "h1", 3);
        QVERIFY(bench.host("h0").ejected);
        QVERIFY(!bench.host("h1").ejected);
    }

    void gatewayErrorsCountOnlyWhenSet()
    {
        PlanBuilder builder = passive(many(2), 100, 100);
        DispatchBench unset(builder.build());
        answer(unset, "h0", 10, 503);
        QVERIFY(!unset.host("h0").ejected);
        builder.definition(0).outlier->consecutiveGatewayErrors = 3;
        DispatchBench set(builder.build());
        answer(set, "h0", 2, 503);
        answer(set, "h0", 1, 500);
        answer(set, "h0", 2, 502);
        QVERIFY(!set.host("h0").ejected);
        answer(set, "h0", 1, 504);
        QVERIFY(set.host("h0").ejected);
    }

    void oneOfTwoEjectedSpillsThirtyPercent()
    {
        DispatchBench bench(passive({{"a"}, {"b"}, {"c", 1, 1}}).build());
        bench.now = at(2s);
        answer(bench, "a", 3);
        auto shares = bench.shares(10'000);
        QVERIFY(std::abs(shares["b"] - 7000) < 200);
        QVERIFY(std::abs(shares["c"] - 3000) < 200);
        QCOMPARE(shares.count("a"), std::size_t{0});
        QCOMPARE(bench.cluster().priorityState().healthyLoad, (std::vector<std::uint32_t>{70, 30}));
    }

    void theOnlyHostOfThePriorityHandsOver()
    {
        DispatchBench bench(passive({{"a"}, {"b", 1, 1}}).build());
        bench.now = at(2s);
        answer(bench, "a", 3);
        QCOMPARE(bench.shares(100).at("b"), 100);
    }

    void allEjectedIsPanicOverAllHosts()
    {
        DispatchBench bench(passive({{"a", 9}, {"b"}, {"c", 1, 1}}).build());
        bench.now = at(2s);
        for (const char* name : {"a", "b", "c"}) {
            answer(bench, name, 3);
        }
        bench.runTo(at(4s));
        for (const auto& [name, count] : bench.shares(9000)) {
            QVERIFY2(std::abs(count - 3000) < 250, qPrintable(QString("%1 %2").arg(name.c_str()).arg(count)));
        }
    }

    void withoutPanicNoHostIsLeft()
    {
        PlanBuilder builder = passive({{"a"}});
        builder.definition(0).panicThreshold = 0;
        DispatchBench bench(builder.build());
        bench.now = at(2s);
        answer(bench, "a", 3);
        QCOMPARE(bench.pick(), std::string("-"));
    }

    void ejectionsEndAtTicksOnly()
    {
        PlanBuilder builder = passive({{"a"}, {"b", 1, 1}});
        builder.definition(0).outlier->interval = 500ms;
        builder.definition(0).outlier->baseEjectionTime = 1s;
        DispatchBench bench(builder.build());
        bench.runTo(at(1300ms));
        answer(bench, "a", 3);
        QCOMPARE(bench.pick(), std::string("b"));
        bench.runTo(at(2499ms)); // the second is over at 2.3 s
        QCOMPARE(bench.pick(), std::string("b"));
        bench.runTo(at(2500ms));
        QCOMPARE(bench.pick(), std::string("a"));
    }

    void ejectionsGetLongerAndForgetInTime()
    {
        PlanBuilder builder = passive({{"a"}, {"b"}});
        builder.definition(0).outlier->interval = 1s;
        builder.definition(0).outlier->baseEjectionTime = 10s;
        DispatchBench bench(builder.build());
        Host& host = bench.host("a");
        answer(bench, "a", 3);
        QCOMPARE(host.ejections, 1U);
        bench.runTo(at(10s));
        QVERIFY(!host.ejected);
        answer(bench, "a", 3);
        QCOMPARE(host.ejections, 2U);
        bench.runTo(at(29s));
        QVERIFY(host.ejected);
        bench.runTo(at(30s));
        QVERIFY(!host.ejected);
        bench.runTo(at(31s));
        QCOMPARE(host.ejections, 1U);
        bench.runTo(at(40s));
        QCOMPARE(host.ejections, 0U);
    }

    void ejectionTimeIsCapped()
    {
        PlanBuilder builder = passive({{"a"}, {"b"}});
        builder.definition(0).outlier->baseEjectionTime = 200s;
        DispatchBench bench(builder.build());
        Host& host = bench.host("a");
        for (int i = 0; i < 5; ++i) {
            answer(bench, "a", 3);
            const Instant ejected = bench.now;
            while (host.ejected) {
                bench.runTo(bench.cluster().nextDue());
            }
            QVERIFY(bench.now - ejected <= 303s);
        }
        QVERIFY(host.ejections <= 3);
    }

    void refusedConnectionsCountAs503()
    {
        DispatchBench bench(passive({{"a"}, {"b", 1, 1}}).build());
        bench.now = at(2s);
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(bench.orderWhenRefused(), std::string("a"));
        }
        QCOMPARE(bench.orderWhenRefused(), std::string("b"));
    }

    void overflowSaysNothingAboutTheHost()
    {
        DispatchBench bench(passive({{"a"}}).build());
        for (int i = 0; i < 10; ++i) {
            bench.orderOfFailures([&](Request& request) { return request.onFailure(Failure::Overflow, bench.now); });
        }
        QVERIFY(!bench.host("a").ejected);
    }

    void timeoutsCountAs504()
    {
        PlanBuilder builder = passive({{"a"}, {"b"}});
        builder.definition(0).outlier->consecutiveGatewayErrors = 3;
        builder.route(0).timeout = 1s;
        DispatchBench bench(builder.build());
        while (!bench.host("a").ejected && bench.now < at(20s)) {
            Request request(bench.route(), &bench.cluster(), bench.streams(), bench.now);
            request.start(bench.now);
            request.onConnected(bench.now);
            bench.now = request.deadline();
            request.onDeadline(bench.now);
        }
        QVERIFY(bench.host("a").ejected);
    }

    void splitOriginsCountApart()
    {
        PlanBuilder builder = passive({{"a"}, {"b"}}, 100, 3);
        builder.definition(0).outlier->splitLocalOrigin = true;
        builder.definition(0).outlier->consecutiveLocalOriginFailures = 4;
        DispatchBench bench(builder.build());
        Host& host = bench.host("a");
        for (int i = 0; i < 3; ++i) {
            bench.cluster().reportLocalFailure(host, 503, bench.now);
        }
        QVERIFY(!host.ejected);
        bench.cluster().reportConnected(host);
        for (int i = 0; i < 3; ++i) {
            bench.cluster().reportLocalFailure(host, 503, bench.now);
        }
        QVERIFY(!host.ejected);
        bench.cluster().reportLocalFailure(host, 503, bench.now);
        QVERIFY(host.ejected);
    }

    void lowSuccessRatesEjectAtTheTick()
    {
        DispatchBench bench(passive(many(10), 100, 1000).build());
        for (int i = 0; i < 9; ++i) {
            answerMany(bench, "h" + std::to_string(i), 100, 0);
        }
        answerMany(bench, "h9", 80, 20);
        QVERIFY(!bench.host("h9").ejected);
        bench.runTo(at(3s));
        QVERIFY(bench.host("h9").ejected);
        QVERIFY(!bench.host("h0").ejected);
        QCOMPARE(bench.cluster().outlierDetector()->activeEjections(), 1U);
    }

    void successRatesNeedVolumeAndHosts()
    {
        DispatchBench four(passive(many(4), 100, 1000).build());
        DispatchBench quiet(passive(many(10), 100, 1000).build());
        for (int i = 0; i < 10; ++i) {
            const std::string name = "h" + std::to_string(i);
            answerMany(quiet, name, i == 3 ? 60 : 99, i == 3 ? 39 : 0);
            if (i < 4) {
                answerMany(four, name, i == 3 ? 100 : 200, i == 3 ? 100 : 0);
            }
        }
        four.runTo(at(3s));
        quiet.runTo(at(3s));
        QVERIFY(!four.host("h3").ejected);
        QVERIFY(!quiet.host("h3").ejected);
        answerMany(quiet, "h3", 50, 49); // the interval before does not count any more
        quiet.runTo(at(6s));
        QVERIFY(!quiet.host("h3").ejected);
    }

    void failurePercentageWhenSet()
    {
        PlanBuilder builder = passive(many(5), 100, 1000);
        builder.definition(0).outlier->failurePercentageThreshold = 30;
        DispatchBench bench(builder.build());
        for (int i = 0; i < 5; ++i) {
            answerMany(bench, "h" + std::to_string(i), i < 2 ? 35 : 36, i < 2 ? 15 : 14);
        }
        bench.runTo(at(3s));
        QVERIFY(bench.host("h0").ejected);
        QVERIFY(bench.host("h1").ejected);
        QVERIFY(!bench.host("h2").ejected);
    }
};

QTEST_GUILESS_MAIN(TestOutlierDetection)
#include "tst_outlier_detection.moc"
