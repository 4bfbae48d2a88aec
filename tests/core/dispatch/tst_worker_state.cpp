// SPDX-License-Identifier: Apache-2.0
#include "tests/support/dispatch_bench.h"

#include <QtTest>

#include <set>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;

namespace {

std::string picksOf(WorkerState& state, std::uint32_t cluster, int count)
{
    std::string result;
    for (int i = 0; i < count; ++i) {
        const Host* host = state.cluster(cluster).chooseHost(nullptr, at(0s));
        result += host ? state.plan().servers[host->endpoint].name : "-";
    }
    return result;
}

Resolution found(const char* address)
{
    Resolution resolution;
    resolution.addresses.push_back(*base::parseAddress(address, 0));
    return resolution;
}

} // namespace

class TestWorkerState : public QObject
{
    Q_OBJECT

private slots:
    void equalClustersGoOnWhereTheyWere()
    {
        PlanBuilder one;
        one.cluster("m", {{"a", 5}, {"b", 3}, {"c", 2}});
        PlanBuilder two; // the same cluster behind another, so that all indices move
        two.cluster("other", {{"x"}, {"y"}});
        two.cluster("m", {{"a", 5}, {"b", 3}, {"c", 2}});

        WorkerState uninterrupted(one.build(), 3, 0, at(0s));
        WorkerState before(one.build(), 3, 0, at(0s));
        std::string cycle = picksOf(before, 0, 7);
        WorkerState after(two.build(), before, at(1s));
        cycle += picksOf(after, 1, 20);
        cycle += picksOf(before, 0, 3); // requests of the old plan still come
        cycle += picksOf(after, 1, 7);
        QCOMPARE(cycle, picksOf(uninterrupted, 0, 37));
        QVERIFY(picksOf(after, 0, 2).find_first_not_of("xy") == std::string::npos);
    }

    void changedClustersStartAnew()
    {
        PlanBuilder one;
        auto index = one.cluster("m", {{"a"}, {"b", 1, 1}});
        plan::OutlierDetection& outlier = one.definition(index).outlier.emplace();
        outlier.maxEjectionPercent = 100;
        outlier.consecutive5xx = 1;
        WorkerState before(one.build(), 3, 0, at(0s));
        before.cluster(0).reportStatus(*before.cluster(0).hosts(0)[0], 500, at(5s));
        QCOMPARE(picksOf(before, 0, 1), std::string("b"));

        WorkerState same(one.build(), before, at(6s));
        QCOMPARE(picksOf(same, 0, 1), std::string("b"));

        PlanBuilder two;
        index = two.cluster("m", {{"a"}, {"b", 1, 1}, {"c", 1, 2}});
        two.definition(index).outlier = outlier;
        WorkerState after(two.build(), before, at(6s));
        QCOMPARE(picksOf(after, 0, 1), std::string("a")); // the ejection is forgotten
        QCOMPARE(picksOf(before, 0, 1), std::string("b"));
    }

    void aRebuiltClusterHasAnotherPhase()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a", 5}, {"b", 3}, {"c", 2}});
        std::set<std::string> phases;
        for (std::uint64_t generation = 1; generation <= 60; ++generation) {
            builder.plan().generation = generation;
            WorkerState state(builder.build(), 3, 0, at(0s));
            phases.insert(picksOf(state, 0, 10));
        }
        QVERIFY(phases.size() > 5);
    }

    void workersHaveTheirOwnPhases()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a", 5}, {"b", 3}, {"c", 2}});
        const plan::PlanPtr plan = builder.build();
        std::set<std::string> phases;
        for (unsigned worker = 0; worker < 60; ++worker) {
            WorkerState state(plan, 3, worker, at(0s));
            phases.insert(picksOf(state, 0, 10));
        }
        QVERIFY(phases.size() > 5);
    }

    void emptyFingerprintsAreNeverShared()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}});
        builder.definition(0).fingerprint.clear();
        WorkerState before(builder.build(), 3, 0, at(0s));
        WorkerState after(builder.build(), before, at(0s));
        QVERIFY(&before.cluster(0) != &after.cluster(0));
    }

    void newClustersWarmFirst()
    {
        PlanBuilder one;
        one.cluster("m", {{"a"}}, PlanBuilder::Kind::Names);
        WorkerState before(one.build(), 3, 0, at(0s));
        QVERIFY(before.isWarming());
        before.cluster(0).takeOrders();
        before.cluster(0).resolved(0, 0, found("10.1.0.1"), at(0s));
        QVERIFY(!before.isWarming());
        QCOMPARE(before.nextDue(), at(30s));

        one.cluster("n", {{"b"}}, PlanBuilder::Kind::Names);
        WorkerState after(one.build(), before, at(1s));
        QVERIFY(after.isWarming());
        QCOMPARE(after.cluster(1).takeOrders().size(), std::size_t{1});
        after.cluster(1).resolved(0, 1, found("10.1.0.2"), at(2s));
        QVERIFY(!after.isWarming());
        after.advance(at(30s));
        QCOMPARE(after.cluster(0).takeOrders().size(), std::size_t{1});
    }

    /// A name is asked for under the old plan and answered under the new one, where its endpoint has moved.
    void answersFindTheirNameAcrossPlans()
    {
        PlanBuilder one;
        one.cluster("m", {{"a"}}, PlanBuilder::Kind::Names);
        PlanBuilder two;
        two.cluster("other", {{"x"}, {"y"}, {"z"}});
        two.cluster("m", {{"a"}}, PlanBuilder::Kind::Names);

        WorkerState before(one.build(), 3, 0, at(0s));
        WorkerState waiting(two.build(), before, at(0s)); // orders not yet taken move along
        QCOMPARE(waiting.cluster(1).takeOrders()[0].endpoint, 3U);
        waiting.cluster(1).resolved(0, 3, found("10.1.0.1"), at(0s));
        QCOMPARE(picksOf(waiting, 1, 1), std::string("a"));
        QCOMPARE(picksOf(before, 0, 1), std::string("a"));

        before.advance(at(30s));
        QCOMPARE(before.cluster(0).takeOrders()[0].endpoint, 0U);
        waiting.cluster(1).resolved(0, 0, found("10.1.0.2"), at(31s)); // as the order said
        QCOMPARE(base::hostText(waiting.cluster(1).hosts(0)[0]->address), std::string("10.1.0.2"));
        QCOMPARE(waiting.cluster(1).hosts(0)[0]->endpoint, 3U);
    }

    void requestsSpeakOfTheirOwnPlan()
    {
        PlanBuilder one;
        one.cluster("m", {{"a"}, {"b", 1, 1}});
        one.retry(0).on = static_cast<std::uint32_t>(plan::RetryOn::ConnectFailure);
        one.retry(0).numRetries = 1;
        one.retry(0).attemptsPerPriority = 1;
        PlanBuilder two;
        two.cluster("other", {{"x"}, {"y"}, {"z"}});
        two.cluster("m", {{"a"}, {"b", 1, 1}});

        WorkerState before(one.build(), 3, 0, at(0s));
        const Request::Streams streams{&before.backoffRandom(), &before.clusterRandom()};
        Request request(before.plan().routes[0], &before.cluster(0), streams, at(0s));
        request.start(at(0s));
        WorkerState after(two.build(), before, at(0s));
        QCOMPARE(picksOf(after, 1, 1), std::string("a"));
        request.onFailure(Failure::RemoteConnectionFailure, at(0s));
        request.onDeadline(request.deadline());
        QCOMPARE(request.trace()[1].endpoint, 1U);
        QCOMPARE(request.trace()[1].profile, 1U);
        QCOMPARE(request.trace()[1].host->endpoint, 4U); // what the newer plan calls it
    }

    /// A plan that is dropped before it was published takes nothing with it.
    void abandonedPlansLeaveTheClusterAlive()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}});
        WorkerState before(builder.build(), 3, 0, at(0s));
        {
            WorkerState abandoned(builder.build(), before, at(0s));
            abandoned.cluster(0);
        }
        QCOMPARE(picksOf(before, 0, 1), std::string("a"));
        QCOMPARE(&before.cluster(0).definition(), &before.plan().clusters[0]);
    }
};

QTEST_GUILESS_MAIN(TestWorkerState)
#include "tst_worker_state.moc"
