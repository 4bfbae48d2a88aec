// SPDX-License-Identifier: Apache-2.0
// A request's way but for time: retries, forwards, local replies and what is recorded of them.
#include "tests/support/request_run.h"

#include <QtTest>

#include <cstdlib>
#include <map>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;
using Kind = Action::Kind;
using plan::RetryOn;

namespace {

constexpr const char* kRefused =
    "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";
constexpr const char* kRefusedLater =
    "upstream connect error or disconnect/reset before headers. retried and the latest "
    "reset reason: remote connection failure";
constexpr const char* kBroken =
    "upstream connect error or disconnect/reset before headers. reset reason: protocol error";

} // namespace

class TestRequest : public QObject
{
    Q_OBJECT

private slots:
    void goodAnswerIsForwarded()
    {
        RequestRun run(twoPriorities());
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
        RequestRun run(twoPriorities());
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
        const Action second = run.due();
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
        RequestRun run(twoPriorities(1));
        run.request.start(run.now);
        run.answer(503);
        run.due();
        QCOMPARE(run.answer(500).kind, Kind::Forward);
        QCOMPARE(run.last().decision, Decision::RetriesUsedUp);
        run.request.onComplete(run.now);
        QCOMPARE(run.last().outcome, AttemptOutcome::Status);
        QCOMPARE(run.last().decision, Decision::RetriesUsedUp);
    }

    void uncaughtStatusIsFinal()
    {
        RequestRun run(twoPriorities());
        run.request.start(run.now);
        QCOMPARE(run.answer(404).kind, Kind::Forward);
        QCOMPARE(run.last().decision, Decision::NotCaught);
    }

    void withoutPolicyNothingIsRetried()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}, {"b", 1, 1}});
        RequestRun run(builder);
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
        RequestRun run(builder);
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
            RequestRun run(builder);
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
        RequestRun run(builder);
        run.request.start(run.now);
        QCOMPARE(run.request.onFailure(Failure::Overflow, run.now).kind, Kind::Reply);
        QCOMPARE(run.last().outcome, AttemptOutcome::Overflow);
        QCOMPARE(run.last().decision, Decision::NotCaught);
    }

    void lastOutcomeWinsOverAnEarlierAnswer()
    {
        RequestRun run(twoPriorities(1));
        run.request.start(run.now);
        run.answer(503);
        run.due();
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
        RequestRun run(builder);
        run.request.start(run.now);
        QCOMPARE(run.refuse().kind, Kind::Wait);
        run.due();
        QCOMPARE(run.answer(503).kind, Kind::Wait);
        run.due();
        QCOMPARE(run.refuse().kind, Kind::Reply);
    }

    void noHostIsAnAttemptOfItsOwn()
    {
        PlanBuilder builder;
        builder.cluster("m", {{"a"}}, PlanBuilder::Kind::Names);
        RequestRun run(builder);
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
            RequestRun run(twoPriorities());
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
            const bool isEmpty = end.reply.text.empty() && !end.reply.inErrorForm && request.trace().empty();
            return end.kind == Kind::Reply && isEmpty ? int(end.reply.status) : 0;
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

    void clientGoesAway()
    {
        RequestRun run(twoPriorities());
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
        RequestRun run(twoPriorities());
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
        RequestRun run(twoPriorities());
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
