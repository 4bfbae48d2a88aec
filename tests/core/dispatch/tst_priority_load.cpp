// SPDX-License-Identifier: Apache-2.0
#include "core/dispatch/priority_load.h"

#include <QtTest>

using namespace signalbox::dispatch;

namespace {

using Priorities = std::vector<PriorityHealth>;
using Loads = std::vector<std::uint32_t>;

} // namespace

class TestPriorityLoad : public QObject
{
    Q_OBJECT

private slots:
    void followsTheWorkedTable_data()
    {
        QTest::addColumn<Priorities>("priorities");
        QTest::addColumn<Loads>("healthy");
        QTest::addColumn<Loads>("degraded");
        QTest::addColumn<bool>("panic");
        const auto row = [](const char* name, const Priorities& priorities, const Loads& healthy, const Loads& degraded,
                             bool panic) { QTest::newRow(name) << priorities << healthy << degraded << panic; };
        row("8/8 2/2", {{8, 8}, {2, 2}}, {100, 0}, {0, 0}, false);
        row("8/5 2/2", {{8, 5}, {2, 2}}, {87, 13}, {0, 0}, false);
        row("8/3 4/4", {{8, 3}, {4, 4}}, {52, 48}, {0, 0}, false);
        row("8/2 4/2", {{8, 2}, {4, 2}}, {35, 65}, {0, 0}, false);
        row("8/1 4/1", {{8, 1}, {4, 1}}, {67, 33}, {0, 0}, true);
        row("3/2 1/1", {{3, 2}, {1, 1}}, {93, 7}, {0, 0}, false);
        row("3/1 1/0", {{3, 1}, {1, 0}}, {75, 25}, {0, 0}, true);
        row("1/0 3/0", {{1, 0}, {3, 0}}, {25, 75}, {0, 0}, true);
        row("0/0 1/1", {{0, 0}, {1, 1}}, {0, 100}, {0, 0}, false);
        row("0/0 0/0", {{0, 0}, {0, 0}}, {100, 0}, {0, 0}, true);
        row("6/2 6/1 6/2", {{6, 2}, {6, 1}, {6, 2}}, {46, 23, 31}, {0, 0, 0}, false);
        row("7/1 7/1 7/0", {{7, 1}, {7, 1}, {7, 0}}, {34, 33, 33}, {0, 0, 0}, true);
        row("degraded, not needed", {{7, 2, 3, 0}, {2, 1}}, {40, 60}, {0, 0}, false);
        row("degraded and excluded", {{8, 0, 4, 2}, {2, 1}}, {0, 70}, {30, 0}, false);
        row("two of five lost", {{5, 3}, {1, 1}}, {84, 16}, {0, 0}, false);
        row("two of six lost", {{6, 4}, {1, 1}}, {93, 7}, {0, 0}, false);
        row("three of seven lost", {{7, 4}, {1, 1}}, {80, 20}, {0, 0}, false);
        row("three of ten lost", {{10, 7}, {1, 1}}, {98, 2}, {0, 0}, false);
        row("one of two, alone", {{2, 1}}, {100}, {0}, false);
    }

    void followsTheWorkedTable()
    {
        QFETCH(Priorities, priorities);
        QFETCH(Loads, healthy);
        QFETCH(Loads, degraded);
        QFETCH(bool, panic);
        const PriorityState state = computePriorityState(priorities, 50);
        QCOMPARE(state.healthyLoad, healthy);
        QCOMPARE(state.degradedLoad, degraded);
        QCOMPARE(state.panic, std::vector<bool>(priorities.size(), panic));
    }

    void thresholdZeroSwitchesPanicOff()
    {
        const PriorityState state = computePriorityState({{1, 0}, {3, 0}}, 0);
        QCOMPARE(state.healthyLoad, (Loads{100, 0}));
        QCOMPARE(state.panic, (std::vector<bool>{false, false}));
    }

    void aPriorityAboveTheThresholdStopsTotalPanic()
    {
        const PriorityState state = computePriorityState({{10, 6}, {10, 1}}, 90);
        QCOMPARE(state.panic, (std::vector<bool>{true, true}));
        const PriorityState half = computePriorityState({{10, 5}, {10, 1}}, 20);
        QCOMPARE(half.panic, (std::vector<bool>{false, true}));
        QCOMPARE(half.healthyLoad, (Loads{84, 16})); // 70 and 14 of 84: 83 and 16, the remainder to the first
    }

    void nothingAtAllIsNoCrash() { QVERIFY(computePriorityState({}, 50).healthyLoad.empty()); }
};

QTEST_GUILESS_MAIN(TestPriorityLoad)
#include "tst_priority_load.moc"
