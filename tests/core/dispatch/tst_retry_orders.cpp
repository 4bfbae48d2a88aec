// SPDX-License-Identifier: Apache-2.0
// The orders of envoy-routing 4.3: who is tried after whom when every attempt fails.
#include "tests/support/dispatch_bench.h"

#include <QtTest>

#include <set>

using namespace signalbox;
using namespace signalbox::test;
using namespace std::chrono_literals;

namespace {

using Backends = std::vector<BackendSpec>;

plan::PlanPtr planOf(const Backends& backends, std::uint32_t frequency, std::uint32_t attempts)
{
    PlanBuilder builder;
    const auto index = builder.cluster("m", backends);
    plan::RetryPolicy& policy = builder.retry(index);
    policy.on = static_cast<std::uint32_t>(plan::RetryOn::ConnectFailure);
    policy.numRetries = attempts - 1;
    policy.attemptsPerPriority = frequency;
    return builder.build();
}

const Backends kTwo{{"0", 1, 0}, {"1", 1, 1}};
const Backends kThree{{"0", 1, 0}, {"1", 1, 1}, {"2", 1, 2}};
const Backends kPair{{"A"}, {"B"}};
const Backends kPairAndSpare{{"A"}, {"B"}, {"C", 1, 1}};
const Backends kPairs{{"A"}, {"B"}, {"C", 1, 1}, {"D", 1, 1}};

} // namespace

class TestRetryOrders : public QObject
{
    Q_OBJECT

private slots:
    void oneHostPerPriority_data()
    {
        QTest::addColumn<Backends>("backends");
        QTest::addColumn<uint>("frequency");
        QTest::addColumn<QString>("order");
        QTest::newRow("none") << kTwo << 0U << "000000";
        QTest::newRow("1, two") << kTwo << 1U << "010101";
        QTest::newRow("2, two") << kTwo << 2U << "001100";
        QTest::newRow("3, two") << kTwo << 3U << "000111";
        QTest::newRow("1, three") << kThree << 1U << "012012";
        QTest::newRow("2, three") << kThree << 2U << "00112200";
        QTest::newRow("3, three") << kThree << 3U << "000111222";
        QTest::newRow("1, alone") << Backends{{"0"}} << 1U << "0000";
        QTest::newRow("1, gap") << Backends{{"0"}, {"3", 1, 3}} << 1U << "03030";
        QTest::newRow("none, gap") << Backends{{"0"}, {"3", 1, 3}} << 0U << "0000";
    }

    void oneHostPerPriority()
    {
        QFETCH(Backends, backends);
        QFETCH(uint, frequency);
        QFETCH(QString, order);
        const plan::PlanPtr plan = planOf(backends, frequency, static_cast<std::uint32_t>(order.size()));
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            QCOMPARE(DispatchBench(plan, seed).orderWhenRefused(), order.toStdString());
        }
    }

    void severalHosts_data()
    {
        QTest::addColumn<Backends>("backends");
        QTest::addColumn<uint>("frequency");
        QTest::addColumn<QStringList>("orders");
        QTest::newRow("pair, none") << kPair << 0U << QStringList{"ABBBBB", "BAAAAA"};
        QTest::newRow("pair, 1") << kPair << 1U << QStringList{"ABBBBB", "BAAAAA"};
        QTest::newRow("pair, 2") << kPair << 2U << QStringList{"ABBBBB", "BAAAAA"};
        QTest::newRow("pair and spare, 1") << kPairAndSpare << 1U << QStringList{"ACBCBC", "BCACAC"};
        QTest::newRow("pairs, none") << kPairs << 0U << QStringList{"ABBBBB", "BAAAAA"};
        QTest::newRow("pairs, 1") << kPairs << 1U << QStringList{"ACBDBD", "ADBCBC", "BCADAD", "BDACAC"};
        QTest::newRow("pairs, 2") << kPairs << 2U << QStringList{"ABCDBBDD", "ABDCBBCC", "BACDAADD", "BADCAACC"};
        QTest::newRow("pairs, 3") << kPairs << 3U << QStringList{"ABBCDD", "ABBDCC", "BAACDD", "BAADCC"};
        QTest::newRow("three, none") << Backends{{"A"}, {"B"}, {"C"}} << 0U << QStringList{"ABC", "BCA", "CAB"};
    }

    void severalHosts()
    {
        QFETCH(Backends, backends);
        QFETCH(uint, frequency);
        QFETCH(QStringList, orders);
        const plan::PlanPtr plan = planOf(backends, frequency, static_cast<std::uint32_t>(orders.front().size()));
        std::set<QString> seen;
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const QString order = QString::fromStdString(DispatchBench(plan, seed).orderWhenRefused());
            QVERIFY2(orders.contains(order), qPrintable(order));
            seen.insert(order);
        }
        QCOMPARE(static_cast<qsizetype>(seen.size()), orders.size());
    }

    void rePicksAreCounted()
    {
        DispatchBench bench(planOf({{"A"}}, 0, 3));
        dispatch::Request request(bench.route(), &bench.cluster(), bench.streams(), bench.now);
        request.start(bench.now);
        for (int i = 0; i < 2; ++i) {
            request.onFailure(dispatch::Failure::RemoteConnectionFailure, bench.now);
            bench.now = request.deadline();
            QCOMPARE(request.onDeadline(bench.now).kind, dispatch::Action::Kind::Try);
        }
        QCOMPARE(int(request.trace()[0].picks), 1);
        QCOMPARE(int(request.trace()[1].picks), 6);
        QCOMPARE(int(request.trace()[2].picks), 6);
    }

    void withoutPreviousHostsEqualHostsAlternate()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", kPair);
        builder.retry(index).on = static_cast<std::uint32_t>(plan::RetryOn::ConnectFailure);
        builder.retry(index).numRetries = 3;
        builder.retry(index).previousHosts = false;
        const std::string order = DispatchBench(builder.build()).orderWhenRefused();
        QVERIFY2(order == "ABAB" || order == "BABA", order.c_str());
    }

    void partialHealthSplitsTheRest()
    {
        const std::vector<dispatch::PriorityHealth> health{{10, 4}, {10, 5}, {10, 10}};
        const dispatch::PriorityState original = dispatch::computePriorityState(health, 50);
        const auto loadsAfter = [&](const std::vector<std::uint32_t>& priorities) {
            std::vector<dispatch::Host> hosts(priorities.size());
            dispatch::RetryContext context;
            context.updateFrequency = 1;
            std::vector<std::uint32_t> loads;
            for (std::size_t i = 0; i < priorities.size(); ++i) {
                hosts[i].priority = priorities[i];
                context.onAttempted(hosts[i]);
                const auto view = dispatch::previousPrioritiesLoad(context, health, original);
                loads.assign(view.healthy.begin(), view.healthy.end());
            }
            return loads;
        };
        using Loads = std::vector<std::uint32_t>;
        QCOMPARE(original.healthyLoad, (Loads{56, 44, 0}));
        QCOMPARE(loadsAfter({0}), (Loads{0, 70, 30}));
        QCOMPARE(loadsAfter({0, 1}), (Loads{0, 0, 100}));
        QCOMPARE(loadsAfter({0, 1, 2}), (Loads{56, 44, 0}));
        QCOMPARE(loadsAfter({1}), (Loads{56, 0, 44}));
    }

    void truncationIsHandedOutAgain()
    {
        // Availabilities 0 (excluded), 20 and 13: 60 and 39, and the one left over to the first of them.
        const std::vector<dispatch::PriorityHealth> health{{1, 1}, {7, 1}, {14, 1}};
        QCOMPARE(dispatch::availability(1, health[1]), 20U);
        const std::vector<dispatch::PriorityHealth> thirteen{{1, 1}, {7, 1}, {21, 2}};
        QCOMPARE(dispatch::availability(2, thirteen[2]), 13U);
        dispatch::Host host;
        dispatch::RetryContext context;
        context.updateFrequency = 1;
        context.onAttempted(host);
        const auto view = dispatch::previousPrioritiesLoad(context, thirteen, {});
        const std::vector<std::uint32_t> loads(view.healthy.begin(), view.healthy.end());
        QCOMPARE(loads, (std::vector<std::uint32_t>{0, 61, 39}));
    }

    void nothingHealthyLeavesTheOriginalLoad()
    {
        const std::vector<dispatch::PriorityHealth> health{{1, 0}, {1, 0}};
        const dispatch::PriorityState original = dispatch::computePriorityState(health, 50);
        dispatch::Host host;
        dispatch::RetryContext context;
        context.updateFrequency = 1;
        context.onAttempted(host);
        const auto view = dispatch::previousPrioritiesLoad(context, health, original);
        QCOMPARE(view.healthy.data(), original.healthyLoad.data());
        QVERIFY(context.pluginAttempted.empty());
    }

    void aLostNameSendsEverythingToTheNextPriority()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", kTwo, PlanBuilder::Kind::Names);
        builder.retry(index).on = static_cast<std::uint32_t>(plan::RetryOn::ConnectFailure);
        builder.retry(index).numRetries = 3;
        builder.retry(index).attemptsPerPriority = 1;
        DispatchBench bench(builder.build());
        bench.cluster().resolved(0, 0, {}, bench.now);
        dispatch::Resolution resolution;
        resolution.addresses.push_back(*base::parseAddress("10.1.0.1", 0));
        bench.cluster().resolved(1, 1, resolution, bench.now);
        QCOMPARE(bench.orderWhenRefused(), std::string("1111"));
        bench.cluster().resolved(1, 1, {}, bench.now);
        QCOMPARE(bench.orderWhenRefused(), std::string("-"));
    }
};

QTEST_GUILESS_MAIN(TestRetryOrders)
#include "tst_retry_orders.moc"
