// SPDX-License-Identifier: Apache-2.0
// New plans under load, draining, and the end of the server with everything in flight.
#include "tests/support/running_proxy.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace std::chrono_literals;

namespace {

using Refs = std::vector<RouteSpec::Ref>;

const std::string kRetry =
    "{numRetries: 2, numAttemptsPerPriority: 1, perRetry: {backOff: {baseInterval: 5ms, maxInterval: 10ms}}, "
    "retryOn: {httpStatusCodes: [503], triggers: [connect-failure, retriable-status-codes]}}";

/// Route "m" as given, beside "steady", which never changes.
plan::PlanPtr planWith(
    const Refs& refs, std::uint64_t generation, const std::string& retry = {}, const std::string& steadyRetry = {})
{
    const auto plan =
        planOfText(manifestText({{"m", refs, retry, {}}, {"steady", {{"a", 5}, {"b", 3}, {"c", 2}}, steadyRetry, {}}}));
    auto copy = std::make_shared<plan::Plan>(*plan);
    copy->generation = generation;
    return copy;
}

/// Backends a, b and c; each says its name.
struct Backends {
    ScriptedBackend a{answers("a")};
    ScriptedBackend b{answers("b")};
    ScriptedBackend c{answers("c")};
    Binds binds() const { return {{"a", a.url()}, {"b", b.url()}, {"c", c.url()}}; }
};

} // namespace

class TestPlanHandover : public QObject
{
    Q_OBJECT

private slots:
    void failsNoRequestUnderLoad_data()
    {
        QTest::addColumn<uint>("workers");
        QTest::newRow("one worker") << 1U;
        QTest::newRow("three workers") << 3U;
    }

    void failsNoRequestUnderLoad()
    {
        QFETCH(uint, workers);
        Backends backends;
        ScriptedBackend streaming([](Visit& visit) {
            visit.socket.send(kStreamHead);
            for (const char* word : {"one", "two", "three"}) {
                visit.socket.send(chunked(eventOf(word)));
            }
            visit.socket.send("0\r\n\r\n");
        });
        Binds binds = backends.binds();
        binds["s"] = streaming.url();
        const auto plans = [](std::uint64_t i) {
            const Refs weighted[] = {{{"a", 1}, {"b", 3}}, {{"a", 3}, {"b", 1}, {"s", 0, 1}}, {{"b", 1}, {"c", 1}},
                {{"a", 1}, {"b", 1}, {"c", 1}}};
            auto plan = planOfText(manifestText({{"m", weighted[i % 4], i % 3 == 0 ? kRetry : std::string(), {}},
                {"steady", {{"a", 5}, {"b", 3}, {"c", 2}}, {}, {}},
                {"stream", {{"s", static_cast<int>(i % 2 + 1)}}, {}, {}}}));
            auto copy = std::make_shared<plan::Plan>(*plan);
            copy->generation = i;
            return copy;
        };
        RunningProxy proxy(plans(1), binds, {workers, 11});

        std::atomic<bool> stop = false;
        std::atomic<int> asked = 0;
        std::atomic<int> failed = 0;
        std::vector<std::thread> clients;
        for (int i = 0; i < 8; ++i) {
            clients.emplace_back([&, i] {
                RawClient client(proxy.port());
                while (!stop) {
                    const bool stream = i % 4 == 3;
                    const Message answer = client.ask(chatRequest(stream ? "stream"
                            : i % 4 == 2                                 ? "steady"
                                                                         : "m",
                        stream));
                    const bool good = answer.status() == 200 && answer.complete && !answer.closes()
                        && (!stream || answer.body == eventOf("one") + eventOf("two") + eventOf("three"));
                    failed += good ? 0 : 1;
                    ++asked;
                    if (!good) {
                        return;
                    }
                }
            });
        }
        bool allLive = true;
        for (std::uint64_t i = 2; i <= 51; ++i) {
            const int before = asked;
            const auto plan = plans(i);
            Binds some = binds;
            for (const char* name : {"a", "b", "c", "s"}) {
                if (plan::findBackends(*plan, name).empty()) {
                    some.erase(name);
                }
            }
            allLive = allLive && proxy.publish(plan, some);
            const auto end = Clock::now() + kDeadline;
            while (asked < before + 20 && failed == 0 && Clock::now() < end) {
                std::this_thread::yield();
            }
        }
        stop = true;
        for (std::thread& client : clients) {
            client.join();
        }
        QVERIFY(allLive);
        QCOMPARE(failed.load(), 0);
        QCOMPARE(askOnce(proxy.port(), chatRequest("m")).status(), 200);
        const auto records = proxy.records(static_cast<std::size_t>(asked) + 1);
        QCOMPARE(records.size(), static_cast<std::size_t>(asked) + 1);
        QCOMPARE(records.back()->plan->generation, std::uint64_t{51});
    }

    void keepsTheCycleOfUnchangedClusters()
    {
        Backends backends;
        RunningProxy proxy(planWith({{"a"}, {"b"}}, 1), backends.binds());
        std::map<std::string, int> counts;
        const auto ask = [&] { ++counts[contentOf(askOnce(proxy.port(), chatRequest("steady")))]; };
        for (int i = 0; i < 10; ++i) { // to a cycle's border: any ten in a row hold 5, 3 and 2
            ask();
        }
        for (std::uint64_t round = 0; round < 6; ++round) {
            counts.clear();
            for (std::uint64_t i = 0; i < 10; ++i) {
                ask();
                // Another rule's weights, then this rule's retries: both leave this cluster alone.
                const std::uint64_t generation = 2 + round * 10 + i;
                QVERIFY(proxy.publish(
                    planWith({{"a", static_cast<int>(i) + 1}, {"b"}}, generation, {}, i % 2 == 0 ? kRetry : ""),
                    backends.binds()));
            }
            QVERIFY2(counts["a"] == 5 && counts["b"] == 3 && counts["c"] == 2,
                qPrintable(
                    QString("round %1: %2 %3 %4").arg(round).arg(counts["a"]).arg(counts["b"]).arg(counts["c"])));
        }
        QCOMPARE(backends.a.connections(), 1); // it lives on too
    }

    void followsChangedWeights()
    {
        Backends backends;
        RunningProxy proxy(planWith({{"a", 3}, {"b", 1}}, 1), backends.binds());
        const auto share = [&] {
            std::map<std::string, int> counts;
            for (int i = 0; i < 40; ++i) {
                ++counts[contentOf(askOnce(proxy.port(), chatRequest("m")))];
            }
            return counts;
        };
        auto counts = share();
        QVERIFY(std::abs(counts["a"] - 30) <= 1 && std::abs(counts["b"] - 10) <= 1);
        QVERIFY(proxy.publish(planWith({{"a", 1}, {"b", 3}}, 2), backends.binds()));
        counts = share();
        QVERIFY(std::abs(counts["a"] - 10) <= 1 && std::abs(counts["b"] - 30) <= 1);
        QVERIFY(proxy.publish(planWith({{"c"}}, 3), backends.binds()));
        counts = share();
        QCOMPARE(counts["c"], 40);
        const auto records = proxy.records(120);
        QCOMPARE(records[39]->plan->generation, std::uint64_t{1});
        QCOMPARE(records[40]->plan->generation, std::uint64_t{2});
        QCOMPARE(records[80]->plan->generation, std::uint64_t{3});
    }

    void endsRequestsOnTheirOwnPlan_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"collected", "stream", "retried"}) {
            QTest::newRow(kind) << QString(kind);
        }
    }

    void endsRequestsOnTheirOwnPlan()
    {
        QFETCH(QString, kind);
        Gate gate;
        const bool stream = kind == "stream";
        ScriptedBackend old([&](Visit& visit) {
            if (stream) {
                visit.socket.send(std::string(kStreamHead) + chunked(eventOf("old")));
            }
            gate.wait();
            visit.socket.send(stream    ? chunked(eventOf("more")) + "0\r\n\r\n"
                    : kind == "retried" ? answerOf("{}", "503 Not now")
                                        : answerOf(completionBody("old")));
        });
        Backends backends;
        Binds binds = backends.binds();
        binds["old"] = old.url();
        RunningProxy proxy(planWith({{"old", 1, 0}, {"b", 1, 1}}, 1, kRetry), binds);
        RawClient client(proxy.port());
        client.send(chatRequest("m", stream));
        QVERIFY(old.waitForRequests(1));

        QVERIFY(proxy.publish(planWith({{"c"}}, 2), backends.binds()));
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))), std::string("c"));
        gate.open();
        const Message answer = client.answer();
        QCOMPARE(answer.status(), 200);
        QVERIFY(answer.complete);
        QCOMPARE(contentOf(answer), std::string(kind == "retried" ? "b" : "old"));
        QCOMPARE(contentOf(client.ask(chatRequest("m"))), std::string("c"));

        const auto records = proxy.records(3);
        QCOMPARE(records[1]->plan->generation, std::uint64_t{1});
        const auto& attempts = records[1]->attempts;
        QCOMPARE(attempts.size(), std::size_t{kind == "retried" ? 2U : 1U});
        QCOMPARE(
            records[1]->plan->servers[attempts.back().endpoint].name, std::string(kind == "retried" ? "b" : "old"));
        QVERIFY(old.waitForEnded(1)); // its cluster is gone: the connection is not kept
    }

    void callsEveryLiveOnce()
    {
        Backends backends;
        RunningProxy proxy(planWith({{"a"}}, 1), backends.binds(), {3, 1});
        constexpr int kPlans = 50;
        std::vector<std::atomic<int>> calls(kPlans);
        Gate last;
        for (int i = 0; i < kPlans; ++i) {
            const auto plan = planWith({{"a", i + 1}}, static_cast<std::uint64_t>(i) + 2);
            proxy.server().publish(plan, bindingsOf(*plan, backends.binds()), [&, i] {
                if (++calls[static_cast<std::size_t>(i)] == 1 && i == kPlans - 1) {
                    last.open();
                }
            });
        }
        QVERIFY(last.wait());
        proxy.destroyServer();
        for (const auto& count : calls) {
            QCOMPARE(count.load(), 1);
        }
    }

    void resolvesNamesBeforeAPlanIsLive()
    {
        Backends backends;
        RunningProxy proxy(planWith({{"a"}}, 1), backends.binds());
        Binds named = backends.binds();
        named["a"] = "http://localhost:" + std::to_string(backends.a.port());
        QVERIFY(proxy.publish(planWith({{"a", 2}}, 2), named));
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))), std::string("a"));
        named["a"] = "http://nobody.invalid:80";
        QVERIFY(proxy.publish(planWith({{"a", 3}}, 3), named));
        const Message answer = askOnce(proxy.port(), chatRequest("m"));
        QCOMPARE(answer.status(), 503);
        QCOMPARE(answer.body, std::string("no healthy upstream"));
    }

    // ---- draining

    void drains()
    {
        Gate gate;
        ScriptedBackend slow([&](Visit& visit) {
            gate.wait();
            visit.socket.send(answerOf(completionBody("slow")));
        });
        Backends backends;
        Binds binds = backends.binds();
        binds["slow"] = slow.url();
        RunningProxy proxy(planWith({{"slow"}}, 1), binds, {2, 1});
        RawClient running(proxy.port());
        running.send(chatRequest("m"));
        QVERIFY(slow.waitForRequests(1));
        RawClient idle(proxy.port());
        QCOMPARE(idle.ask(chatRequest("steady")).status(), 200);
        RawClient half(proxy.port());
        const std::string request = chatRequest("steady");
        half.send(std::string_view(request).substr(0, 30));
        QCOMPARE(askOnce(proxy.port(), request).status(), 200); // by now the half request is there too

        std::atomic<bool> drained = false;
        std::thread draining([&] { drained = proxy.server().drain(kDeadline); });
        const bool refused = waitUntilRefused(proxy.port());
        const bool idleEnded = idle.isEnded();
        half.send(std::string_view(request).substr(30));
        const Message halfAnswer = half.answer();
        const bool early = drained;
        gate.open();
        const Message answer = running.answer();
        draining.join();
        QVERIFY(refused);
        QVERIFY(idleEnded);
        QVERIFY(!early);
        QCOMPARE(halfAnswer.status(), 200);
        QVERIFY(halfAnswer.closes());
        QCOMPARE(contentOf(answer), std::string("slow"));
        QVERIFY(answer.closes());
        QVERIFY(drained);
    }

    void drainsWhatIsUnsent()
    {
        const std::string text = patternedText(250'000);
        ScriptedBackend a(
            [&](Visit& visit) { visit.socket.send(std::string(kStreamHead) + chunked(text) + "0\r\n\r\n"); });
        RunningProxy proxy(planWith({{"a"}}, 1), {{"a", a.url()}});
        RawClient client(proxy.port(), 4096);
        client.send(chatRequest("m", true));
        QVERIFY(proxy.records(1)[0]->complete);
        std::atomic<bool> drained = false;
        std::thread draining([&] { drained = proxy.server().drain(kDeadline); });
        const bool refused = waitUntilRefused(proxy.port());
        const Message answer = client.answer();
        client.socket().close();
        draining.join();
        QVERIFY(refused);
        QVERIFY(answer.complete);
        QVERIFY(answer.body == text);
        QVERIFY(drained);
    }

    void drainGivesUpAtItsLimit()
    {
        ScriptedBackend hanging([](Visit& visit) {
            visit.socket.readToEnd();
            visit.socket.close();
        });
        RunningProxy proxy(planWith({{"a"}}, 1), {{"a", hanging.url()}});
        RawClient client(proxy.port());
        client.send(chatRequest("m"));
        QVERIFY(hanging.waitForRequests(1));
        QVERIFY(!proxy.server().drain(0ms));
        QVERIFY(!proxy.server().drain(100ms));
        client.socket().close();
        QVERIFY(proxy.server().drain(kDeadline));
    }

    /// A client that asked for much, never read and reset its connection holds nothing.
    void drainsAfterResetOfAStuckClient()
    {
        Backends backends;
        RunningProxy proxy(planWith({{"a"}}, 1), backends.binds());
        RawClient client(proxy.port(), 4096);
        std::string requests;
        for (int i = 0; i < 1000; ++i) {
            requests += "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n";
        }
        while (client.socket().send(requests, 500ms)) {}
        client.socket().reset();
        QVERIFY(proxy.server().drain(kDeadline));
    }

    // ---- the end

    void endsWithEverythingInFlight_data()
    {
        QTest::addColumn<uint>("workers");
        QTest::newRow("one worker") << 1U;
        QTest::newRow("three workers") << 3U;
    }

    void endsWithEverythingInFlight()
    {
        QFETCH(uint, workers);
        Backends backends;
        ScriptedBackend hanging([](Visit& visit) {
            visit.socket.readToEnd();
            visit.socket.close();
        });
        Gate pushed;
        ScriptedBackend flooding([&](Visit& visit) { // held back: its upstream connection is not being read
            visit.socket.send(kStreamHead);
            const std::string piece = chunked(std::string(64 * 1024, 'x'));
            while (visit.socket.send(piece, 500ms)) {}
            pushed.open();
            visit.socket.close();
        });
        const auto plan = planOfText(manifestText(
            {{"hanging", {{"hanging"}}, {}, {}}, {"flooding", {{"flooding"}}, {}, {}}, {"steady", {{"a"}}, {}, {}},
                {"nobody", {{"nobody"}},
                    "{numRetries: 5, perRetry: {backOff: {baseInterval: 10s, maxInterval: 10s}}, retryOn: {triggers: "
                    "[connect-failure]}}",
                    {}}}));
        RunningProxy proxy(
            plan, {{"a", backends.a.url()}, {"hanging", hanging.url()}, {"flooding", flooding.url()}}, {workers, 3});
        std::vector<RawClient> clients;
        for (int i = 0; i < 6; ++i) {
            clients.emplace_back(proxy.port()).send(chatRequest("hanging"));
            clients.emplace_back(proxy.port()).send(chatRequest("nobody")); // in back-off
            clients.emplace_back(proxy.port()).send("POST /v1/chat");
            clients.emplace_back(proxy.port())
                .send(chatRequest("hanging") + chatRequest("steady") + std::string(100'000, 'x'));
            QCOMPARE(clients.emplace_back(proxy.port()).ask(chatRequest("steady")).status(), 200);
        }
        RawClient stuck(proxy.port(), 4096);
        stuck.send(chatRequest("flooding", true));
        QVERIFY(stuck.socket().readUntil([](std::string_view bytes) { return bytes.size() > 100; }));
        QVERIFY(hanging.waitForRequests(12));
        proxy.server().publish(plan, bindingsOf(*plan, {{"a", backends.a.url()}}), {});
        proxy.server().drain(0ms);
        proxy.destroyServer();
        for (RawClient& client : clients) {
            QVERIFY(client.isEnded());
        }
        QVERIFY(stuck.socket().readToEnd());
        QVERIFY(pushed.wait());
        const auto records = proxy.recorder().rowsAfter(0);
        QCOMPARE(records.size(), std::size_t{6 + 6 + 6 + 6 + 1}); // answered, hanging twice, in back-off, flooding
    }

    /// What was asked for and never started is not heard of again.
    void endsWithOrdersUndone()
    {
        for (int i = 0; i < 20; ++i) {
            Backends backends;
            RunningProxy proxy(planWith({{"a"}}, 1), backends.binds(), {2, 1});
            std::vector<std::thread> clients;
            for (int c = 0; c < 3; ++c) {
                clients.emplace_back([&] {
                    while (askOnce(proxy.port(), chatRequest("m")).status() == 200) {}
                });
            }
            const auto alive = std::make_shared<std::atomic<bool>>(true);
            std::atomic<bool> late = false;
            for (int p = 0; p < 5; ++p) {
                const auto plan = planWith({{"a", p + 2}}, static_cast<std::uint64_t>(p) + 2);
                proxy.server().publish(
                    plan, bindingsOf(*plan, backends.binds()), [alive, &late] { late = late || !*alive; });
            }
            proxy.destroyServer();
            *alive = false;
            for (std::thread& client : clients) {
                client.join();
            }
            QVERIFY(!late);
        }
    }
};

QTEST_GUILESS_MAIN(TestPlanHandover)
#include "tst_plan_handover.moc"
