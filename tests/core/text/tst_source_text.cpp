// SPDX-License-Identifier: Apache-2.0
#include "core/text/diagnostic.h"
#include "core/text/utf8.h"

#include <QtTest>

using namespace signalbox::text;

class TestSourceText : public QObject
{
    Q_OBJECT

private slots:
    void findsPositions_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("offset");
        QTest::addColumn<int>("line");
        QTest::addColumn<int>("column");
        QTest::newRow("empty") << QByteArray() << 0 << 1 << 1;
        QTest::newRow("start") << QByteArray("ab\ncd") << 0 << 1 << 1;
        QTest::newRow("line feed itself") << QByteArray("ab\ncd") << 2 << 1 << 3;
        QTest::newRow("second line") << QByteArray("ab\ncd") << 4 << 2 << 2;
        QTest::newRow("behind the last line feed") << QByteArray("ab\n") << 3 << 2 << 1;
        QTest::newRow("past the end") << QByteArray("ab\ncd") << 99 << 2 << 3;
        QTest::newRow("CR LF") << QByteArray("ab\r\ncd") << 5 << 2 << 2;
        QTest::newRow("lone CR") << QByteArray("ab\rcd") << 4 << 2 << 2;
        QTest::newRow("CR CR LF") << QByteArray("a\r\r\nb") << 4 << 3 << 1;
        QTest::newRow("code points") << QByteArray("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80x") << 9 << 1 << 4;
        QTest::newRow("inside a code point") << QByteArray("\xE2\x82\xACx") << 1 << 1 << 1;
        QTest::newRow("invalid bytes count") << QByteArray("\xFF\xC3(x") << 3 << 1 << 4;
        QTest::newRow("truncated sequence") << QByteArray("a\xE2\x82") << 3 << 1 << 4;
        QTest::newRow("byte-order mark") << QByteArray("\xEF\xBB\xBF"
                                                       "ab")
                                         << 4 << 1 << 2;
        QTest::newRow("before a byte-order mark") << QByteArray("\xEF\xBB\xBF"
                                                                "ab")
                                                  << 0 << 1 << 1;
        QTest::newRow("behind a byte-order mark") << QByteArray("\xEF\xBB\xBF"
                                                                "a\nb")
                                                  << 5 << 2 << 1;
    }

    void findsPositions()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, offset);
        QFETCH(int, line);
        QFETCH(int, column);
        const SourceText source("t", text.toStdString());
        const Position position = source.positionAt(static_cast<std::size_t>(offset));
        QCOMPARE(static_cast<int>(position.line), line);
        QCOMPARE(static_cast<int>(position.column), column);
    }

    void knowsItsLines()
    {
        const SourceText source("t", "a\nbb\r\n\nc");
        QCOMPARE(source.lineCount(), std::size_t{4});
        QCOMPARE(source.lineAt(0), std::size_t{1});
        QCOMPARE(source.lineAt(6), std::size_t{3});
        QCOMPARE(source.lineAt(99), std::size_t{4});
        QCOMPARE(source.lineStart(1), std::size_t{0});
        QCOMPARE(source.lineStart(2), std::size_t{2});
        QCOMPARE(source.lineStart(4), std::size_t{7});
        QCOMPARE(source.lineStart(5), std::size_t{8});
        QCOMPARE(SourceText("t", "").lineCount(), std::size_t{1});
    }

    void checksUtf8()
    {
        QCOMPARE(findInvalidUtf8("a\xC3\xA4\xF0\x9F\x98\x80"), std::string_view::npos);
        QCOMPARE(findInvalidUtf8("ab\xC0\x80"), std::size_t{2});       // overlong
        QCOMPARE(findInvalidUtf8("\xED\xA0\x80"), std::size_t{0});     // surrogate
        QCOMPARE(findInvalidUtf8("\xF4\x90\x80\x80"), std::size_t{0}); // above U+10FFFF
        QCOMPARE(findInvalidUtf8("\xE2\x82"), std::size_t{0});
        QCOMPARE(countCodePoints("\xE2\x82\xAC\xFFx"), std::size_t{3});
    }

    void writesDiagnostics()
    {
        const auto source = std::make_shared<const SourceText>("a.yaml", "x\ny: 1");
        QCOMPARE(toText({Severity::Error, "field-type", "No.", {source, {5, 6}}}),
            std::string("a.yaml:2:4: error: No. [field-type]"));
        QCOMPARE(toText({Severity::Warning, "w", "Hm.", {}}), std::string("warning: Hm. [w]"));
        QCOMPARE(toText({Severity::Info, "i", "Oh.", {}}), std::string("info: Oh. [i]"));
    }

    void sortsByPlaceAndKeepsTheOrderOfEqualOnes()
    {
        const auto a = std::make_shared<const SourceText>("a", "0123456789");
        const auto b = std::make_shared<const SourceText>("b", "0123456789");
        Diagnostics all{{Severity::Error, "4", "", {b, {1, 2}}}, {Severity::Error, "2", "", {a, {5, 6}}},
            {Severity::Error, "3", "", {a, {5, 6}}}, {Severity::Error, "1", "", {a, {1, 2}}},
            {Severity::Error, "0", "", {}}};
        sortByPlace(all);
        std::string order;
        for (const Diagnostic& diagnostic : all) {
            order += diagnostic.code;
        }
        QCOMPARE(order, std::string("01234"));
    }
};

QTEST_GUILESS_MAIN(TestSourceText)
#include "tst_source_text.moc"
