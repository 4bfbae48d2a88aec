// SPDX-License-Identifier: Apache-2.0
// A request's way but for time: retries, forwards, local replies and what is recorded of them.
#include "tests/support/dispatch_bench.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;
using Kind = Action::Kind;
using plan::RetryOn;

namespace {

constexpr const char* kRefused = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";
constexpr const char* kRefusedLater =
    "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: remote connection failure";
constexpr const char* kBroken = "upstream connect error or disconnect/reset before headers. reset reason: protocol error";

std::uint32_t bits(std::initializer_list<RetryOn> triggers)
{
    std::uint32_t result = 0;
    for (const RetryOn trigger : triggers) {
        result |= static_cast<std::uint32_t>(trigger);
    }
    return result;
}

/// Guide A's policy on two priorities.
PlanBuilder twoPriorities(std::uint32_t retries = 5)
{
    PlanBuilder builder;
    const auto index = builder.cluster("m", {{"a"}, {"b", 1, 1}});
    plan::RetryPolicy& policy = builder.retry(index);
    policy.on = bits({RetryOn::ConnectFailure, RetryOn::RetriableStatusCodes});
    policy.statusCodes = {500, 502, 503};
    policy.numRetries = retries;
    policy.attemptsPerPriority = 1;
    return builder;
}

struct Run : DispatchBench {
    explicit Run(PlanBuilder builder) : DispatchBench(builder.build()), request(route(), &cluster(), streams(), now) {}

    Action wait()
    {
        now = request.deadline();
        return request.onDeadline(now);
    }
    Action answer(std::uint16_t status)
    {
        request.onConnected(now);
        return request.onHeaders({status}, now);
    }
    Action refuse() { return request.onFailure(Failure::RemoteConnectionFailure, now); }
    const AttemptTrace& last() const { return request.trace().back(); }

    Request request;
};

} // namespace

class TestRequest : public QObject
{
    Q_OBJECT

private slots:
    void goodAnswerIsForwarded()
    {
        Run run(twoPriorities());
        const Action first = run.request.start(run.now);
        QCOMPARE(first.kind, Kind::Try);
        QCOMPARE(first.attempt, 1U);
        QCOMPARE(run.nameOf(*first.host), std::string("a"));
        run.request.onConnected(run.now);
        QCOMPARE(first.host->activeRequests, 1U);
        run.now = at(20ms);
        QCOMPARE(run.request.onHeaders({200}, run.now).kind, Kind::Forward);
        run.request.onHeadSent();
        QCOMPARE(first.host->activeRequests, 1U);
        run.now = at(30ms);
        run.request.onComplete(run.now);
        QVERIFY(run.request.isOver());
        QCOMPARE(first.host->activeRequests, 0U);
        QCOMPARE(run.request.deadline(), base::kNever);
        QCOMPARE(run.last().outcome, AttemptOutcome::Ok);
        QCOMPARE(run.last().decision, Decision::Forwarded);
        QCOMPARE(run.last().endpoint, 0U);
        QCOMPARE(run.last().profile, 0U);
        QCOMPARE(run.last().status, std::uint16_t{200});
        QCOMPARE(run.last().ended, at(30ms));
    }

    void caughtStatusIsRetriedOnTheNextPriority()
    {
        Run run(twoPriorities());
        run.request.start(run.now);
        const Action waiting = run.answer(503);
        QCOMPARE(waiting.kind, Kind::Wait);
        QVERIFY(waiting.cancelAttempt);
        QCOMPARE(run.cluster().gauges.retries, 1U);
        QCOMPARE(run.last().decision, Decision::Retried);
        QCOMPARE(run.last().trigger, RetryOn::RetriableStatusCodes);
        QCOMPARE(run.last().outcome, AttemptOutcome::Status);
        QCOMPARE(run.last().backoffBound, base::Duration(25ms));
        QCOMPARE(run.request.deadline(), run.now + run.last().backoff);
        const Action second = run.wait();
        QCOMPARE(second.kind, Kind::Try);
        QCOMPARE(second.attempt, 2U);
        QCOMPARE(run.nameOf(*second.host), std::string("b"));
        QCOMPARE(run.last().profile, 1U);
        QCOMPARE(run.cluster().gauges.retries, 1U);
        QCOMPARE(run.answer(200).kind, Kind::Forward);
        QCOMPARE(run.cluster().gauges.retries, 0U);
    }

    void lastAnswerGoesThroughWhenRetriesAreUsedUp()
    {
        Run run(twoPriorities(1));
        run.request.start(run.now);
        run.answer(503);
        run.wait();
        QCOMPARE(run.answer(500).kind, Kind::Forward);
        QCOMPARE(run.last().decision, Decision::RetriesUsedUp);
        run.request.onComplete(run.now);
        QCOMPARE(run.last().outcome, AttemptOutcome::Status);
        QCOMPARE(run.last().decision, Decision::RetriesUsedUp);
    }

    void uncaughtStatusIsFinal()
    {
        Run run(twoPriorities());
        run.request.start(run.now);
        QCOMPARE(run.answer(404).kind, Kind::Forward);
        QCOMPARE(run.last().decision, Decision::NotCaught);
    }

    void withoutPolicyNothingIsRetried()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}, {"b", 1, 1}});
        Run run(builder);
        run.request.start(run.now);
        const Action end = run.refuse();
        QCOMPARE(end.kind, Kind::Reply);
        QCOMPARE(end.reply.status, std::uint16_t{503});
        QCOMPARE(end.reply.text, std::string_view(kRefused));
        QVERIFY(!end.reply.inErrorForm);
        QCOMPARE(run.last().decision, Decision::NoRetryPolicy);
        QCOMPARE(run.last().outcome, AttemptOutcome::Refused);
    }

    void emptyPolicyIsNone()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"a"}});
        builder.retry(index).on = 0;
        Run run(builder);
        run.request.start(run.now);
        QCOMPARE(run.answer(503).kind, Kind::Forward);
        QCOMPARE(run.last().decision, Decision::NoRetryPolicy);
    }

    void refusedOnlyIsPlainAndSaysRetried()
    {
        DispatchBench bench(twoPriorities().build());
        QCOMPARE(bench.orderWhenRefused(), std::string("ababab"));
        QCOMPARE(bench.lastText, std::string(kRefusedLater));
        QVERIFY(!bench.lastReply.inErrorForm);
    }

    void failureTexts_data()
    {
        QTest::addColumn<int>("failure");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("reason");
        const auto row = [](Failure failure, int status, const char* reason) {
            QTest::newRow(reason) << static_cast<int>(failure) << status << QString(reason);
        };
        row(Failure::RemoteConnectionFailure, 503, "remote connection failure");
        row(Failure::LocalConnectionFailure, 503, "local connection failure");
        row(Failure::ConnectionTimeout, 503, "connection timeout");
        row(Failure::ConnectionTermination, 503, "connection termination");
        row(Failure::ProtocolError, 502, "protocol error");
        row(Failure::Overflow, 503, "overflow");
    }

    void failureTexts()
    {
        QFETCH(int, failure);
        QFETCH(int, status);
        QFETCH(QString, reason);
        for (const bool connected : {false, true}) {
            PlanBuilder builder;
            builder.cluster("m", {{"a"}});
            Run run(builder);
            run.request.start(run.now);
            if (connected) {
                run.request.onConnected(run.now);
            }
            const Action end = run.request.onFailure(static_cast<Failure>(failure), run.now);
            QCOMPARE(end.kind, Kind::Reply);
            QCOMPARE(int(end.reply.status), status);
            const QString text = "upstream connect error or disconnect/reset before headers. reset reason: " + reason;
            QCOMPARE(std::string(end.reply.text), text.toStdString());
            QCOMPARE(end.reply.inErrorForm, connected);
        }
    }

    void overflowIsNeverRetried()
    {
        PlanBuilder builder = twoPriorities();
        builder.retry(0).on = 0x1fff;
        Run run(builder);
        run.request.start(run.now);
        QCOMPARE(run.request.onFailure(Failure::Overflow, run.now).kind, Kind::Reply);
        QCOMPARE(run.last().outcome, AttemptOutcome::Overflow);
        QCOMPARE(run.last().decision, Decision::NotCaught);
    }

    void lastOutcomeWinsOverAnEarlierAnswer()
    {
        Run run(twoPriorities(1));
        run.request.start(run.now);
        run.answer(503);
        run.wait();
        const Action end = run.refuse();
        QCOMPARE(end.reply.text, std::string_view(kRefusedLater));
        QVERIFY(end.reply.inErrorForm); // the first attempt had reached its upstream
        QCOMPARE(run.last().decision, Decision::RetriesUsedUp);
        QCOMPARE(run.last().trigger, RetryOn::ConnectFailure);
    }

    void resetBeforeRequestEndsWithTheFirstConnection()
    {
        PlanBuilder builder = twoPriorities();
        builder.retry(0).on = bits({RetryOn::ResetBeforeRequest, RetryOn::RetriableStatusCodes});
        Run run(builder);
        run.request.start(run.now);
        QCOMPARE(run.refuse().kind, Kind::Wait);
        run.wait();
        QCOMPARE(run.answer(503).kind, Kind::Wait);
        run.wait();
        QCOMPARE(run.refuse().kind, Kind::Reply);
    }

    void noHostIsAnAttemptOfItsOwn()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}}, PlanBuilder::Kind::Names);
        Run run(builder);
        const Action end = run.request.start(run.now);
        QCOMPARE(end.kind, Kind::Reply);
        QCOMPARE(end.reply.status, std::uint16_t{503});
        QCOMPARE(end.reply.text, std::string_view("no healthy upstream"));
        QVERIFY(!end.reply.inErrorForm);
        QCOMPARE(run.request.attempts(), 1U);
        QVERIFY(!run.last().host);
        QCOMPARE(run.last().outcome, AttemptOutcome::NoHost);
        QCOMPARE(run.last().decision, Decision::NoHealthyHost);
    }

    void hostsMayVanishDuringARequest()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"a"}}, PlanBuilder::Kind::Names);
        builder.retry(index).on = bits({RetryOn::Reset});
        builder.retry(index).numRetries = 2;
        DispatchBench bench(builder.build());
        bench.cluster().resolved(0, 0, {Resolution::Status::Ok, {*base::parseAddress("10.1.0.1", 0)}, 0s}, bench.now);
        Request request(bench.route(), &bench.cluster(), bench.streams(), bench.now);
        const Action first = request.start(bench.now);
        request.onConnected(bench.now);
        bench.cluster().resolved(0, 0, {}, bench.now);
        QVERIFY(first.host->removed);
        QCOMPARE(request.onFailure(Failure::ConnectionTermination, bench.now).kind, Kind::Wait);
        const Action end = request.onDeadline(request.deadline());
        QCOMPARE(end.reply.text, std::string_view("no healthy upstream"));
        QVERIFY(end.reply.inErrorForm);
        QCOMPARE(request.attempts(), 2U);
    }

    void brokenOffAnswers()
    {
        for (const bool sent : {false, true}) {
            Run run(twoPriorities());
            run.request.start(run.now);
            run.answer(200);
            if (sent) {
                run.request.onHeadSent();
            }
            const Action end = run.request.onFailure(Failure::ConnectionTermination, run.now);
            QCOMPARE(end.kind, sent ? Kind::Cut : Kind::Reply);
            QVERIFY(!end.cancelAttempt);
            if (!sent) {
                QCOMPARE(end.reply.status, std::uint16_t{502});
                QCOMPARE(end.reply.text, std::string_view(kBroken));
                QVERIFY(!end.reply.inErrorForm);
            }
            QCOMPARE(run.last().outcome, AttemptOutcome::Closed);
            QCOMPARE(run.last().decision, Decision::HeadSent);
            QVERIFY(run.request.isOver());
        }
    }

    void routesThatForwardNowhere()
    {
        PlanBuilder builder;
        const auto index = builder.cluster("m", {{"a"}});
        base::Random random(1);
        plan::Route route = builder.route(index);
        const auto replyOf = [&](plan::Route::Action action) {
            route.action = action;
            Request request(route, nullptr, {&random, &random}, at(0s));
            const Action end = request.start(at(0s));
            return end.kind == Kind::Reply && end.reply.text.empty() && !end.reply.inErrorForm && request.trace().empty()
                ? int(end.reply.status)
                : 0;
        };
        route.directStatus = 503;
        route.invalidStatus = 500;
        QCOMPARE(replyOf(plan::Route::Action::NotFound), 404);
        QCOMPARE(replyOf(plan::Route::Action::DirectResponse), 503);
        QCOMPARE(replyOf(plan::Route::Action::Forward), 500);
    }

    void weightedClustersAreOneDraw()
    {
        plan::Route route;
        route.weighted = {{3, 30}, {plan::kNone, 20}, {5, 50}};
        base::Random random(9);
        std::map<std::uint32_t, int> counts;
        for (int i = 0; i < 10'000; ++i) {
            ++counts[Request::drawCluster(route, random)];
        }
        QVERIFY(std::abs(counts[3] - 3000) < 150);
        QVERIFY(std::abs(counts[plan::kNone] - 2000) < 150);
        QVERIFY(std::abs(counts[5] - 5000) < 150);
        QCOMPARE(Request::drawCluster({}, random), plan::kNone);
    }

    void faultAborts()
    {
        PlanBuilder builder = twoPriorities();
        builder.route(0).fault = plan::FaultInjection{418, 1'000'000, 0s, 0};
        Run run(builder);
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
        Run run(builder);
        QCOMPARE(run.request.start(run.now).kind, Kind::Wait);
        QCOMPARE(run.request.deadline(), at(2s));
        QCOMPARE(run.request.onDeadline(at(1s)).kind, Kind::None);
        QCOMPARE(run.wait().kind, Kind::Try);
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
        Run run(builder);
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

    void clientGoesAway()
    {
        Run run(twoPriorities());
        const Action first = run.request.start(run.now);
        run.request.onConnected(run.now);
        run.request.onClientGone(at(5ms));
        QCOMPARE(first.host->activeRequests, 0U);
        QCOMPARE(run.last().outcome, AttemptOutcome::Cancelled);
        QCOMPARE(run.last().decision, Decision::ClientGone);
        QCOMPARE(run.request.onHeaders({200}, run.now).kind, Kind::None);
        QCOMPARE(run.request.onFailure(Failure::ConnectionTermination, run.now).kind, Kind::None);
        run.request.onComplete(run.now);
        QCOMPARE(run.last().outcome, AttemptOutcome::Cancelled);
    }

    void clientGoesAwayWhileItWaits()
    {
        Run run(twoPriorities());
        run.request.start(run.now);
        run.answer(503);
        run.request.onClientGone(run.now);
        QCOMPARE(run.last().outcome, AttemptOutcome::Status);
        QCOMPARE(run.cluster().gauges.retries, 0U);
        QCOMPARE(run.request.deadline(), base::kNever);
    }

    void aDestroyedRequestLeavesNothingBehind()
    {
        DispatchBench bench(twoPriorities().build());
        Host& host = bench.host("a");
        {
            Request request(bench.route(), &bench.cluster(), bench.streams(), bench.now);
            request.start(bench.now);
            request.onConnected(bench.now);
            QCOMPARE(host.activeRequests, 1U);
        }
        QCOMPARE(host.activeRequests, 0U);
    }

    void eventsOutOfPlaceChangeNothing()
    {
        Run run(twoPriorities());
        run.request.onConnected(run.now);
        run.request.onActivity(run.now);
        run.request.onHeadSent();
        run.request.onComplete(run.now);
        QCOMPARE(run.request.onDeadline(run.now).kind, Kind::None);
        QCOMPARE(run.request.onFailure(Failure::Overflow, run.now).kind, Kind::None);
        QCOMPARE(run.request.onHeaders({}, run.now).kind, Kind::None);
        QCOMPARE(run.request.start(run.now).kind, Kind::Try);
        QCOMPARE(run.request.start(run.now).kind, Kind::None);
        QCOMPARE(run.answer(503).kind, Kind::Wait);
        QCOMPARE(run.request.onFailure(Failure::ConnectionTermination, run.now).kind, Kind::None);
        QCOMPARE(run.request.attempts(), 1U);
    }
};

QTEST_GUILESS_MAIN(TestRequest)
#include "tst_request.moc"
