// SPDX-License-Identifier: Apache-2.0
#include "core/telemetry/histogram.h"

#include <QtTest>

using namespace signalbox;
using namespace signalbox::telemetry;
using namespace std::chrono_literals;

class TestHistogram : public QObject
{
    Q_OBJECT

private slots:
    void emptyIsZero()
    {
        const Histogram histogram;
        QCOMPARE(histogram.count(), std::uint64_t{0});
        QVERIFY(histogram.quantile(0.5) == 0ns);
    }

    void quantilesAreWithinOnePercent()
    {
        // Two values far apart on both sides, so that neither bound of the values seen can hide an error.
        for (std::int64_t value = 1000; value <= 3'600'000'000'000; value += value / 7 + 1) {
            Histogram histogram;
            histogram.add(1ns);
            histogram.add(base::Duration(value));
            histogram.add(1h);
            const auto found = histogram.quantile(0.5).count();
            QVERIFY(std::abs(static_cast<double>(found - value)) <= 0.005 * static_cast<double>(value));
        }
    }

    void ranks()
    {
        Histogram histogram;
        for (int i = 1; i <= 100; ++i) {
            histogram.add(std::chrono::milliseconds(i));
        }
        const auto near = [&](double q, base::Duration expected) {
            return std::chrono::abs(histogram.quantile(q) - expected) * 100 <= expected;
        };
        QVERIFY(near(0.5, 50ms));
        QVERIFY(near(0.07, 7ms)); // 0.07 * 100 is above 7 in doubles
        QVERIFY(near(0.99, 99ms));
        QVERIFY(histogram.quantile(0) == 1ms);
        QVERIFY(histogram.quantile(1) == 100ms);
        QVERIFY(histogram.quantile(7) == 100ms);
        QVERIFY(histogram.sum() == 5050ms);
    }

    void equalValuesAreExact()
    {
        Histogram histogram;
        histogram.add(20ms, 1000);
        QCOMPARE(histogram.count(), std::uint64_t{1000});
        QVERIFY(histogram.quantile(0.5) == 20ms);
        QVERIFY(histogram.sum() == 20s);
    }

    void bounds()
    {
        Histogram histogram;
        histogram.add(-5ms);
        QVERIFY(histogram.quantile(1) == 0ns);
        histogram.add(30h);
        QVERIFY(histogram.quantile(1) == 1h);
        QVERIFY(histogram.sum() == 30h);
        histogram.add(1ms, 0);
        QCOMPARE(histogram.count(), std::uint64_t{2});
    }

    void mergesAndClears()
    {
        Histogram left;
        Histogram right;
        left.add(1ms, 10);
        right.add(1s, 30);
        left.merge(right);
        left.merge(Histogram{});
        QCOMPARE(left.count(), std::uint64_t{40});
        QVERIFY(left.quantile(0.25) < 2ms);
        QVERIFY(left.quantile(0.26) == 1s);
        QVERIFY(left.sum() == 30s + 10ms);
        Histogram fresh;
        fresh.merge(left);
        QVERIFY(fresh.quantile(0) == 1ms);
        left.clear();
        QCOMPARE(left.count(), std::uint64_t{0});
        left.add(5ms);
        QVERIFY(left.quantile(0.5) == 5ms);
    }
};

QTEST_GUILESS_MAIN(TestHistogram)
#include "tst_histogram.moc"
