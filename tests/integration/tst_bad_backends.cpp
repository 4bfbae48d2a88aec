// SPDX-License-Identifier: Apache-2.0
// Backends that answer garbage or nothing, stop half-way, send too much or close: the gateway's own status and text.
#include "tests/support/running_proxy.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace std::chrono_literals;

namespace {

const std::string kResetText = "upstream connect error or disconnect/reset before headers. reset reason: ";

std::string wrapped(int status, const std::string& text)
{
    return "{\"type\":\"error\",\"error\":{\"type\":\"OpenAIBackendError\",\"code\":\"" + std::to_string(status)
        + "\",\"message\":\"" + text + "\"}}";
}

plan::PlanPtr planWith(const RouteSpec& more = {"m", {{"bad"}}, {}, {}}, const std::string& limit = "50Mi")
{
    return planOfText(manifestText({more, {"well", {{"good"}}, {}, {}}}, limit));
}

/// Sends `bytes` and keeps the connection open until the proxy ends it.
void sendAndHold(Visit& visit, std::string_view bytes)
{
    visit.socket.send(bytes);
    visit.socket.readToEnd();
    visit.socket.close();
}

} // namespace

class TestBadBackends : public QObject
{
    Q_OBJECT

private:
    bool othersAreServed(const RunningProxy& proxy)
    {
        return contentOf(askOnce(proxy.port(), chatRequest("well"))) == "good";
    }

private slots:
    void init() { m_good = std::make_unique<ScriptedBackend>(answers("good")); }
    void cleanup() { m_good.reset(); }

    void answersForBrokenBackends_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("then");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("body");
        const auto row = [](const char* name, const std::string& bytes, const char* then, int status,
                             const std::string& body) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(then) << status
                                << QByteArray::fromStdString(body);
        };
        const std::string termination = wrapped(503, kResetText + "connection termination");
        const std::string protocol = wrapped(502, kResetText + "protocol error");
        const std::string cutBody = kResetText + "protocol error";
        row("nothing, then a close", "", "close", 503, termination);
        row("nothing, then a reset", "", "reset", 503, termination);
        row("half a head, then a close", "HTTP/1.1 200 OK\r\ncontent-ty", "close", 503, termination);
        row("half a head, then a reset", "HTTP/1.1 200 OK\r\ncontent-ty", "reset", 503, termination);
        row("text", "hello there\r\n\r\n", "hold", 502, protocol);
        row("TLS", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), "hold", 502, protocol);
        row("another protocol", "HTTP/2.0 200 OK\r\n\r\n", "hold", 502, protocol);
        row("no status", "HTTP/1.1 abc OK\r\n\r\n", "hold", 502, protocol);
        row("header without a colon", "HTTP/1.1 200 OK\r\nabc\r\n\r\n", "hold", 502, protocol);
        row("two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ", "hold", 502,
            protocol);
        row("length and chunked",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "hold",
            502, protocol);
        row("switching protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n", "hold", 502,
            protocol);
        row("head of 100 KB", "HTTP/1.1 200 OK\r\na: " + std::string(100'000, 'a') + "\r\n\r\n", "hold", 502, protocol);
        row("endless head", "HTTP/1.1 200 OK\r\na: " + std::string(100'000, 'a'), "hold", 502, protocol);
        row("body shorter than its length, close", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\"", "close", 502,
            cutBody);
        row("body shorter than its length, reset", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\"", "reset", 502,
            cutBody);
        row("chunks without end", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n", "close", 502,
            cutBody);
        row("chunk that is none", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{\"a\"\r\n", "hold", 502,
            cutBody);
        row("endless chunk extension",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;" + std::string(80'000, 'a'), "hold", 502, cutBody);
    }

    void answersForBrokenBackends()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, then);
        QFETCH(int, status);
        QFETCH(QByteArray, body);
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(bytes.toStdString());
            if (then == "reset") {
                visit.socket.reset();
            } else if (then == "close") {
                visit.socket.close();
            } else {
                visit.socket.readToEnd(); // the proxy must end it
                visit.socket.close();
            }
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port());
        const Message answer = client.ask(chatRequest("m"));
        QCOMPARE(answer.status(), status);
        QCOMPARE(QByteArray::fromStdString(answer.body), body);
        QVERIFY(!answer.closes());
        QVERIFY(bad.waitForEnded(1));
        QCOMPARE(contentOf(client.ask(chatRequest("well"))), std::string("good")); // the client's connection lives on
        const auto records = proxy.records(2);
        QCOMPARE(records.size(), std::size_t{2});
        QCOMPARE(int{records[0]->status}, status);
        QCOMPARE(records[0]->attempts.size(), std::size_t{1});
    }

    void acceptsUnusualAnswers_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("closes");
        const std::string body = completionBody("bad");
        const std::string length = "content-length: " + std::to_string(body.size()) + "\r\n";
        const auto row = [](const char* name, const std::string& bytes, bool closes = false) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << closes;
        };
        row("100 Continue first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + length + "\r\n" + body);
        row("many 1xx first",
            "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n" + length
                + "\r\n" + body);
        row("HTTP/1.0 with a length", "HTTP/1.0 200 OK\r\n" + length + "\r\n" + body, true);
        row("HTTP/1.0 until the close", "HTTP/1.0 200 OK\r\n\r\n" + body, true);
        row("HTTP/1.1 until the close", "HTTP/1.1 200 OK\r\n\r\n" + body, true);
        row("connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\n" + length + "\r\n" + body, true);
        row("odd chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n" + chunked(body.substr(1, 50))
                + chunked(body.substr(51)) + "0\r\nx-t: 1\r\n\r\n");
        row("no reason", "HTTP/1.1 200\r\n" + length + "\r\n" + body);
        row("bare line feeds", "HTTP/1.1 200 OK\ncontent-length: " + std::to_string(body.size()) + "\n\n" + body);
        row("bytes behind the answer",
            "HTTP/1.1 200 OK\r\n" + length + "\r\n" + body + "HTTP/1.1 500 Smuggled\r\ncontent-length: 0\r\n\r\n");
    }

    void acceptsUnusualAnswers()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, closes);
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(bytes.toStdString());
            if (closes) {
                visit.socket.close();
            }
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port());
        for (int i = 0; i < 3; ++i) {
            const Message answer = client.ask(chatRequest("m"));
            QCOMPARE(answer.status(), 200);
            QCOMPARE(answer.body, completionBody("bad"));
            QVERIFY(!answer.closes());
        }
    }

    // ---- nothing comes

    void timesOut()
    {
        ScriptedBackend bad([](Visit& visit) { sendAndHold(visit, {}); });
        RunningProxy proxy(planWith({"m", {{"bad"}}, {}, "300ms"}), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port());
        client.send(chatRequest("m"));
        QVERIFY(bad.waitForRequests(1));
        QVERIFY(othersAreServed(proxy));
        const Message answer = client.answer();
        QCOMPARE(answer.status(), 504);
        QCOMPARE(answer.body, wrapped(504, "upstream request timeout"));
        QVERIFY(bad.waitForEnded(1));
        QCOMPARE(contentOf(client.ask(chatRequest("well"))), std::string("good"));
        QCOMPARE(proxy.records(3)[1]->attempts[0].outcome, dispatch::AttemptOutcome::RequestTimeout);
    }

    void timesOutPerTryAndGoesOn()
    {
        ScriptedBackend bad([](Visit& visit) { sendAndHold(visit, "HTTP/1.1 200 OK\r\n"); });
        RunningProxy proxy(
            planWith({"m", {{"bad"}, {"good", 1, 1}},
                "{numRetries: 2, numAttemptsPerPriority: 1, perRetry: {timeout: 200ms, backOff: {baseInterval: 10ms, "
                "maxInterval: 20ms}}, retryOn: {triggers: [reset]}}",
                {}}),
            {{"good", m_good->url()}, {"bad", bad.url()}});
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))), std::string("good"));
        QVERIFY(bad.waitForEnded(1));
        const auto records = proxy.records(1);
        QCOMPARE(records[0]->attempts.size(), std::size_t{2});
        QCOMPARE(records[0]->attempts[0].outcome, dispatch::AttemptOutcome::PerTryTimeout);
    }

    /// Interim answers are no progress: the request's time-out ends even an endless row of them.
    void timesOutOnEndlessInterimAnswers()
    {
        ScriptedBackend bad([](Visit& visit) {
            while (visit.socket.send("HTTP/1.1 102 Processing\r\n\r\n")) {}
            visit.socket.close();
        });
        RunningProxy proxy(planWith({"m", {{"bad"}}, {}, "300ms"}), {{"good", m_good->url()}, {"bad", bad.url()}});
        QCOMPARE(askOnce(proxy.port(), chatRequest("m")).status(), 504);
        QVERIFY(bad.waitForEnded(1));
    }

    // ---- too much

    void refusesTooLargeAnswers_data()
    {
        QTest::addColumn<QByteArray>("head");
        QTest::newRow("with a length") << QByteArray("content-length: 2000000\r\n\r\n");
        QTest::newRow("chunked") << QByteArray("transfer-encoding: chunked\r\n\r\n1E8480\r\n");
        QTest::newRow("until the close") << QByteArray("\r\n");
    }

    void refusesTooLargeAnswers()
    {
        QFETCH(QByteArray, head);
        ScriptedBackend bad([&](Visit& visit) {
            sendAndHold(visit, "HTTP/1.1 200 OK\r\n" + head.toStdString() + std::string(2'000'000, ' '));
        });
        RunningProxy proxy(planWith({"m", {{"bad"}}, {}, {}}, {}), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port());
        const Message answer = client.ask(chatRequest("m"));
        QCOMPARE(answer.status(), 500);
        QCOMPARE(answer.body, std::string("Internal Server Error"));
        QVERIFY(bad.waitForEnded(1));
        QCOMPARE(contentOf(client.ask(chatRequest("well"))), std::string("good"));
    }

    // ---- streams

    void cutsStreams_data()
    {
        QTest::addColumn<QString>("how");
        for (const char* how : {"close", "reset", "garbage", "time-out"}) {
            QTest::newRow(how) << QString(how);
        }
    }

    void cutsStreams()
    {
        QFETCH(QString, how);
        Gate seen;
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(std::string(kStreamHead) + chunked(eventOf("one")) + chunked(eventOf("two")));
            if (how == "close") {
                visit.socket.close();
            } else if (how == "reset") {
                // A reset overtakes what the peer has not read yet: the proxy must have sent both events on.
                seen.wait();
                visit.socket.reset();
            } else {
                sendAndHold(visit, how == "garbage" ? "zz\r\n" : "");
            }
        });
        RunningProxy proxy(planWith({"m", {{"bad"}}, {}, how == "time-out" ? "400ms" : ""}),
            {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port());
        client.send(chatRequest("m", true));
        const std::string& bytes = client.socket().received();
        QVERIFY(client.socket().readUntil(
            [](std::string_view all) { return all.find("two") != std::string_view::npos && all.ends_with("\r\n"); }));
        QVERIFY(bytes.starts_with("HTTP/1.1 200 OK\r\n"));
        seen.open();
        const auto records = proxy.records(1);
        QCOMPARE(records[0]->complete, false);
        QVERIFY(client.socket().staysSilent(500ms)); // Envoy's delayed close
        QVERIFY(client.socket().readToEnd());
        QVERIFY(!QByteArray::fromStdString(bytes).endsWith("0\r\n\r\n"));
        QVERIFY(othersAreServed(proxy));
    }

    void passesStreamsOnAtOnce()
    {
        Gate first;
        Gate second;
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(std::string(kStreamHead));
            first.wait();
            visit.socket.send(chunked(eventOf("one")));
            second.wait();
            visit.socket.send(chunked("data: [DONE]\n\n") + "0\r\n\r\n");
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port());
        client.send(chatRequest("m", true));
        QVERIFY(client.socket().readUntil(
            [](std::string_view seen) { return seen.find("\r\n\r\n") != std::string_view::npos; }));
        first.open();
        QVERIFY(client.socket().readUntil(
            [](std::string_view seen) { return seen.find("one") != std::string_view::npos; }));
        second.open();
        const Message answer = client.answer();
        QVERIFY(answer.complete);
        QCOMPARE(answer.body, eventOf("one") + "data: [DONE]\n\n");
    }

    /// A client that does not read stops the backend; what was held back comes in the end, byte for byte.
    void holdsStreamsBack()
    {
        constexpr std::size_t kPiece = 64 * 1024;
        constexpr std::size_t kMost = 512;
        Gate stalled;
        std::atomic<std::size_t> pushed = 0;
        std::atomic<std::size_t> all = 0;
        const std::string pattern = patternedText(kPiece * kMost);
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(kStreamHead);
            std::size_t pieces = 0;
            for (; pieces < kMost; ++pieces) {
                const std::string piece = chunked(std::string_view(pattern).substr(pieces * kPiece, kPiece));
                std::size_t sent = 0;
                if (!visit.socket.send(piece, 1000ms, &sent)) {
                    pushed = pieces * kPiece;
                    stalled.open();
                    visit.socket.send(std::string_view(piece).substr(sent));
                    ++pieces;
                    break;
                }
            }
            visit.socket.send("0\r\n\r\n");
            all = pieces * kPiece;
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port(), 16 * 1024);
        client.send(chatRequest("m", true));
        QVERIFY2(stalled.wait(), "the backend could push 32 MiB at a client that reads nothing");
        QVERIFY(othersAreServed(proxy));
        const Message answer = client.answer();
        QVERIFY(answer.complete);
        QVERIFY(proxy.records(2)[1]->complete);
        QCOMPARE(answer.body.size(), all.load());
        QVERIFY(std::string_view(pattern).starts_with(answer.body));
        QVERIFY(pushed < 24 * 1024 * 1024); // most of it in the kernel's buffers
    }

    /// The end of a stream reaches a slow reader although the connection closes behind it.
    void closesOnlyWhenTheReaderHasAll()
    {
        const std::string text = patternedText(250'000);
        ScriptedBackend bad(
            [&](Visit& visit) { visit.socket.send(std::string(kStreamHead) + chunked(text) + "0\r\n\r\n"); });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port(), 4096);
        client.send(chatRequest("m", true, "Connection: close\r\n"));
        QVERIFY(proxy.records(1)[0]->complete);
        RawClient quiet(proxy.port());
        for (int i = 0; i < 6; ++i) { // longer than the delayed close in all
            QVERIFY(quiet.socket().staysSilent(250ms));
            QCOMPARE(client.socket().receive(kDeadline, 32 * 1024), StreamSocket::Event::Data);
        }
        const Message answer = client.answer();
        QVERIFY(answer.complete);
        QVERIFY(answer.body == text);
    }

    // ---- large bodies

    void carriesLargeBodies_data()
    {
        QTest::addColumn<int>("size");
        QTest::addColumn<bool>("isChunked");
        QTest::newRow("1 MB") << 1'000'000 << false;
        QTest::newRow("1 MB in chunks") << 1'000'000 << true;
        QTest::newRow("20 MB") << 20'000'000 << false;
    }

    void carriesLargeBodies()
    {
        QFETCH(int, size);
        QFETCH(bool, isChunked);
        const std::string text = patternedText(static_cast<std::size_t>(size));
        const std::string body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
        std::string coded;
        for (std::size_t at = 0; at < body.size(); at += 70'000) {
            coded += chunked(std::string_view(body).substr(at, 70'000));
        }
        const std::string answerBody = completionBody(text);
        std::string seen;
        ScriptedBackend bad([&](Visit& visit) {
            seen = visit.request.body;
            visit.socket.send(isChunked
                    ? "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(answerBody) + "0\r\n\r\n"
                    : answerOf(answerBody));
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port());
        for (int i = 0; i < 2; ++i) {
            const Message answer =
                client.ask(isChunked ? "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: "
                                       "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + coded + "0\r\n\r\n"
                                     : postOf(body));
            QCOMPARE(answer.status(), 200);
            QVERIFY(answer.body == answerBody);
            QVERIFY(seen == body);
        }
    }

    /// Large answers, forwarded or put into the error form, wait for a slow reader unharmed.
    void keepsLargeAnswersForSlowReaders_data()
    {
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("isChunked");
        QTest::newRow("forwarded") << 200 << false;
        QTest::newRow("forwarded, chunked") << 200 << true;
        QTest::newRow("error form") << 400 << false;
        QTest::newRow("error form, chunked") << 400 << true;
    }

    void keepsLargeAnswersForSlowReaders()
    {
        QFETCH(int, status);
        QFETCH(bool, isChunked);
        const std::string text = patternedText(16'000'000);
        const std::string body = status == 200 ? completionBody(text) : text;
        const std::string head = "HTTP/1.1 " + std::to_string(status)
            + " X\r\ncontent-type: " + (status == 200 ? "application/json" : "text/plain");
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(isChunked
                    ? head + "\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(body) + "0\r\n\r\n"
                    : head + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        RawClient client(proxy.port(), 16 * 1024);
        client.send(chatRequest("m"));
        QVERIFY(waitForSocket(client.socket().fd(), POLLIN, kDeadline)); // all of it is handed to the client's socket
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))).size(),
            status == 200 ? text.size() : 0); // on the same upstream
        const Message answer = client.answer();
        QVERIFY(answer.complete);
        QCOMPARE(answer.status(), status);
        QVERIFY(answer.body == (status == 200 ? body : wrapped(400, text)));
    }

    void acceptsAnswersBeforeTheBodyIsRead()
    {
        const std::string body =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + patternedText(20'000'000) + "\"}]}";
        const auto bad = ScriptedBackend::raw([](StreamSocket& socket) {
            socket.readUntil([](std::string_view bytes) { return bytes.find("\r\n\r\n") != std::string_view::npos; });
            socket.send(answerOf(completionBody("early")));
            socket.readToEnd();
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad->url()}});
        RawClient client(proxy.port());
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(contentOf(client.ask(postOf(body))), std::string("early"));
        }
        QVERIFY(bad->waitForRequests(3)); // an upstream whose request is unfinished is not reused
    }

    // ---- connections

    void reusesConnections()
    {
        RunningProxy proxy(planWith(), {{"good", m_good->url()}});
        for (int i = 0; i < 50; ++i) {
            QVERIFY(othersAreServed(proxy));
        }
        QCOMPARE(m_good->connections(), 1);
    }

    void notesConnectionsThatCloseWhileIdle()
    {
        Gate closed;
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(answerOf(completionBody("bad")));
            if (visit.number == 1) {
                visit.socket.endSending();
                if (visit.socket.readToEnd()) {
                    closed.open();
                }
                visit.socket.close();
            }
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))), std::string("bad"));
        QVERIFY(closed.wait());
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))), std::string("bad"));
        QCOMPARE(bad.connections(), 2);
    }

    /// A connection that the server has closed is never reused, even when the proxy finds the close behind the next request
    /// in one look at its sockets: the worker is held up until both are there.
    void neverReusesClosedConnections()
    {
        Gate asked;
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(answerOf(completionBody("bad")));
            if (visit.number == 1) {
                asked.wait();
                visit.socket.close();
            }
        });
        const auto plan = planWith();
        const Binds binds{{"good", m_good->url()}, {"bad", bad.url()}};
        RunningProxy proxy(plan, binds);
        RawClient client(proxy.port());
        QCOMPARE(client.ask(chatRequest("m")).status(), 200);
        Gate held;
        Gate goOn;
        proxy.server().publish(plan, bindingsOf(*plan, binds), [&] {
            held.open();
            goOn.wait();
        });
        QVERIFY(held.wait());
        client.send(chatRequest("m"));
        asked.open();
        QVERIFY(bad.waitForEnded(1));
        goOn.open();
        QCOMPARE(contentOf(client.answer()), std::string("bad"));
        QCOMPARE(bad.connections(), 2);
    }

    void dropsIdleConnectionsThatTalk()
    {
        ScriptedBackend bad([&](Visit& visit) {
            visit.socket.send(answerOf(completionBody("bad")));
            if (visit.number == 1) {
                sendAndHold(visit, "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
            }
        });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))), std::string("bad"));
        QVERIFY(bad.waitForEnded(1));
        QCOMPARE(contentOf(askOnce(proxy.port(), chatRequest("m"))), std::string("bad"));
    }

    /// Many clients at a backend that hangs: everybody else is served, and the connections end with their clients.
    void boundsHangingConnections()
    {
        ScriptedBackend bad([](Visit& visit) { sendAndHold(visit, {}); });
        RunningProxy proxy(planWith(), {{"good", m_good->url()}, {"bad", bad.url()}});
        constexpr int kClients = 100;
        {
            std::vector<RawClient> clients;
            for (int i = 0; i < kClients; ++i) {
                clients.emplace_back(proxy.port()).send(chatRequest("m"));
            }
            QVERIFY(bad.waitForRequests(kClients));
            QVERIFY(othersAreServed(proxy));
        }
        QVERIFY(bad.waitForEnded(kClients));
        QCOMPARE(bad.connections(), kClients);
        QCOMPARE(proxy.records(kClients + 1).size(), std::size_t{kClients + 1});
    }

private:
    std::unique_ptr<ScriptedBackend> m_good;
};

QTEST_GUILESS_MAIN(TestBadBackends)
#include "tst_bad_backends.moc"
