// SPDX-License-Identifier: Apache-2.0
// The clocks of a request: what each covers, when it starts, and what the client gets (envoy-routing 3.5, 3.6, 3.9).
#include "tests/support/request_run.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;
using Kind = Action::Kind;
using plan::RetryOn;

namespace {

PlanBuilder withoutRetry(base::Duration timeout)
{
    PlanBuilder builder;
    const auto index = builder.cluster("m", {{"a"}, {"b", 1, 1}});
    builder.route(index).timeout = timeout;
    return builder;
}

PlanBuilder withRetry(base::Duration timeout, base::Duration perTry, RetryOn trigger)
{
    PlanBuilder builder = withoutRetry(timeout);
    plan::RetryPolicy& policy = builder.retry(0);
    policy.on = static_cast<std::uint32_t>(trigger);
    policy.numRetries = 2;
    policy.attemptsPerPriority = 1;
    policy.perTryTimeout = perTry;
    return builder;
}

void verifyReply(const Action& action, std::string_view text, bool inErrorForm)
{
    QCOMPARE(action.kind, Kind::Reply);
    QCOMPARE(action.reply.status, std::uint16_t{504});
    QCOMPARE(action.reply.text, text);
    QCOMPARE(action.reply.inErrorForm, inErrorForm);
    QVERIFY(action.cancelAttempt);
}

} // namespace

class TestRequestTimeouts : public QObject
{
    Q_OBJECT

private slots:
    void routeTimeoutBeforeTheHead()
    {
        RequestRun run(withoutRetry(500ms));
        run.hang();
        QCOMPARE(run.request.onDeadline(at(499ms)).kind, Kind::None);
        verifyReply(run.due(), "upstream request timeout", true);
        QCOMPARE(run.now, at(500ms));
        QCOMPARE(run.last().outcome, AttemptOutcome::RequestTimeout);
        QCOMPARE(run.last().decision, Decision::TimedOut);
        QCOMPARE(run.last().ended, at(500ms));
    }

    void routeTimeoutWhileConnectingIsPlain()
    {
        RequestRun run(withoutRetry(500ms));
        run.request.start(run.now);
        verifyReply(run.due(), "upstream request timeout", false);
    }

    void routeTimeoutInBackOff()
    {
        PlanBuilder builder = withRetry(500ms, 0s, RetryOn::FiveXx);
        builder.retry(0).baseInterval = 1h;
        builder.retry(0).maxInterval = 1h;
        RequestRun run(builder);
        run.hang();
        QCOMPARE(run.request.onHeaders({503}, at(10ms)).kind, Kind::Wait);
        const Action end = run.due();
        QCOMPARE(run.now, at(500ms));
        QCOMPARE(end.reply.text, std::string_view("upstream request timeout"));
        QVERIFY(end.reply.inErrorForm);
        QVERIFY(!end.cancelAttempt); // nothing runs
        QCOMPARE(run.last().outcome, AttemptOutcome::Status);
        QCOMPARE(run.last().decision, Decision::TimedOut);
        QCOMPARE(run.cluster().gauges.retries, 0U);
    }

    void routeTimeoutInsideAnAnswer()
    {
        for (const bool sent : {false, true}) {
            RequestRun run(withoutRetry(500ms));
            run.hang();
            run.request.onHeaders({200}, at(10ms));
            if (sent) {
                run.request.onHeadSent();
            }
            const Action end = run.due();
            QCOMPARE(run.now, at(500ms));
            if (sent) {
                QCOMPARE(end.kind, Kind::Cut);
                QVERIFY(end.cancelAttempt);
            } else {
                verifyReply(end, "upstream request timeout", false);
            }
        }
    }

    void noTimeoutAtAll()
    {
        PlanBuilder builder = withoutRetry(0s);
        builder.route(0).idleTimeout = 0s;
        RequestRun run(builder);
        run.hang();
        QCOMPARE(run.request.deadline(), base::kNever);
    }

    void perTryStartsWithTheConnection()
    {
        RequestRun run(withRetry(60s, 250ms, RetryOn::FiveXx));
        run.request.start(run.now);
        QCOMPARE(run.request.deadline(), at(60s));
        run.request.onConnected(at(600ms));
        QCOMPARE(run.request.deadline(), at(850ms));
    }

    void perTryIsRetriedAsAReset()
    {
        RequestRun run(withRetry(60s, 250ms, RetryOn::FiveXx));
        run.hang();
        for (int i = 0; i < 2; ++i) {
            const Action waiting = run.due();
            QCOMPARE(waiting.kind, Kind::Wait);
            QVERIFY(waiting.cancelAttempt);
            QCOMPARE(run.last().outcome, AttemptOutcome::PerTryTimeout);
            QCOMPARE(run.last().decision, Decision::Retried);
            QCOMPARE(run.due().kind, Kind::Try);
            run.request.onConnected(run.now);
        }
        verifyReply(run.due(), "upstream request timeout", true);
        QCOMPARE(run.last().decision, Decision::RetriesUsedUp);
    }

    void perTryIsNoConnectFailureAndNoStatus()
    {
        for (const RetryOn trigger : {RetryOn::ConnectFailure, RetryOn::RetriableStatusCodes}) {
            PlanBuilder builder = withRetry(60s, 250ms, trigger);
            builder.retry(0).statusCodes = {504};
            RequestRun run(builder);
            run.hang();
            verifyReply(run.due(), "upstream request timeout", true);
            QCOMPARE(run.now, at(250ms));
            QCOMPARE(run.last().outcome, AttemptOutcome::PerTryTimeout);
            QCOMPARE(run.last().decision, Decision::NotCaught);
        }
    }

    void perTryAboveTheBudgetDoesNothing()
    {
        RequestRun same(withRetry(400ms, 400ms, RetryOn::FiveXx));
        same.hang();
        same.due();
        QCOMPARE(same.last().outcome, AttemptOutcome::RequestTimeout);
        RequestRun unlimited(withRetry(0s, 400ms, RetryOn::FiveXx));
        unlimited.hang();
        QCOMPARE(unlimited.request.deadline(), at(400ms));
    }

    void perTryEndsWithTheHead()
    {
        RequestRun run(withRetry(60s, 250ms, RetryOn::FiveXx));
        run.hang();
        run.request.onHeaders({200}, at(100ms));
        QCOMPARE(run.request.deadline(), at(60s));
    }

    void theBudgetCutsTries()
    {
        PlanBuilder builder = withRetry(750ms, 300ms, RetryOn::FiveXx);
        builder.retry(0).baseInterval = 1ms;
        builder.retry(0).maxInterval = 1ms;
        RequestRun run(builder);
        run.hang();
        Action action;
        while (action.kind != Kind::Reply) {
            action = run.due();
            run.request.onConnected(run.now);
        }
        QCOMPARE(run.now, at(750ms));
        QCOMPARE(run.request.attempts(), 3U);
    }

    void perTryIdleIsReArmedByActivity()
    {
        PlanBuilder builder = withoutRetry(60s);
        builder.route(0).perTryIdleTimeout = 300ms;
        RequestRun run(builder);
        run.hang();
        QCOMPARE(run.request.deadline(), at(300ms));
        run.request.onActivity(at(200ms));
        QCOMPARE(run.request.deadline(), at(500ms));
        verifyReply(run.due(), "upstream request timeout", true);
        QCOMPARE(run.last().outcome, AttemptOutcome::IdleTimeout);
        QCOMPARE(run.last().decision, Decision::NoRetryPolicy);
    }

    void perTryIdleGoesOnInsideAnAnswer()
    {
        for (const bool sent : {false, true}) {
            PlanBuilder builder = withoutRetry(60s);
            builder.route(0).perTryIdleTimeout = 300ms;
            RequestRun run(builder);
            run.hang();
            run.request.onHeaders({200}, at(200ms));
            if (sent) {
                run.request.onHeadSent();
            }
            run.request.onActivity(at(400ms));
            const Action end = run.due();
            QCOMPARE(run.now, at(700ms));
            if (sent) {
                QCOMPARE(end.kind, Kind::Cut);
            } else {
                verifyReply(end, "upstream request timeout", false);
            }
            QCOMPARE(run.last().decision, Decision::TimedOut);
        }
    }

    void streamIdleCountsTheClientsSide()
    {
        PlanBuilder builder = withoutRetry(60s);
        builder.route(0).idleTimeout = 400ms;
        RequestRun run(builder);
        run.hang();
        run.request.onActivity(at(300ms)); // nothing that the client has seen
        verifyReply(run.due(), "stream timeout", true);
        QCOMPARE(run.now, at(400ms));
        QCOMPARE(run.last().outcome, AttemptOutcome::IdleTimeout);
    }

    void streamIdleInsideAnAnswer()
    {
        for (const bool sent : {false, true}) {
            PlanBuilder builder = withoutRetry(60s);
            builder.route(0).idleTimeout = 400ms;
            RequestRun run(builder);
            run.hang();
            run.request.onHeaders({200}, at(100ms));
            if (sent) {
                run.request.onHeadSent();
            }
            run.request.onActivity(at(300ms));
            const Action end = run.due();
            QCOMPARE(run.now, at(700ms));
            if (sent) {
                QCOMPARE(end.kind, Kind::Cut);
            } else {
                verifyReply(end, "stream timeout", false);
            }
        }
    }

    void streamIdleIsNotReArmedByARetriedAnswer()
    {
        PlanBuilder builder = withRetry(60s, 0s, RetryOn::FiveXx);
        builder.route(0).idleTimeout = 400ms;
        RequestRun run(builder);
        run.hang();
        run.request.onHeaders({503}, at(300ms));
        QCOMPARE(run.due().kind, Kind::Try);
        run.request.onConnected(run.now);
        QCOMPARE(run.request.deadline(), at(400ms));
    }

    void maxStreamDuration()
    {
        for (const bool sent : {false, true}) {
            PlanBuilder builder = withoutRetry(60s);
            builder.route(0).maxStreamDuration = 400ms;
            RequestRun before(builder);
            before.hang();
            verifyReply(before.due(), "downstream duration timeout", true);

            RequestRun inside(builder);
            inside.hang();
            inside.request.onHeaders({200}, at(100ms));
            if (sent) {
                inside.request.onHeadSent();
            }
            inside.request.onActivity(at(300ms));
            const Action end = inside.due();
            QCOMPARE(inside.now, at(400ms));
            if (sent) {
                QCOMPARE(end.kind, Kind::Cut);
            } else {
                verifyReply(end, "downstream duration timeout", false);
            }
        }
    }

    void timesCountFromTheReception()
    {
        PlanBuilder builder = withoutRetry(500ms);
        DispatchBench bench(builder.build());
        Request request(bench.route(), &bench.cluster(), bench.streams(), at(100ms));
        request.start(at(250ms));
        QCOMPARE(request.deadline(), at(600ms));
    }

    void blackHoleCostsTheConnectTimeout()
    {
        RequestRun run(withRetry(60s, 30s, RetryOn::ConnectFailure));
        run.request.start(run.now);
        run.now = at(10s);
        QCOMPARE(run.request.onFailure(Failure::ConnectionTimeout, run.now).kind, Kind::Wait);
        QCOMPARE(run.last().outcome, AttemptOutcome::ConnectTimeout);
        const Action next = run.due();
        QCOMPARE(run.nameOf(*next.host), std::string("b"));
        QVERIFY(run.now >= at(10s));
    }
};

QTEST_GUILESS_MAIN(TestRequestTimeouts)
#include "tst_request_timeouts.moc"
