// SPDX-License-Identifier: Apache-2.0
// Clients that break the rules of HTTP, stop half-way or go away: each gets the gateway's own answer, nobody else is disturbed.
#include "tests/support/running_proxy.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::test;
using namespace std::chrono_literals;

namespace {

const std::string kHead = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
const std::string kPost = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n";

plan::PlanPtr planWithLimit(const std::string& limit = {})
{
    return planOfText(manifestText({{"m", {{"good"}}, {}, {}}, {"bad", {{"scripted"}}, {}, {}}}, limit));
}

/// A chat request body of exactly `size` bytes.
std::string bodyOfSize(std::size_t size)
{
    const std::string begin = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
    const std::string end = "\"}]}";
    return begin + std::string(size - begin.size() - end.size(), 'x') + end;
}

} // namespace

class TestBadClients : public QObject
{
    Q_OBJECT

private:
    /// Another client is served as if nothing was.
    bool othersAreServed(const RunningProxy& proxy) { return askOnce(proxy.port(), chatRequest("m")).status() == 200; }

private slots:
    void init() { m_good = std::make_unique<ScriptedBackend>(answers("good")); }
    void cleanup() { m_good.reset(); }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("text");
        const auto row = [](const char* name, const std::string& bytes, int status = 400,
                             const char* text = "Bad Request") {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << status << QByteArray(text);
        };
        row("TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
        row("text", "hello there\r\n\r\n");
        row("an empty line first", "\r\n" + chatRequest("m"));
        row("unknown method", "FOO / HTTP/1.1\r\nHost: h\r\n\r\n");
        row("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        row("no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n");
        row("spaces in the target", "GET /v1/ models HTTP/1.1\r\nHost: h\r\n\r\n");
        row("HTTP/1.0", "GET /v1/models HTTP/1.0\r\nHost: h\r\n\r\n", 426, "Upgrade Required");
        row("HTTP/3.0", "GET /v1/models HTTP/3.0\r\nHost: h\r\n\r\n", 426, "Upgrade Required");
        row("space before a colon", "GET /v1/models HTTP/1.1\r\nHost : h\r\n\r\n");
        row("folded header", "GET /v1/models HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n");
        row("header without a name", "GET /v1/models HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n");
        row("header without a colon", "GET /v1/models HTTP/1.1\r\nHost: h\r\nabc\r\n\r\n");
        row("underscore in a name", "GET /v1/models HTTP/1.1\r\nHost: h\r\na_b: c\r\n\r\n");
        row("NUL in a value", std::string("GET /v1/models HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n", 45));
        row("bare CR in a value", "GET /v1/models HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n");
        row("no host", "GET /v1/models HTTP/1.1\r\n\r\n", 400, "");
        row("fragment", "GET /v1/models#x HTTP/1.1\r\nHost: h\r\n\r\n", 400, "");
        row("two lengths", kPost + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello");
        row("the same length twice", kPost + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
        row("list of lengths", kPost + "Content-Length: 5, 5\r\n\r\nhello");
        row("length and chunked",
            kPost + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + chatRequest("bad"));
        row("chunked and length",
            kPost + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + chatRequest("bad"));
        row("negative length", kPost + "Content-Length: -1\r\n\r\n");
        row("signed length", kPost + "Content-Length: +5\r\n\r\nhello");
        row("hexadecimal length", kPost + "Content-Length: 0x5\r\n\r\nhello");
        row("empty length", kPost + "Content-Length:\r\n\r\n");
        row("length beyond 64 bits", kPost + "Content-Length: 99999999999999999999\r\n\r\n");
        row("two codings", kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "Not Implemented");
        row("chunked twice", kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501,
            "Not Implemented");
        row("hidden coding", kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "Not Implemented");
        row("chunk size is no number", kPost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n");
        row("chunk size is signed", kPost + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n");
        row("chunk size beyond 64 bits",
            kPost + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n");
        row("chunk longer than its size", kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n");
        row("endless chunk extension", kPost + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(80'000, 'a'));
        row("endless trailers", kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(80'000, 'a'));
        std::string fields;
        for (int i = 0; i < 101; ++i) {
            fields += "A" + std::to_string(i) + ": b\r\n";
        }
        row("101 headers", kPost + fields + "\r\n", 431, "Request Header Fields Too Large");
        row("head of 61 KiB", kPost + "A: " + std::string(61 * 1024, 'a') + "\r\n\r\n", 431,
            "Request Header Fields Too Large");
        row("request line of 61 KiB", "GET /" + std::string(61 * 1024, 'a'), 431, "Request Header Fields Too Large");
    }

    void refuses()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, status);
        QFETCH(QByteArray, text);
        ScriptedBackend scripted(answers("smuggled"));
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}, {"scripted", scripted.url()}});
        RawClient client(proxy.port());
        client.send(bytes.toStdString());
        const Message answer = client.answer();
        QCOMPARE(answer.status(), status);
        QVERIFY(answer.complete);
        QVERIFY(answer.closes());
        QCOMPARE(QByteArray::fromStdString(answer.body), text);
        QVERIFY(client.isEnded());
        QVERIFY(othersAreServed(proxy));
        QCOMPARE(scripted.requests(), 0);
    }

    void refusesJsonProblems_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("no JSON") << QByteArray("this is no JSON");
        QTest::newRow("an array") << QByteArray("[1,2]");
        QTest::newRow("cut") << QByteArray("{\"model\":\"m\",\"messages\":[");
        QTest::newRow("binary") << QByteArray("\x00\xff\xfe\x01\x80", 5);
        QTest::newRow("deep") << QByteArray(20'000, '[');
    }

    void refusesJsonProblems()
    {
        QFETCH(QByteArray, body);
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        const Message answer = client.ask(postOf(body.toStdString()));
        QCOMPARE(answer.status(), 400);
        QCOMPARE(answer.header("content-type"), std::string("application/json"));
        QVERIFY(answer.body.starts_with("{\"type\":\"error\",\"error\":{\"type\":\"BadRequest\",\"code\":\"400\""));
        QVERIFY(othersAreServed(proxy));
    }

    void endsTenMegabytesOfHeaders()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        client.send(kPost);
        std::size_t sent = 0;
        const std::string line = "A: " + std::string(1000, 'a') + "\r\n";
        for (int i = 0; i < 10'000 && client.socket().send(line, kDeadline, &sent); ++i) {}
        const Message answer = client.answer();
        QCOMPARE(answer.status(), 431);
        QVERIFY(othersAreServed(proxy));
    }

    /// Heads, bodies and chunks that never end hold nobody up, and a client may end each of them at any time.
    void waitsForUnfinishedRequests()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        std::vector<RawClient> clients;
        const std::string bodies[] = {"", "P", "POST /v1/chat/comp", kPost + "A: b",
            kHead + "Content-Length: 100\r\n\r\n{\"mod", kHead + "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
            kPost + "A: " + std::string(59 * 1024, 'a')};
        for (int i = 0; i < 20; ++i) {
            for (const std::string& bytes : bodies) {
                QVERIFY(clients.emplace_back(proxy.port()).send(bytes));
            }
        }
        QVERIFY(othersAreServed(proxy));
        QVERIFY(clients.front().socket().staysSilent(0ms));
        clients.clear();
        QVERIFY(othersAreServed(proxy));
        QCOMPARE(proxy.records(2).size(), std::size_t{2});
    }

    void readsByteByByte()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        const std::string body = chatBody("m");
        const std::string requests = chatRequest("m") + kHead + "Transfer-Encoding: chunked\r\n\r\n"
            + chunked(body.substr(0, 9)) + chunked(body.substr(9)) + "0\r\nTrailer: x\r\n\r\n";
        for (const char c : requests) {
            QVERIFY(client.send({&c, 1}));
        }
        QCOMPARE(contentOf(client.answer()), std::string("good"));
        QCOMPARE(contentOf(client.answer()), std::string("good"));
    }

    void readsOddChunks_data()
    {
        QTest::addColumn<QByteArray>("coded");
        const std::string body = chatBody("m");
        std::string single;
        for (const char c : body) {
            single += chunked({&c, 1});
        }
        char size[8];
        std::snprintf(size, sizeof size, "%zX", body.size());
        const auto row = [](const char* name, const std::string& coded) {
            QTest::newRow(name) << QByteArray::fromStdString(coded);
        };
        row("single bytes", single + "0\r\n\r\n");
        row("capital digits and zeros", "000" + std::string(size) + "\r\n" + body + "\r\n000\r\n\r\n");
        row("extensions", std::string(size) + ";a=b;c=\"d\"\r\n" + body + "\r\n0;last\r\n\r\n");
        row("trailers", chunked(body) + "0\r\nX-A: b\r\nContent-Length: 3\r\n\r\n");
        row("bare line feeds", std::string(size) + "\n" + body + "\n0\n\n");
    }

    void readsOddChunks()
    {
        QFETCH(QByteArray, coded);
        std::string seen;
        ScriptedBackend scripted([&seen](Visit& visit) {
            seen = visit.request.body;
            visit.socket.send(answerOf(completionBody("scripted")));
        });
        RunningProxy proxy(planWithLimit(), {{"good", scripted.url()}});
        RawClient client(proxy.port());
        for (int i = 0; i < 2; ++i) {
            QCOMPARE(contentOf(client.ask(kHead + "Transfer-Encoding: chunked\r\n\r\n" + coded.toStdString())),
                std::string("scripted"));
            QCOMPARE(seen, chatBody("m"));
        }
    }

    // ---- sizes

    void holdsTheBodyLimit_data()
    {
        QTest::addColumn<int>("size");
        QTest::addColumn<bool>("isChunked");
        QTest::addColumn<int>("status");
        QTest::addColumn<bool>("livesOn");
        QTest::newRow("just below") << 32'767 << false << 200 << true;
        QTest::newRow("at the limit") << 32'768 << false << 413 << true;
        QTest::newRow("nearly twice") << 60'000 << false << 413 << true;
        QTest::newRow("far above") << 200'000 << false << 413 << false;
        QTest::newRow("chunked, just below") << 32'767 << true << 200 << true;
        QTest::newRow("chunked, at the limit") << 32'768 << true << 413 << false;
        QTest::newRow("chunked, far above") << 200'000 << true << 413 << false;
    }

    void holdsTheBodyLimit()
    {
        QFETCH(int, size);
        QFETCH(bool, isChunked);
        QFETCH(int, status);
        QFETCH(bool, livesOn);
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        const std::string body = bodyOfSize(static_cast<std::size_t>(size));
        client.send(
            isChunked ? kHead + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body) + "0\r\n\r\n" : postOf(body));
        const Message answer = client.answer();
        QCOMPARE(answer.status(), status);
        QCOMPARE(answer.closes(), !livesOn);
        if (status == 413) {
            QCOMPARE(answer.body, std::string("Payload Too Large"));
        }
        if (livesOn) {
            QCOMPARE(client.ask(chatRequest("m")).status(), 200);
        }
        QVERIFY(othersAreServed(proxy));
    }

    /// A chunked body without end is no way around the limit.
    void endsEndlessChunks()
    {
        RunningProxy proxy(planWithLimit("1Mi"), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        client.send(kHead + "Transfer-Encoding: chunked\r\n\r\n");
        const std::string piece = chunked(std::string(64 * 1024, 'x'));
        for (int i = 0; i < 64 && client.send(piece); ++i) {}
        QCOMPARE(client.answer().status(), 413);
        QVERIFY(othersAreServed(proxy));
    }

    void continuesBeforeTheBody_data()
    {
        QTest::addColumn<int>("size");
        QTest::addColumn<int>("status");
        QTest::newRow("small") << 100 << 200;
        QTest::newRow("too large, but drained") << 40'000 << 413;
    }

    void continuesBeforeTheBody()
    {
        QFETCH(int, size);
        QFETCH(int, status);
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        const std::string body = bodyOfSize(static_cast<std::size_t>(size));
        client.send(kHead + "Expect: 100-continue\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        QCOMPARE(client.answer().status(), 100);
        client.send(body);
        QCOMPARE(client.answer().status(), status);
        QCOMPARE(client.ask(chatRequest("m")).status(), 200);
    }

    /// A body that is far too large is refused at once, with or without the client's waiting for 100.
    void refusesFarTooLargeBodiesUnread()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        client.send(kHead + "Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n");
        Message answer = client.answer();
        if (answer.status() == 100) {
            answer = client.answer();
        }
        QCOMPARE(answer.status(), 413);
        QVERIFY(client.isEnded());
    }

    // ---- many requests on one connection

    void keepsConnectionsAlive()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        for (int i = 0; i < 100; ++i) {
            QCOMPARE(client.ask(chatRequest("m")).status(), 200);
        }
        QCOMPARE(m_good->connections(), 1);
        const Message last = client.ask(chatRequest("m", false, "Connection: close\r\n"));
        QCOMPARE(last.status(), 200);
        QVERIFY(last.closes());
        QVERIFY(client.isEnded());
    }

    void answersPipelinedRequestsInOrder()
    {
        ScriptedBackend scripted(
            [](Visit& visit) { visit.socket.send(answerOf(completionBody(visit.request.header("x-number")))); });
        RunningProxy proxy(planWithLimit(), {{"good", scripted.url()}});
        RawClient client(proxy.port());
        std::string requests;
        for (int i = 0; i < 20; ++i) {
            const std::string number = "X-Number: " + std::to_string(i) + "\r\n";
            const std::string body = bodyOfSize(2000);
            requests += i % 3 == 0 ? kHead + number + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body) + "0\r\n\r\n"
                                   : postOf(body, number);
        }
        client.send(requests);
        for (int i = 0; i < 20; ++i) {
            QCOMPARE(contentOf(client.answer()), std::to_string(i));
        }
        QCOMPARE(proxy.records(20).size(), std::size_t{20});
    }

    /// What arrives while a request runs waits for its turn, however much it is and however it is cut.
    void keepsWhatArrivesMeanwhile_data()
    {
        QTest::addColumn<int>("bodySize");
        QTest::addColumn<bool>("isChunked");
        QTest::newRow("small") << 200 << false;
        QTest::newRow("more than the room of a watch") << 1500 << false;
        QTest::newRow("more than is read ahead") << 300'000 << false;
        QTest::newRow("chunked, small") << 200 << true;
        QTest::newRow("chunked, large") << 300'000 << true;
    }

    void keepsWhatArrivesMeanwhile()
    {
        QFETCH(int, bodySize);
        QFETCH(bool, isChunked);
        Gate gate;
        std::vector<std::string> seen;
        ScriptedBackend scripted([&](Visit& visit) {
            seen.push_back(visit.request.body);
            if (visit.number == 1) {
                gate.wait();
            }
            visit.socket.send(answerOf(completionBody(std::to_string(visit.number))));
        });
        RunningProxy proxy(planWithLimit("50Mi"), {{"good", scripted.url()}, {"scripted", m_good->url()}});
        RawClient client(proxy.port());
        client.send(chatRequest("m"));
        QVERIFY(scripted.waitForRequests(1));
        const std::string body = bodyOfSize(static_cast<std::size_t>(bodySize));
        const std::string second =
            isChunked ? kHead + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body) + "0\r\n\r\n" : postOf(body);
        // In pieces, each of which the proxy has taken before the next: it serves another client in between.
        std::thread sender([&] {
            for (std::size_t at = 0; at < second.size(); at += 100'000) {
                client.socket().send(std::string_view(second).substr(at, 100'000));
            }
        });
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(askOnce(proxy.port(), chatRequest("bad")).status(), 200);
        }
        gate.open();
        sender.join();
        QCOMPARE(contentOf(client.answer()), std::string("1"));
        QCOMPARE(contentOf(client.answer()), std::string("2"));
        QCOMPARE(contentOf(client.ask(chatRequest("m"))), std::string("3"));
        QCOMPARE(seen.size(), std::size_t{3});
        QVERIFY(seen[1] == body);
    }

    /// A client that asks and asks and never reads is not read any further: its answers are not hoarded.
    void stopsReadingWhoNeverReads()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port(), 4096);
        std::string requests;
        for (int i = 0; i < 1000; ++i) {
            requests += "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n";
        }
        std::size_t sent = 0;
        constexpr std::size_t kMuch = 64 * 1024 * 1024;
        while (sent < kMuch && client.socket().send(requests, 1000ms, &sent)) {}
        QVERIFY2(sent < kMuch, "the proxy took 64 MiB of requests whose answers nobody reads");
        QVERIFY(othersAreServed(proxy));
        // And goes on as soon as the client reads.
        for (int i = 0; i < 5000; ++i) {
            QCOMPARE(client.answer().status(), 200);
        }
    }

    void treatsHead()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        client.send("HEAD /v1/models HTTP/1.1\r\nHost: h\r\n\r\n");
        QCOMPARE(client.answerToHead().status(), 200);
        client.send("HEAD /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
        QCOMPARE(client.answerToHead().status(), 404);
        const Message models = client.ask("GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n");
        QCOMPARE(models.status(), 200);
        QVERIFY(models.body.find("\"data\"") != std::string::npos);
    }

    /// The refusal of bytes that are no request has its text again, although the request before it was HEAD.
    void refusesAfterHead()
    {
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}});
        RawClient client(proxy.port());
        client.send("HEAD /v1/models HTTP/1.1\r\nHost: h\r\n\r\n");
        QCOMPARE(client.answerToHead().status(), 200);
        const Message answer = client.ask("hello\r\n\r\n");
        QCOMPARE(answer.status(), 400);
        QCOMPARE(answer.body, std::string("Bad Request"));
    }

    // ---- clients that go away

    void cancelsForClientsThatLeave_data()
    {
        QTest::addColumn<QString>("how");
        QTest::addColumn<bool>("stream");
        for (const char* how : {"close", "reset", "half-close"}) {
            QTest::addRow("%s before the head", how) << QString(how) << false;
            QTest::addRow("%s in a stream", how) << QString(how) << true;
        }
    }

    void cancelsForClientsThatLeave()
    {
        QFETCH(QString, how);
        QFETCH(bool, stream);
        Gate ended;
        ScriptedBackend scripted([&](Visit& visit) {
            if (stream) {
                visit.socket.send(std::string(kStreamHead) + chunked(eventOf("one")));
            }
            if (visit.socket.readToEnd()) {
                ended.open();
            }
            visit.socket.close();
        });
        RunningProxy proxy(planWithLimit(), {{"good", m_good->url()}, {"scripted", scripted.url()}});
        RawClient client(proxy.port());
        client.send(chatRequest("bad", stream));
        QVERIFY(scripted.waitForRequests(1));
        if (stream) {
            QVERIFY(client.socket().readUntil(
                [](std::string_view bytes) { return bytes.find("one") != std::string_view::npos; }));
        }
        if (how == "close") {
            client.socket().close();
        } else if (how == "reset") {
            client.socket().reset();
        } else {
            client.socket().endSending(); // Envoy's listeners know no half-open connections: the client is gone
        }
        QVERIFY(ended.wait());
        const auto records = proxy.records(1);
        QCOMPARE(records.size(), std::size_t{1});
        QCOMPARE(records[0]->complete, false);
        QCOMPARE(int{records[0]->status}, stream ? 200 : 0);
        QCOMPARE(records[0]->attempts.size(), std::size_t{1});
        QCOMPARE(records[0]->attempts[0].outcome, dispatch::AttemptOutcome::Cancelled);
        QCOMPARE(records[0]->attempts[0].decision, dispatch::Decision::ClientGone);
        QVERIFY(othersAreServed(proxy));
    }

    void survivesClientsThatLeaveInTheMiddle()
    {
        RunningProxy proxy(planWithLimit("50Mi"), {{"good", m_good->url()}});
        const std::string request = postOf(bodyOfSize(100'000));
        for (const std::size_t size :
            {std::size_t{1}, std::size_t{40}, std::size_t{150}, std::size_t{5000}, request.size() - 1}) {
            RawClient closing(proxy.port());
            closing.send(std::string_view(request).substr(0, size));
            closing.socket().close();
            RawClient resetting(proxy.port());
            resetting.send(std::string_view(request).substr(0, size));
            resetting.socket().reset();
            RawClient whole(proxy.port());
            whole.send(request);
            whole.socket().reset();
            QVERIFY(othersAreServed(proxy));
        }
    }

private:
    std::unique_ptr<ScriptedBackend> m_good;
};

QTEST_GUILESS_MAIN(TestBadClients)
#include "tst_bad_clients.moc"
