// SPDX-License-Identifier: Apache-2.0
#include "core/http/head.h"

#include <QtTest>

using namespace signalbox::http;

Q_DECLARE_METATYPE(ParseStatus)

namespace {

struct Parsed {
    ParseStatus status = ParseStatus::Incomplete;
    std::string bytes;
    RequestHead head;
};

Parsed parse(std::string bytes)
{
    Parsed parsed;
    parsed.bytes = std::move(bytes);
    HeadParser parser;
    parsed.status = parser.parseRequest(parsed.bytes.data(), parsed.bytes.size(), parsed.head);
    return parsed;
}

std::string lines(std::initializer_list<const char*> list)
{
    std::string text;
    for (const char* line : list) {
        text.append(line).append("\r\n");
    }
    return text + "\r\n";
}

} // namespace

class TestHead : public QObject
{
    Q_OBJECT

private slots:
    void readsARequest()
    {
        Parsed p = parse(lines({"POST /v1/chat/completions?x=1 HTTP/1.1", "Host: localhost:8080",
            "X-Empty:", "Content-Length: 12", "X-Twice:  one \t", "x-twice: two"}));
        QVERIFY(p.status == ParseStatus::Complete);
        const char* base = p.bytes.data();
        QCOMPARE(p.head.method(base), std::string_view("POST"));
        QCOMPARE(p.head.targetText(base), std::string_view("/v1/chat/completions?x=1"));
        QCOMPARE(p.head.fields.size(), std::size_t{5});
        QCOMPARE(p.head.name(base, p.head.fields[0]), std::string_view("host"));
        QCOMPARE(p.head.value(base, p.head.fields[3]), std::string_view("one"));
        QCOMPARE(p.head.find(base, "x-empty"), std::string_view(""));
        QVERIFY(p.head.has(base, "x-empty"));
        QVERIFY(!p.head.has(base, "x-none"));
        QVERIFY(p.head.framing == Framing::Length);
        QCOMPARE(p.head.contentLength, std::uint64_t{12});
        QCOMPARE(std::size_t{p.head.length}, p.bytes.size());
    }

    void acceptsBareLineFeeds()
    {
        Parsed p = parse("GET / HTTP/1.1\nHost: h\n\nrest");
        QVERIFY(p.status == ParseStatus::Complete);
        QCOMPARE(p.bytes.substr(p.head.length), std::string("rest"));
    }

    void judges_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("status");
        const auto row = [](const char* name, const std::string& text, ParseStatus status) {
            QTest::newRow(name) << QByteArray::fromStdString(text) << static_cast<int>(status);
        };
        row("garbage", "hello\r\n\r\n", ParseStatus::BadRequest);
        row("wrong first byte at once", "x", ParseStatus::BadRequest);
        row("leading line end", "\r\nGET / HTTP/1.1\r\n\r\n", ParseStatus::BadRequest);
        row("unknown method", lines({"GARBAGE / HTTP/1.1", "Host: h"}), ParseStatus::BadRequest);
        row("wrong first line before the head ends", "GET /\r\n", ParseStatus::BadRequest);
        row("half a first line", "GET / HT", ParseStatus::Incomplete);
        row("no end", "GET / HTTP/1.1\r\nHost: h\r\n", ParseStatus::Incomplete);
        row("HTTP/1.0", lines({"GET / HTTP/1.0", "Host: h"}), ParseStatus::VersionRefused);
        row("HTTP/2.0", lines({"GET / HTTP/2.0", "Host: h"}), ParseStatus::VersionRefused);
        row("malformed version", lines({"GET / HTTX/1.1", "Host: h"}), ParseStatus::BadRequest);
        row("control byte in the target", lines({"GET /\x01 HTTP/1.1", "Host: h"}), ParseStatus::BadRequest);
        row("space before the colon", lines({"GET / HTTP/1.1", "Host : h"}), ParseStatus::BadRequest);
        row("line folding", lines({"GET / HTTP/1.1", "Host: h", "X-A: 1", " 2"}), ParseStatus::BadRequest);
        row("no colon", lines({"GET / HTTP/1.1", "Host"}), ParseStatus::BadRequest);
        row("empty name", lines({"GET / HTTP/1.1", ": h"}), ParseStatus::BadRequest);
        row("underscore in a name", lines({"GET / HTTP/1.1", "x_a: h"}), ParseStatus::BadRequest);
        row("NUL in a value", lines({"GET / HTTP/1.1"}).substr(0, 16) + std::string("X: a\0b\r\n\r\n", 10),
            ParseStatus::BadRequest);
        row("lone CR in a value", "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", ParseStatus::BadRequest);
        row("length is no number", lines({"POST / HTTP/1.1", "Content-Length: x"}), ParseStatus::BadRequest);
        row("negative length", lines({"POST / HTTP/1.1", "Content-Length: -1"}), ParseStatus::BadRequest);
        row("huge length", lines({"POST / HTTP/1.1", "Content-Length: 99999999999999999999"}), ParseStatus::BadRequest);
        row("two different lengths", lines({"POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 2"}),
            ParseStatus::BadRequest);
        row("two equal lengths", lines({"POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 1"}),
            ParseStatus::BadRequest);
        row("list of lengths", lines({"POST / HTTP/1.1", "Content-Length: 1, 1"}), ParseStatus::BadRequest);
        row("length with chunked", lines({"POST / HTTP/1.1", "Content-Length: 1", "Transfer-Encoding: chunked"}),
            ParseStatus::BadRequest);
        row("another transfer coding", lines({"POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked"}),
            ParseStatus::NotImplemented);
        row("chunked twice", lines({"POST / HTTP/1.1", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}),
            ParseStatus::NotImplemented);
        row("80 KB of headers", "GET / HTTP/1.1\r\nX: " + std::string(80'000, 'a') + "\r\n\r\n", ParseStatus::TooLarge);
        row("endless header", "GET / HTTP/1.1\r\nX: " + std::string(70'000, 'a'), ParseStatus::TooLarge);
        std::string many = "GET / HTTP/1.1\r\n";
        for (int i = 0; i < 101; ++i) {
            many += "X-" + std::to_string(i) + ": 1\r\n";
        }
        row("101 headers", many + "\r\n", ParseStatus::TooLarge);
        row("100 headers", many.substr(0, many.rfind("X-100")) + "\r\n", ParseStatus::Complete);
    }

    void judges()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, status);
        QCOMPARE(static_cast<int>(parse(text.toStdString()).status), status);
    }

    /// Whatever the cuts, the verdict and the fields are those of the whole.
    void readsAlikeHoweverItIsCut()
    {
        const std::string whole =
            lines({"POST /a HTTP/1.1", "Host: h", "Transfer-Encoding: chunked", "Connection: keep-alive, close"})
            + "body";
        for (std::size_t cut = 1; cut < whole.size(); ++cut) {
            std::string bytes = whole;
            HeadParser parser;
            RequestHead head;
            const auto first = parser.parseRequest(bytes.data(), cut, head);
            if (cut < whole.size() - 4) {
                QVERIFY2(first == ParseStatus::Incomplete, std::to_string(cut).c_str());
                QVERIFY(parser.parseRequest(bytes.data(), bytes.size(), head) == ParseStatus::Complete);
            }
            QCOMPARE(std::size_t{head.length}, whole.size() - 4);
            QVERIFY(head.framing == Framing::Chunked);
            QVERIFY(head.connectionClose);
        }
    }

    void readsAnswers()
    {
        std::string bytes = lines({"HTTP/1.1 503 Service Unavailable", "Content-Length: 2"});
        HeadParser parser;
        ResponseHead head;
        QVERIFY(parser.parseResponse(bytes.data(), bytes.size(), head) == ParseStatus::Complete);
        QCOMPARE(head.status, std::uint16_t{503});
        QVERIFY(responseFraming(head, false) == Framing::Length);
        QVERIFY(responseFraming(head, true) == Framing::None);
    }

    void judgesAnswers_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("good");
        QTest::newRow("no reason") << QByteArray("HTTP/1.1 200\r\n\r\n") << true;
        QTest::newRow("empty reason") << QByteArray("HTTP/1.1 200 \r\n\r\n") << true;
        QTest::newRow("HTTP/1.0") << QByteArray("HTTP/1.0 200 OK\r\n\r\n") << true;
        QTest::newRow("underscore is the backend's business")
            << QByteArray("HTTP/1.1 200 OK\r\nx_a: 1\r\n\r\n") << true;
        QTest::newRow("garbage") << QByteArray("garbage\r\n\r\n") << false;
        QTest::newRow("two lengths") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")
                                     << false;
        QTest::newRow("four digits") << QByteArray("HTTP/1.1 2000 OK\r\n\r\n") << false;
        QTest::newRow("HTTP/2") << QByteArray("HTTP/2.0 200 OK\r\n\r\n") << false;
    }

    void judgesAnswers()
    {
        QFETCH(QByteArray, text);
        QFETCH(bool, good);
        HeadParser parser;
        ResponseHead head;
        QCOMPARE(
            parser.parseResponse(text.data(), static_cast<std::size_t>(text.size()), head) == ParseStatus::Complete,
            good);
    }
};

QTEST_GUILESS_MAIN(TestHead)
#include "tst_head.moc"
