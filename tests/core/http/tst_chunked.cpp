// SPDX-License-Identifier: Apache-2.0
#include "core/http/chunked.h"

#include <QtTest>

using namespace signalbox::http;

namespace {

struct Decoded {
    std::string data;
    std::string rest;
    bool ended = false;
    bool failed = false;
};

/// Feeds `text` in pieces of `step` bytes.
Decoded decode(const std::string& text, std::size_t step)
{
    ChunkedDecoder decoder;
    Decoded result;
    for (std::size_t at = 0; at < text.size() && !result.ended && !result.failed; at += step) {
        std::string_view input = std::string_view(text).substr(at, step);
        for (bool more = true; more;) {
            const auto s = decoder.next(input);
            input.remove_prefix(s.consumed);
            switch (s.event) {
            case ChunkedDecoder::Event::Data:
                result.data.append(s.data);
                break;
            case ChunkedDecoder::Event::End:
                result.ended = true;
                result.rest = std::string(input) + (at + step < text.size() ? text.substr(at + step) : "");
                more = false;
                break;
            case ChunkedDecoder::Event::Error:
                result.failed = true;
                more = false;
                break;
            case ChunkedDecoder::Event::NeedMore:
                more = false;
                break;
            }
        }
    }
    return result;
}

} // namespace

class TestChunked : public QObject
{
    Q_OBJECT

private slots:
    void decodesHoweverItIsCut()
    {
        const std::string text =
            "5;ext=1\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nx-trailer: t\r\nother: u\r\n\r\nNEXT";
        for (std::size_t step = 1; step <= text.size(); ++step) {
            const Decoded d = decode(text, step);
            QVERIFY2(d.ended, std::to_string(step).c_str());
            QCOMPARE(d.data, std::string("helloabcdefghijklmnopqrstuvwxyz"));
            QCOMPARE(d.rest, std::string("NEXT"));
        }
    }

    void acceptsBareLineFeeds() { QVERIFY(decode("2\nab\n0\n\n", 100).ended); }

    void refuses_data()
    {
        QTest::addColumn<QString>("text");
        for (const char* text : {"\r\n", "x\r\n", "-1\r\n", "5\r\nhelloX", "5\r\nhello\rX", "11111111111111111\r\n",
                 "5;a\rb\r\nhello", "5 5x"}) {
            QTest::newRow(text) << text;
        }
        QTest::newRow("endless extension") << "1;" + QString(70'000, 'a');
        QTest::newRow("endless trailer") << "0\r\n" + QString(70'000, 'a');
    }

    void refuses()
    {
        QFETCH(QString, text);
        if (text == "5 5x") { // an extension: harmless until its line never ends
            QVERIFY(!decode(text.toStdString(), 3).ended);
            return;
        }
        QVERIFY(decode(text.toStdString(), 7).failed);
    }

    void writesSizes()
    {
        char out[18];
        QCOMPARE(std::string(out, writeChunkSize(out, 0x1a2b)), std::string("1a2b\r\n"));
        QCOMPARE(std::string(out, writeChunkSize(out, 9)), std::string("9\r\n"));
    }
};

QTEST_GUILESS_MAIN(TestChunked)
#include "tst_chunked.moc"
