// SPDX-License-Identifier: Apache-2.0
#include <QtTest> // first: moc fails on <concepts> as the first standard header

#include "core/telemetry/record_json.h"

#include <QJsonDocument>

using namespace signalbox;
using namespace signalbox::telemetry;
using namespace std::chrono_literals;
using dispatch::AttemptOutcome;
using dispatch::Decision;

namespace {

plan::PlanPtr guideA()
{
    auto plan = std::make_shared<plan::Plan>();
    plan->endpoints.resize(2);
    plan->endpoints[0].host = "qwen-primary-predictor-00001.default.svc.cluster.local";
    plan->endpoints[0].port = 80;
    plan->endpoints[1].host = "qwen-fallback-predictor-00001.default.svc.cluster.local";
    plan->endpoints[1].port = 80;
    plan->servers = {{"qwen-primary", 0, {}, {}}, {"qwen-fallback", 1, {}, {}}};
    plan->profiles.resize(2);
    plan->profiles[0].name = "gw-qwen-primary";
    plan->profiles[0].modelNameOverride = "qwen2.5:1.5b";
    plan->profiles[1].name = "gw-qwen-fallback";
    plan::Route route;
    route.routeName = "default/qwen-with-fallback";
    route.shortRouteName = "qwen-with-fallback";
    route.ruleIndex = 1;
    route.timeout = 60s;
    route.retry = plan::RetryPolicy{};
    route.retry->numRetries = 3;
    route.retry->perTryTimeout = 400ms;
    plan->routes.push_back(route);
    return plan;
}

RequestRecord fallback()
{
    RequestRecord record;
    record.plan = guideA();
    record.id = 7;
    record.time = base::WallTime(std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 19h + 3min + 4s + 56'789us);
    record.model = "qwen-with-fallback";
    record.route = 0;
    record.status = 200;
    record.complete = true;
    record.bytesIn = 93;
    record.bytesOut = 260;
    record.first = 181'500us;
    record.total = 182'345'678ns;
    record.tokensIn = 5;
    record.tokensOut = 7;
    AttemptRecord first;
    first.endpoint = 0;
    first.profile = 0;
    first.address = *base::parseAddress("127.0.0.1", 8081);
    first.outcome = AttemptOutcome::Status;
    first.decision = Decision::Retried;
    first.trigger = plan::RetryOn::RetriableStatusCodes;
    first.status = 503;
    first.start = 250us;
    first.end = 12ms;
    first.backoff = 43ms;
    first.backoffBound = 100ms;
    AttemptRecord second;
    second.endpoint = 1;
    second.profile = 1;
    second.priority = 1;
    second.address = *base::parseAddress("::1", 8082);
    second.outcome = AttemptOutcome::Ok;
    second.decision = Decision::Forwarded;
    second.status = 200;
    second.start = 55ms;
    second.end = 182ms;
    second.picks = 2;
    record.attempts = {first, second};
    return record;
}

/// The reason of one attempt that ended and was decided like this.
QString reason(AttemptOutcome outcome, Decision decision, std::uint16_t status = 0)
{
    RequestRecord record = fallback();
    record.attempts.resize(1);
    record.attempts[0].outcome = outcome;
    record.attempts[0].decision = decision;
    record.attempts[0].status = status;
    record.attempts[0].start = 0ms;
    record.attempts[0].end = 400ms;
    return QString::fromStdString(reasonText(record, 0));
}

} // namespace

class TestRecordJson : public QObject
{
    Q_OBJECT

private slots:
    void wholeLine()
    {
        QCOMPARE(QString::fromStdString(toJson(fallback())),
            QString(
                R"({"event":"request","id":7,"time":"2026-11-22T19:03:04.056Z","model":"qwen-with-fallback",)"
                R"("route":"default/qwen-with-fallback","rule":1,"attempts":[{"backend":"gw-qwen-primary",)"
                R"("name":"qwen-primary","endpoint":"qwen-primary-predictor-00001.default.svc.cluster.local:80",)"
                R"("address":"127.0.0.1:8081","priority":0,"model":"qwen2.5:1.5b","outcome":"status",)"
                R"j("reason":"answered 503; retriable-status-codes matches, next attempt after 43 ms (of at most 99)",)j"
                R"("status":503,"start_ms":0.25,"end_ms":12.0},{"backend":"gw-qwen-fallback",)"
                R"("name":"qwen-fallback","endpoint":"qwen-fallback-predictor-00001.default.svc.cluster.local:80",)"
                R"("address":"[::1]:8082","priority":1,"model":"qwen-with-fallback","outcome":"ok",)"
                R"("reason":"answered 200, host drawn 2 times","status":200,"start_ms":55.0,"end_ms":182.0}],)"
                R"("status":200,"bytes_in":93,"bytes_out":260,"first_ms":181.5,"total_ms":182.346,)"
                R"("tokens":{"input":5,"output":7}})"));
    }

    void whatIsNotThereIsNull()
    {
        RequestRecord record;
        record.attempts.resize(1);
        record.attempts[0].outcome = AttemptOutcome::NoHost;
        QCOMPARE(QString::fromStdString(toJson(record)),
            QString(
                R"({"event":"request","id":0,"time":"1970-01-01T00:00:00.000Z","model":"","route":null,"rule":null,)"
                R"("attempts":[{"backend":null,"name":null,"endpoint":null,"address":null,"priority":0,"model":"",)"
                R"("outcome":"no_host","reason":"no healthy host","status":null,"start_ms":0.0,"end_ms":0.0}],)"
                R"("status":null,"bytes_in":0,"bytes_out":0,"first_ms":null,"total_ms":0.0,)"
                R"("tokens":{"input":null,"output":null}})"));
    }

    void anyModelNameMakesJson()
    {
        RequestRecord record;
        record.model = std::string("a\xff\"\n\0\x1b[31m", 11);
        const std::string json = toJson(record);
        QVERIFY(!QJsonDocument::fromJson(QByteArray::fromStdString(json)).isNull());
        QVERIFY(json.find('\n') == std::string::npos);
        QVERIFY(toText(record).find('\x1b') == std::string::npos);
    }

    void textLine()
    {
        QCOMPARE(toText(fallback()),
            std::string("19:03:04.056 200 qwen-with-fallback qwen-with-fallback/1: qwen-primary 503 > qwen-fallback "
                        "ok, 182 ms"));
        RequestRecord nothing;
        nothing.status = 404;
        nothing.complete = true;
        QCOMPARE(toText(nothing), std::string("00:00:00.000 404 (no model) (no route), 0 ms"));
        nothing.complete = false;
        QCOMPARE(toText(nothing), std::string("00:00:00.000 404 (no model) (no route), broken off, 0 ms"));
    }

    void reasons()
    {
        using O = AttemptOutcome;
        using D = Decision;
        QCOMPARE(reason(O::Ok, D::Forwarded, 200), QString("answered 200"));
        QCOMPARE(reason(O::Status, D::NotCaught, 404), QString("answered 404; no trigger of the retry policy matches"));
        QCOMPARE(reason(O::Status, D::NoRetryPolicy, 503), QString("answered 503; no retry policy on this route"));
        QCOMPARE(reason(O::Status, D::RetriesUsedUp, 503), QString("answered 503; all 3 retries are used up"));
        QCOMPARE(reason(O::Refused, D::RetryBreakerFull),
            QString("connection refused; the circuit breaker for retries is full"));
        QCOMPARE(reason(O::PerTryTimeout, D::NotCaught),
            QString("no answer after 400 ms, the per-try timeout of 400ms; no trigger of the retry policy matches"));
        QCOMPARE(reason(O::RequestTimeout, D::TimedOut),
            QString("ended after 400 ms by the request timeout of 1m; the time of the request is over"));
        QCOMPARE(reason(O::Closed, D::HeadSent, 200),
            QString("answered 200, then connection closed after 400 ms; never retried after its head"));
        QCOMPARE(reason(O::NoHost, D::NoHealthyHost), QString("no healthy host"));
        QCOMPARE(reason(O::Cancelled, D::ClientGone), QString("the client went away after 400 ms"));
        RequestRecord record = fallback();
        record.attempts[0].backoff = {};
        record.attempts[0].backoffBound = {};
        QCOMPARE(
            reasonText(record, 0), std::string("answered 503; retriable-status-codes matches, next attempt at once"));
        QCOMPARE(reasonText(record, 9), std::string());
    }
};

QTEST_GUILESS_MAIN(TestRecordJson)
#include "tst_record_json.moc"
