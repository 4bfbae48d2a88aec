// SPDX-License-Identifier: Apache-2.0
#include "core/base/duration_text.h"

#include <QtTest>

using namespace signalbox::base;
using namespace std::chrono_literals;

class TestDurationText : public QObject
{
    Q_OBJECT

private slots:
    void reads_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("milliseconds");
        QTest::newRow("milliseconds") << "100ms" << qint64{100};
        QTest::newRow("seconds") << "10s" << qint64{10'000};
        QTest::newRow("groups") << "1h30m5s7ms" << qint64{5'405'007};
        QTest::newRow("zero") << "0s" << qint64{0};
        QTest::newRow("five digits") << "99999ms" << qint64{99'999};
        QTest::newRow("units in any order") << "1ms1h" << qint64{3'600'001};
    }

    void reads()
    {
        QFETCH(QString, text);
        QFETCH(qint64, milliseconds);
        const auto duration = parseDuration(text.toStdString());
        QVERIFY(duration.has_value());
        QCOMPARE(qint64{std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count()}, milliseconds);
    }

    void refuses_data()
    {
        QTest::addColumn<QString>("text");
        for (const char* text : {"", "5", "s", "1.5s", "-1s", "1d", "100000ms", "1s 2s", "1h1h1h1h1h", "1us"}) {
            QTest::newRow(text) << text;
        }
    }

    void refuses()
    {
        QFETCH(QString, text);
        QVERIFY(!parseDuration(text.toStdString()).has_value());
    }

    void writesTheShortestForm()
    {
        QCOMPARE(durationText(0ms), std::string("0s"));
        QCOMPARE(durationText(90s), std::string("1m30s"));
        QCOMPARE(durationText(1h + 100ms), std::string("1h100ms"));
    }
};

QTEST_GUILESS_MAIN(TestDurationText)
#include "tst_duration_text.moc"
