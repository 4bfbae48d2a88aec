// SPDX-License-Identifier: Apache-2.0
// Each request leaves exactly one record that tells what happened to it.
#include "tests/support/running_proxy.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace std::chrono_literals;
using dispatch::AttemptOutcome;
using dispatch::Decision;

namespace {

const std::string kRetry =
    "{numRetries: 3, numAttemptsPerPriority: 1, perRetry: {backOff: {baseInterval: 5ms, maxInterval: 10ms}}, "
    "retryOn: {httpStatusCodes: [503], triggers: [connect-failure, retriable-status-codes]}}";

} // namespace

class TestRecords : public QObject
{
    Q_OBJECT

private:
    plan::PlanPtr plan() const
    {
        return planOfText(
            manifestText({{"well", {{"good"}}, {}, {}}, {"second", {{"busy"}, {"good", 1, 1}}, kRetry, {}},
                             {"refused", {{"nobody"}, {"good", 1, 1}}, kRetry, {}}, {"busy", {{"busy"}}, kRetry, {}},
                             {"hang", {{"hang"}}, {}, "300ms"}, {"cut", {{"cut"}}, {}, {}}},
                {}));
    }

private slots:
    void init()
    {
        m_good = std::make_unique<ScriptedBackend>([](Visit& visit) {
            const bool stream = visit.request.body.find("\"stream\":true") != std::string::npos;
            visit.socket.send(stream
                    ? std::string(kStreamHead) + chunked(eventOf("one")) + chunked("data: [DONE]\n\n") + "0\r\n\r\n"
                    : answerOf(completionBody("good")));
        });
        m_busy = std::make_unique<ScriptedBackend>([](Visit& visit) { visit.socket.send(answerOf("{}", "503 Busy")); });
        m_hang = std::make_unique<ScriptedBackend>([](Visit& visit) {
            visit.socket.readToEnd();
            visit.socket.close();
        });
        m_cut = std::make_unique<ScriptedBackend>([](Visit& visit) {
            visit.socket.send(std::string(kStreamHead) + chunked(eventOf("one")));
            visit.socket.close();
        });
    }
    void cleanup()
    {
        m_good.reset();
        m_busy.reset();
        m_hang.reset();
        m_cut.reset();
    }

    void tellsWhatHappened_data()
    {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("hasRoute");
        QTest::addColumn<QList<int>>("outcomes");
        QTest::addColumn<QList<int>>("decisions");
        const auto row = [](const char* name, const std::string& request, int status, bool hasRoute,
                             const std::vector<AttemptOutcome>& outcomes, const std::vector<Decision>& decisions) {
            QList<int> outcomeNumbers;
            QList<int> decisionNumbers;
            for (const AttemptOutcome outcome : outcomes) {
                outcomeNumbers << static_cast<int>(outcome);
            }
            for (const Decision decision : decisions) {
                decisionNumbers << static_cast<int>(decision);
            }
            QTest::newRow(name) << QByteArray::fromStdString(request) << status << hasRoute << outcomeNumbers
                                << decisionNumbers;
        };
        row("well", chatRequest("well"), 200, true, {AttemptOutcome::Ok}, {Decision::Forwarded});
        row("streamed", chatRequest("well", true), 200, true, {AttemptOutcome::Ok}, {Decision::Forwarded});
        row("second attempt", chatRequest("second"), 200, true, {AttemptOutcome::Status, AttemptOutcome::Ok},
            {Decision::Retried, Decision::Forwarded});
        row("refused first", chatRequest("refused"), 200, true, {AttemptOutcome::Refused, AttemptOutcome::Ok},
            {Decision::Retried, Decision::Forwarded});
        row("all attempts used up", chatRequest("busy"), 503, true,
            {AttemptOutcome::Status, AttemptOutcome::Status, AttemptOutcome::Status, AttemptOutcome::Status},
            {Decision::Retried, Decision::Retried, Decision::Retried, Decision::RetriesUsedUp});
        row("time-out", chatRequest("hang"), 504, true, {AttemptOutcome::RequestTimeout}, {Decision::TimedOut});
        row("cut stream", chatRequest("cut", true), 200, true, {AttemptOutcome::Closed}, {Decision::HeadSent});
        row("unknown model", chatRequest("nothing"), 404, true, {}, {});
        row("model list", "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n", 200, false, {}, {});
        row("unknown path", "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", 404, false, {}, {});
        row("no JSON", postOf("hello"), 400, false, {}, {});
        row("too large", postOf(std::string(40'000, ' ')), 413, false, {}, {});
        row("far too large", "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n", 413,
            false, {}, {});
        row("escaped slash", "GET /v1%2Fmodels HTTP/1.1\r\nHost: h\r\n\r\n", 307, false, {}, {});
        row("malformed", "GET /v1/models HTTP/1.1\r\nHost : h\r\n\r\n", 400, false, {}, {});
        row("old version", "GET /v1/models HTTP/1.0\r\n\r\n", 426, false, {}, {});
    }

    void tellsWhatHappened()
    {
        QFETCH(QByteArray, request);
        QFETCH(int, status);
        QFETCH(bool, hasRoute);
        QFETCH(QList<int>, outcomes);
        QFETCH(QList<int>, decisions);
        RunningProxy proxy(
            plan(), {{"good", m_good->url()}, {"busy", m_busy->url()}, {"hang", m_hang->url()}, {"cut", m_cut->url()}});
        const Message answer = askOnce(proxy.port(), request.toStdString());
        QCOMPARE(answer.status(), status);
        QCOMPARE(askOnce(proxy.port(), chatRequest("well")).status(), 200);
        const auto records = proxy.records(2);
        QCOMPARE(records.size(), std::size_t{2});
        const telemetry::RequestRecord& record = *records[0];
        QCOMPARE(record.id, std::uint64_t{1});
        QCOMPARE(records[1]->id, std::uint64_t{2});
        QVERIFY(record.plan != nullptr);
        QCOMPARE(int{record.status}, status);
        QCOMPARE(record.route != plan::kNone, hasRoute);
        QCOMPARE(record.complete, answer.complete);
        QCOMPARE(record.bytesOut, answer.body.size());
        QVERIFY(record.total >= base::Duration{} && record.first <= record.total);
        const auto age = std::chrono::system_clock::now() - record.time;
        QVERIFY(age >= 0s && age < kDeadline * 3);
        QList<int> seenOutcomes;
        QList<int> seenDecisions;
        for (const telemetry::AttemptRecord& attempt : record.attempts) {
            seenOutcomes << static_cast<int>(attempt.outcome);
            seenDecisions << static_cast<int>(attempt.decision);
            QVERIFY(attempt.start <= attempt.end && attempt.end <= record.total);
        }
        QCOMPARE(seenOutcomes, outcomes);
        QCOMPARE(seenDecisions, decisions);
    }

    void countsEachRequestOnce()
    {
        RunningProxy proxy(plan(), {{"good", m_good->url()}, {"busy", m_busy->url()}, {"cut", m_cut->url()}}, {2, 5});
        constexpr int kClients = 8;
        constexpr int kRounds = 25;
        const std::string requests[] = {chatRequest("well"), chatRequest("second"), chatRequest("refused"),
            chatRequest("busy"), chatRequest("nothing"), postOf("no json"),
            "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n"};
        std::atomic<int> answered = 0;
        std::vector<std::thread> clients;
        for (int i = 0; i < kClients; ++i) {
            clients.emplace_back([&] {
                for (int round = 0; round < kRounds; ++round) {
                    RawClient client(proxy.port());
                    for (const std::string& request : requests) {
                        if (!client.isConnected()) {
                            client = RawClient(proxy.port());
                        }
                        const Message answer = client.ask(request);
                        answered += answer.status() != 0 ? 1 : 0;
                        if (answer.closes()) {
                            client.socket().close();
                        }
                    }
                }
            });
        }
        for (std::thread& client : clients) {
            client.join();
        }
        constexpr std::size_t kAll = kClients * kRounds * std::size(requests);
        QCOMPARE(static_cast<std::size_t>(answered), kAll);
        const auto records = proxy.records(kAll);
        QCOMPARE(records.size(), kAll);
        std::map<int, std::size_t> statuses;
        for (std::size_t i = 0; i < records.size(); ++i) {
            QCOMPARE(records[i]->id, static_cast<std::uint64_t>(i + 1));
            ++statuses[records[i]->status];
        }
        constexpr std::size_t kEach = kClients * kRounds;
        QCOMPARE(statuses, (std::map<int, std::size_t>{{200, kEach * 4}, {400, kEach}, {404, kEach}, {503, kEach}}));
        const auto totals = proxy.recorder().snapshot().totals;
        QCOMPARE(totals.requests, std::uint64_t{kAll});
        QCOMPARE(totals.failed, std::uint64_t{kEach * 3});
        QCOMPARE(totals.retries, std::uint64_t{kEach * (1 + 1 + 3)});
        QCOMPARE(m_good->requests(), static_cast<int>(kEach * 3));
        QCOMPARE(m_busy->requests(), static_cast<int>(kEach * 5));
    }

private:
    std::unique_ptr<ScriptedBackend> m_good;
    std::unique_ptr<ScriptedBackend> m_busy;
    std::unique_ptr<ScriptedBackend> m_hang;
    std::unique_ptr<ScriptedBackend> m_cut;
};

QTEST_GUILESS_MAIN(TestRecords)
#include "tst_records.moc"
