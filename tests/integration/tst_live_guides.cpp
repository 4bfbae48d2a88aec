// SPDX-License-Identifier: Apache-2.0
// Both guides, opened as they are, behind bound backends: what their readers are told to expect.
#include "tests/support/running_proxy.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;

namespace {

const std::string kGuideA = SIGNALBOX_TEST_DATA "/guides/guide-a.txt";
const std::string kGuideB = SIGNALBOX_TEST_DATA "/guides/guide-b.txt";

/// Model servers of a guide; each says its name and keeps the model that it was asked for.
class ModelServers
{
public:
    explicit ModelServers(const std::vector<std::string>& names)
    {
        for (const std::string& name : names) {
            m_backends[name] = std::make_unique<ScriptedBackend>([this, name](Visit& visit) {
                {
                    const std::lock_guard lock(m_mutex);
                    m_bodies[name] = visit.request.body;
                    m_hosts[name] = visit.request.header("host");
                }
                visit.socket.send(answerOf(completionBody(name)));
            });
        }
    }

    Binds binds() const
    {
        Binds binds;
        for (const auto& [name, backend] : m_backends) {
            binds["qwen-" + name] = backend->url();
        }
        return binds;
    }
    int requests(const std::string& name) const { return m_backends.at(name)->requests(); }
    std::string lastBody(const std::string& name)
    {
        const std::lock_guard lock(m_mutex);
        return m_bodies[name];
    }
    std::string lastHost(const std::string& name)
    {
        const std::lock_guard lock(m_mutex);
        return m_hosts[name];
    }

private:
    std::mutex m_mutex;
    std::map<std::string, std::string> m_bodies;
    std::map<std::string, std::string> m_hosts;
    std::map<std::string, std::unique_ptr<ScriptedBackend>> m_backends; ///< last: its threads end first
};

/// True when some phase 0 to 9 cuts `answers` into tens of 5, 3 and 2, one of which may be off by one pick.
bool hasAlignedTens(const std::vector<std::string>& answers)
{
    for (std::size_t phase = 0; phase < 10; ++phase) {
        int off = 0;
        for (std::size_t at = phase; at + 10 <= answers.size(); at += 10) {
            std::map<std::string, int> counts;
            for (std::size_t i = at; i < at + 10; ++i) {
                ++counts[answers[i]];
            }
            const int distance =
                std::abs(counts["primary"] - 5) + std::abs(counts["secondary"] - 3) + std::abs(counts["tertiary"] - 2);
            off += distance == 0 ? 0 : distance == 2 ? 1 : 2;
        }
        if (off <= 1) {
            return true;
        }
    }
    return false;
}

const std::string kFallbackRequest = chatRequest("qwen-with-fallback");

} // namespace

class TestLiveGuides : public QObject
{
    Q_OBJECT

private slots:
    void splitsByWeight_data()
    {
        QTest::addColumn<QString>("guide");
        QTest::addColumn<quint64>("seed");
        for (const quint64 seed : {1, 2, 3}) {
            QTest::addRow("guide A, seed %llu", seed) << QString::fromStdString(kGuideA) << seed;
            QTest::addRow("guide B, seed %llu", seed) << QString::fromStdString(kGuideB) << seed;
        }
    }

    void splitsByWeight()
    {
        QFETCH(QString, guide);
        QFETCH(quint64, seed);
        ModelServers servers({"primary", "secondary", "tertiary"});
        RunningProxy proxy(planOfFiles({guide.toStdString()}), servers.binds(), {1, seed});
        std::vector<std::string> answers;
        for (int i = 0; i < 60; ++i) {
            const Message answer = askOnce(proxy.port(), chatRequest("virtual-qwen-model"));
            QCOMPARE(answer.status(), 200);
            answers.push_back(contentOf(answer));
        }
        QVERIFY(hasAlignedTens(answers));
        QVERIFY(servers.lastBody("primary").find("\"model\":\"qwen2.5:1.5b\"") != std::string::npos);
        QVERIFY(servers.lastBody("secondary").find("\"model\":\"qwen2.5:0.5b\"") != std::string::npos);
        QCOMPARE(servers.lastHost("primary"), std::string("qwen-primary-predictor-00001.default.svc.cluster.local"));
    }

    void fallsBack()
    {
        ModelServers servers({"primary", "fallback"});
        const auto plan = planOfFiles({kGuideA});
        RunningProxy proxy(plan, servers.binds());
        QCOMPARE(contentOf(askOnce(proxy.port(), kFallbackRequest)), std::string("primary"));

        Binds withoutPrimary = servers.binds();
        withoutPrimary.erase("qwen-primary");
        QVERIFY(proxy.publish(plan, withoutPrimary));
        for (int i = 0; i < 5; ++i) {
            const Message answer = askOnce(proxy.port(), kFallbackRequest);
            QCOMPARE(answer.status(), 200);
            QCOMPARE(contentOf(answer), std::string("fallback"));
        }
        QVERIFY(servers.lastBody("fallback").find("\"model\":\"qwen2.5:0.5b\"") != std::string::npos);

        QVERIFY(proxy.publish(plan, servers.binds()));
        QCOMPARE(contentOf(askOnce(proxy.port(), kFallbackRequest)), std::string("primary"));

        const auto records = proxy.records(7);
        QCOMPARE(records.size(), std::size_t{7});
        QCOMPARE(records[1]->attempts.size(), std::size_t{2});
        QCOMPARE(records[1]->attempts[0].outcome, dispatch::AttemptOutcome::Refused);
        QCOMPARE(records[1]->attempts[0].decision, dispatch::Decision::Retried);
        QCOMPARE(records[1]->attempts[1].outcome, dispatch::AttemptOutcome::Ok);
        QCOMPARE(records[1]->attempts[1].priority, 1U);
    }

    void fallsBackOnStatus_data()
    {
        QTest::addColumn<int>("status");
        for (const int status : {500, 502, 503, 504, 404, 401, 403}) {
            QTest::addRow("%d", status) << status;
        }
    }

    void fallsBackOnStatus()
    {
        QFETCH(int, status);
        ScriptedBackend primary(
            [status](Visit& visit) { visit.socket.send(answerOf("{}", std::to_string(status) + " No")); });
        ScriptedBackend fallback(answers("fallback"));
        RunningProxy proxy(
            planOfFiles({kGuideA}), {{"qwen-primary", primary.url()}, {"qwen-fallback", fallback.url()}});
        const Message answer = askOnce(proxy.port(), kFallbackRequest);
        QCOMPARE(answer.status(), 200);
        QCOMPARE(contentOf(answer), std::string("fallback"));
        QCOMPARE(primary.requests(), 1);
    }

    /// A dead port is as good as an endpoint that is not bound.
    void fallsBackFromClosedPort()
    {
        std::string nobody;
        {
            ScriptedBackend gone(answers("gone"));
            nobody = gone.url();
        }
        ScriptedBackend fallback(answers("fallback"));
        RunningProxy proxy(planOfFiles({kGuideA}), {{"qwen-primary", nobody}, {"qwen-fallback", fallback.url()}});
        QCOMPARE(contentOf(askOnce(proxy.port(), kFallbackRequest)), std::string("fallback"));
    }

    /// The API server rejects guide B's policy, so nothing asks for a second attempt.
    void answers503WithoutPolicy()
    {
        ModelServers servers({"secondary", "tertiary"});
        RunningProxy proxy(planOfFiles({kGuideB}), servers.binds());
        const Message answer = askOnce(proxy.port(), kFallbackRequest);
        QCOMPARE(answer.status(), 503);
        QCOMPARE(answer.body,
            std::string(
                "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"));
        QCOMPARE(servers.requests("secondary"), 0);
        const auto records = proxy.records(1);
        QCOMPARE(records.size(), std::size_t{1});
        QCOMPARE(records[0]->attempts.size(), std::size_t{1});
        QCOMPARE(records[0]->attempts[0].decision, dispatch::Decision::NoRetryPolicy);
    }

    /// With the group corrected all four attempts stay on the primary: numAttemptsPerPriority is not set.
    void staysOnPrimaryWithCorrectedPolicy()
    {
        ModelServers servers({"secondary", "tertiary"});
        RunningProxy proxy(planOfFiles({SIGNALBOX_CONFORMANCE "/manifests/guide-b-fixed.yaml"}), servers.binds());
        QCOMPARE(askOnce(proxy.port(), kFallbackRequest).status(), 503);
        const auto records = proxy.records(1);
        QCOMPARE(records[0]->attempts.size(), std::size_t{4});
        QCOMPARE(records[0]->attempts[3].decision, dispatch::Decision::RetriesUsedUp);
        for (int i = 0; i < 10; ++i) {
            QCOMPARE(askOnce(proxy.port(), chatRequest("virtual-qwen-model")).status(), 200);
        }
    }

    void saysWhatIsUnknown()
    {
        ModelServers servers({"primary"});
        RunningProxy proxy(planOfFiles({kGuideA}), servers.binds());
        QCOMPARE(askOnce(proxy.port(), chatRequest("no-such-model")).status(), 404);
        const Message models = askOnce(proxy.port(), "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
        QCOMPARE(models.status(), 200);
        QVERIFY(models.body.find("virtual-qwen-model") != std::string::npos);
        QVERIFY(models.body.find("qwen-with-fallback") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestLiveGuides)
#include "tst_live_guides.moc"
