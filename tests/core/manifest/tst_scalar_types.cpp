// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/quantity.h"
#include "core/manifest/scalar_types.h"
#include "core/manifest/string_rules.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::manifest;

namespace {

YamlNode plain(const QByteArray& text)
{
    YamlNode node;
    node.kind = YamlNode::Kind::Scalar;
    node.scalar = text.toStdString();
    return node;
}

YamlNodePtr read(const char* text)
{
    text::Diagnostics problems;
    const auto source = std::make_shared<const text::SourceText>("t", text);
    return readYaml(source, {0, source->text().size()}, problems);
}

} // namespace

class TestScalarTypes : public QObject
{
    Q_OBJECT

private slots:
    void knowsTypes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("type");
        const auto row = [](const char* text, const char* type) {
            QTest::newRow(text) << QByteArray(text) << QByteArray(type);
        };
        for (const char* text : {"0", "-1", "+12", "1_000", "0x1F", "0b101", "0o17", "0755", "99999999999999999999"}) {
            row(text, "integer");
        }
        for (const char* text : {"1.5", "-.5", "1.", "1e3", "1E-3", "08", ".inf", "-.INF", ".nan"}) {
            row(text, "number");
        }
        for (const char* text : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
            row(text, "boolean");
        }
        for (const char* text :
            {"yes", "no", "on", "off", "y", "n", "tRUE", "1.2.3", "10.9.8.7", "1:30", "1e", "0x", "0xG", "-", "+", ".",
                "--1", "+-1", "50Mi", "2025-01-01", "2025-01-01T00:00:00Z", "1,000", "inf", "-.nan"}) {
            row(text, "string");
        }
    }

    void knowsTypes()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, type);
        YamlNode node = plain(text);
        QCOMPARE(QByteArray::fromStdString(std::string(typeName(node))), type);
        node.quoted = true;
        QVERIFY(typeOf(node) == ScalarType::String);
        QVERIFY(!integerOf(node) && !numberOf(node) && !booleanOf(node));
    }

    void readsNumbers()
    {
        QCOMPARE(*integerOf(plain("0x1F")), std::int64_t{31});
        QCOMPARE(*integerOf(plain("0755")), std::int64_t{493});
        QCOMPARE(*integerOf(plain("-1_000")), std::int64_t{-1000});
        QCOMPARE(*integerOf(plain("50.0")), std::int64_t{50});
        QCOMPARE(*integerOf(plain("1e3")), std::int64_t{1000});
        QCOMPARE(*integerOf(plain("99999999999999999999")), std::numeric_limits<std::int64_t>::max());
        QVERIFY(!integerOf(plain("0.5")));
        QVERIFY(!integerOf(plain("1e300")));
        QVERIFY(!numberOf(plain(".inf")));
        QCOMPARE(*numberOf(plain("12.5")), 12.5);
        QCOMPARE(*booleanOf(plain("True")), true);
        QVERIFY(!booleanOf(plain("yes")));
    }

    void comparesContent_data()
    {
        QTest::addColumn<QByteArray>("a");
        QTest::addColumn<QByteArray>("b");
        QTest::addColumn<bool>("same");
        QTest::newRow("layout") << QByteArray("a: {b: 1, c: [x]} # c") << QByteArray("a:\n  c:\n  - 'x'\n  b: 1\n")
                                << true;
        QTest::newRow("number and string") << QByteArray("a: 1") << QByteArray("a: '1'") << false;
        QTest::newRow("order of items") << QByteArray("[1, 2]") << QByteArray("[2, 1]") << false;
        QTest::newRow("missing key") << QByteArray("{a: 1}") << QByteArray("{a: 1, b: 2}") << false;
        QTest::newRow("other key") << QByteArray("{a: 1}") << QByteArray("{b: 1}") << false;
        QTest::newRow("null") << QByteArray("a:") << QByteArray("a: ~") << true;
    }

    void comparesContent()
    {
        QFETCH(QByteArray, a);
        QFETCH(QByteArray, b);
        QFETCH(bool, same);
        QCOMPARE(sameContent(*read(a), *read(b)), same);
    }

    void readsQuantities_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qint64>("value"); // -1: none
        QTest::newRow("bytes") << QByteArray("32768") << qint64{32768};
        QTest::newRow("Mi") << QByteArray("50Mi") << qint64{52428800};
        QTest::newRow("G") << QByteArray("1G") << qint64{1000000000};
        QTest::newRow("k") << QByteArray("3k") << qint64{3000};
        QTest::newRow("fraction") << QByteArray("0.5Gi") << qint64{536870912};
        QTest::newRow("milli rounds up") << QByteArray("100m") << qint64{1};
        QTest::newRow("exponent") << QByteArray("1e3") << qint64{1000};
        QTest::newRow("exa") << QByteArray("1E") << qint64{1000000000000000000};
        QTest::newRow("too large") << QByteArray("9Ei") << qint64{-1};
        for (const char* text : {"", "Mi", "50mb", "1KiB", "1 Gi", "e3", "1e", "1.2.3", "0x10", "inf", "1e99"}) {
            QTest::newRow(text) << QByteArray(text) << qint64{-1};
        }
    }

    void readsQuantities()
    {
        QFETCH(QByteArray, text);
        QFETCH(qint64, value);
        QCOMPARE(qint64{parseQuantity(text.toStdString()).value_or(-1)}, value);
    }

    void knowsStringFormats_data()
    {
        QTest::addColumn<const void*>("rule");
        QTest::addColumn<QStringList>("good");
        QTest::addColumn<QStringList>("bad");
        const auto row = [](const char* name, const StringRule& rule, const QStringList& good, const QStringList& bad) {
            QTest::newRow(name) << static_cast<const void*>(&rule) << good << bad;
        };
        row("DNS name", kObjectName, {"a", "a-b.c0"}, {"", "A", "a_b", "-a", "a-", "a..b", ".a", "a."});
        row("namespace", kNamespace, {"a", "0-a"}, {"a.b", ""});
        row("group", kGroup, {"", "x.io"}, {"X"});
        row("kind", kKind, {"Gateway", "a-B1"}, {"", "1a", "a-", "a.b"});
        row("hostname", kHostname, {"a.b", "*.a"}, {"*", "*.", "a.*", "*.*.a", "a:80"});
        row("FQDN", kFqdn, {"a.b", "a.b."}, {"a..", "*.a"});
        row("address", kIpAddress,
            {"10.0.0.1", "255.255.255.255", "::", "fe80:1::2", "1:2:3:4:5:6:7:8", "a::b:c", ":1:2"},
            {"::1", "256.1.1.1", "1.2.3", "1.2.3.4.5", "1:2:3:4:5:6:7:8:9", "a::b:c:d", "12345::1", "a.b.c.d"});
        row("header name", kHeaderName, {"x-ai-eg-model", "X_a!#"}, {"a b", "a:b", "\u00e4"});
        row("match value", kMatchValue, {"a", "a b\tc", "!~"}, {" a", "a ", "a  b", "\u00e4"});
        row("controller", kControllerName, {"a.b/c", "a/b/c-d"}, {"a", "a/", "/b", "a/ b"});
        row("protocol", kProtocol, {"HTTP", "a-b", "x.io/P1"}, {"", "-a", "a b", "x.io/"});
        row("buffer size", kBufferSize, {"1", "50Mi", "1G", "3k", "2Ki"},
            {"0", "05", "1K", "1m", "0.5Gi", "1e3", "Mi", "1ki"});
        row("date-time", kDateTime, {"2025-01-31T00:00:00Z", "2025-01-31t23:59:59.123+01:00"},
            {"", "2025-01-31", "2025-13-01T00:00:00Z", "2025-01-31T00:00:00", "2025-01-31T24:00:00Z",
                "2025-01-31T00:00:00.Z"});
    }

    void knowsStringFormats()
    {
        QFETCH(const void*, rule);
        QFETCH(QStringList, good);
        QFETCH(QStringList, bad);
        const auto& format = *static_cast<const StringRule*>(rule);
        for (const QString& text : good) {
            QVERIFY2(format.matches(text.toStdString()), qPrintable(text));
        }
        for (const QString& text : bad) {
            const bool tooShort = text.size() < static_cast<qsizetype>(format.minLength);
            QVERIFY2(tooShort || !format.matches(text.toStdString()), qPrintable(text));
        }
    }
};

QTEST_GUILESS_MAIN(TestScalarTypes)
#include "tst_scalar_types.moc"
