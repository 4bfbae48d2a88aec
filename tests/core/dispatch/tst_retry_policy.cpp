// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/retry_policy.h"

#include <QtTest>

#include <cmath>

using namespace signalbox;
using namespace signalbox::dispatch;
using namespace std::chrono_literals;
using plan::RetryOn;

namespace {

/// The outcomes of the recorded trigger cases, then those that leave no answer.
struct Outcome {
    const char* name;
    ResponseHead head;
    Failure failure = Failure::Overflow;
    bool isFailure = false;
    bool sent = true;
};

const std::vector<Outcome> kOutcomes{
    {"503", {503}},
    {"500", {500}},
    {"502", {502}},
    {"504", {504}},
    {"501", {501}},
    {"429", {429}},
    {"409", {409}},
    {"404", {404}},
    {"400", {400}},
    {"200", {200}},
    {"grpc1", {200, 1}},
    {"grpc4", {200, 4}},
    {"grpc8", {200, 8}},
    {"grpc13", {200, 13}},
    {"grpc14", {200, 14}},
    {"limited", {503, -1, true}},
    {"refused", {}, Failure::RemoteConnectionFailure, true, false},
    {"refused-later", {}, Failure::RemoteConnectionFailure, true, true},
    {"local", {}, Failure::LocalConnectionFailure, true, false},
    {"connect-timeout", {}, Failure::ConnectionTimeout, true, false},
    {"close", {}, Failure::ConnectionTermination, true, true},
    {"garbage", {}, Failure::ProtocolError, true, true},
    {"per-try", {}, Failure::LocalReset, true, true},
    {"overflow", {}, Failure::Overflow, true, false},
};

std::string caught(RetryOn trigger)
{
    plan::RetryPolicy policy;
    policy.on = static_cast<std::uint32_t>(trigger);
    policy.statusCodes = {404, 503};
    std::string result;
    for (const Outcome& outcome : kOutcomes) {
        const auto by =
            outcome.isFailure ? caughtBy(policy, outcome.failure, outcome.sent) : caughtBy(policy, outcome.head);
        if (by) {
            result += result.empty() ? "" : " ";
            result += outcome.name;
        }
    }
    return result;
}

} // namespace

class TestRetryPolicy : public QObject
{
    Q_OBJECT

private slots:
    void triggersCatch_data()
    {
        QTest::addColumn<uint>("trigger");
        QTest::addColumn<QString>("outcomes");
        const auto row = [](const char* name, RetryOn trigger, const char* outcomes) {
            QTest::newRow(name) << static_cast<uint>(trigger) << QString(outcomes);
        };
        const QString resets = "refused refused-later local connect-timeout close garbage per-try";
        row("5xx", RetryOn::FiveXx, qPrintable("503 500 502 504 501 " + resets));
        row("gateway-error", RetryOn::GatewayError, qPrintable("503 502 504 " + resets));
        row("reset", RetryOn::Reset, qPrintable(resets));
        row("reset-before-request", RetryOn::ResetBeforeRequest, "refused local connect-timeout");
        row("connect-failure", RetryOn::ConnectFailure, "refused refused-later local connect-timeout");
        row("retriable-4xx", RetryOn::Retriable4xx, "409");
        row("refused-stream", RetryOn::RefusedStream, "");
        row("retriable-status-codes", RetryOn::RetriableStatusCodes, "503 404");
        row("cancelled", RetryOn::Cancelled, "grpc1");
        row("deadline-exceeded", RetryOn::DeadlineExceeded, "grpc4");
        row("resource-exhausted", RetryOn::ResourceExhausted, "grpc8");
        row("internal", RetryOn::Internal, "grpc13");
        row("unavailable", RetryOn::Unavailable, "grpc14");
    }

    void triggersCatch()
    {
        QFETCH(uint, trigger);
        QFETCH(QString, outcomes);
        QCOMPARE(QString::fromStdString(caught(static_cast<RetryOn>(trigger))), outcomes);
    }

    void theMostSpecificTriggerIsNamed()
    {
        plan::RetryPolicy policy;
        policy.on = 0x1fff;
        policy.statusCodes = {503};
        QCOMPARE(caughtBy(policy, ResponseHead{503}), RetryOn::RetriableStatusCodes);
        QCOMPARE(caughtBy(policy, ResponseHead{502}), RetryOn::GatewayError);
        QCOMPARE(caughtBy(policy, ResponseHead{500}), RetryOn::FiveXx);
        QCOMPARE(caughtBy(policy, Failure::RemoteConnectionFailure, false), RetryOn::ConnectFailure);
        QCOMPARE(caughtBy(policy, Failure::ConnectionTermination, true), RetryOn::Reset);
    }

    void codesWithoutTheirTriggerDoNothing()
    {
        plan::RetryPolicy policy;
        policy.on = static_cast<std::uint32_t>(RetryOn::ConnectFailure);
        policy.statusCodes = {503};
        QVERIFY(!caughtBy(policy, ResponseHead{503}));
    }

    void backOffDoublesToItsCap_data()
    {
        QTest::addColumn<int>("base");
        QTest::addColumn<int>("cap");
        QTest::addColumn<QList<int>>("bounds");
        QTest::newRow("default") << 25 << 250 << QList<int>{25, 50, 100, 200, 250, 250};
        QTest::newRow("100 ms, 10 s") << 100 << 10'000
                                      << QList<int>{100, 200, 400, 800, 1600, 3200, 6400, 10'000, 10'000};
        QTest::newRow("200 ms, 1 s") << 200 << 1000 << QList<int>{200, 400, 800, 1000, 1000};
        QTest::newRow("under a millisecond") << 0 << 10 << QList<int>{1, 2, 4, 8, 10};
    }

    void backOffDoublesToItsCap()
    {
        QFETCH(int, base);
        QFETCH(int, cap);
        QFETCH(QList<int>, bounds);
        plan::RetryPolicy policy;
        policy.baseInterval = std::chrono::milliseconds(base);
        policy.maxInterval = std::chrono::milliseconds(cap);
        base::Random random(1);
        for (int request = 0; request < 200; ++request) {
            BackOff backOff(policy);
            for (const int bound : bounds) {
                const BackOff::Wait wait = backOff.next(random);
                QCOMPARE(wait.bound, base::Duration(std::chrono::milliseconds(bound)));
                QVERIFY(wait.time >= 0ms && wait.time < wait.bound);
                QCOMPARE(wait.time % 1ms, base::Duration(0));
            }
        }
    }

    void firstWaitsAreUniform()
    {
        plan::RetryPolicy policy;
        policy.baseInterval = 100ms;
        policy.maxInterval = 10s;
        base::Random random(2);
        double sum = 0;
        for (int i = 0; i < 10'000; ++i) {
            sum += static_cast<double>(BackOff(policy).next(random).time / 1ms);
        }
        QVERIFY(std::abs(sum / 10'000 - 49.5) < 1.5);
    }
};

QTEST_GUILESS_MAIN(TestRetryPolicy)
#include "tst_retry_policy.moc"
