// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"
#include "core/proxy/timer_wheel.h"

#include <QtTest>

#include <memory>
#include <vector>

using namespace signalbox;
using namespace signalbox::proxy;
using namespace std::chrono_literals;
using base::Instant;

namespace {

class Recorded final : public TimerWheel::Timer
{
public:
    Instant fired = base::kNever;
    int times = 0;

private:
    void onTimer(Instant now) override
    {
        fired = now;
        ++times;
    }
};

Instant at(base::Duration time)
{
    return Instant(time);
}

} // namespace

class TestTimerWheel : public QObject
{
    Q_OBJECT

private slots:
    void firesOnceAndNotEarly()
    {
        TimerWheel wheel(at(0ms));
        Recorded timer;
        wheel.arm(timer, at(10ms + 300us));
        wheel.advance(at(10ms));
        QCOMPARE(timer.times, 0);
        wheel.advance(at(11ms));
        QCOMPARE(timer.times, 1);
        wheel.advance(at(10s));
        QCOMPARE(timer.times, 1);
        QVERIFY(!timer.isArmed());
    }

    void cancels()
    {
        TimerWheel wheel(at(0ms));
        Recorded timer;
        wheel.arm(timer, at(5ms));
        timer.cancel();
        wheel.advance(at(1h));
        QCOMPARE(timer.times, 0);
        QVERIFY(wheel.nextWake() == base::kNever);
    }

    void rearms()
    {
        TimerWheel wheel(at(0ms));
        Recorded timer;
        wheel.arm(timer, at(5ms));
        wheel.arm(timer, at(60s));
        wheel.advance(at(59s));
        QCOMPARE(timer.times, 0);
        wheel.advance(at(60s));
        QCOMPARE(timer.times, 1);
    }

    void aTimerMayOutliveOrDieBeforeTheWheel()
    {
        auto wheel = std::make_unique<TimerWheel>(at(0ms));
        Recorded survivor;
        wheel->arm(survivor, at(5ms));
        {
            Recorded gone;
            wheel->arm(gone, at(6ms));
        }
        wheel->advance(at(1ms));
        wheel.reset();
        QVERIFY(!survivor.isArmed());
    }

    /// Driven only by nextWake(), every timer fires within a tick of its time, whatever the magnitudes.
    void firesInTimeWhenWokenByItsOwnWord()
    {
        base::Random random(7);
        TimerWheel wheel(at(0ms));
        std::vector<std::unique_ptr<Recorded>> timers;
        std::vector<Instant> due;
        for (int i = 0; i < 2000; ++i) {
            const auto magnitude = random.below(9);
            const std::uint64_t span = 1;
            std::uint64_t microseconds = 1000 * span;
            for (std::uint64_t k = 0; k < magnitude; ++k) {
                microseconds *= 7;
            }
            due.push_back(at(std::chrono::microseconds(random.below(microseconds) + 1)));
            timers.push_back(std::make_unique<Recorded>());
            wheel.arm(*timers.back(), due.back());
        }
        for (Instant now = wheel.nextWake(); now != base::kNever; now = wheel.nextWake()) {
            wheel.advance(now);
        }
        for (std::size_t i = 0; i < timers.size(); ++i) {
            QCOMPARE(timers[i]->times, 1);
            QVERIFY(timers[i]->fired >= due[i]);
            QVERIFY2(timers[i]->fired - due[i] <= 1ms, std::to_string((timers[i]->fired - due[i]).count()).c_str());
        }
    }

    /// The same when the clock is late and jumps.
    void firesAllWhenTheClockJumps()
    {
        base::Random random(11);
        TimerWheel wheel(at(0ms));
        std::vector<std::unique_ptr<Recorded>> timers;
        std::vector<Instant> due;
        Instant now = at(0ms);
        for (int round = 0; round < 300; ++round) {
            for (int i = 0; i < 5; ++i) {
                due.push_back(now + std::chrono::microseconds(random.below(400'000'000) + 1));
                timers.push_back(std::make_unique<Recorded>());
                wheel.arm(*timers.back(), due.back());
            }
            now += std::chrono::milliseconds(random.below(3000));
            wheel.advance(now);
            for (std::size_t i = 0; i < timers.size(); ++i) {
                QCOMPARE(timers[i]->times, due[i] + 1ms <= now ? 1 : timers[i]->times);
                QVERIFY(timers[i]->fired >= due[i]);
            }
        }
        wheel.advance(now + 1h);
        for (const auto& timer : timers) {
            QCOMPARE(timer->times, 1);
        }
    }
};

QTEST_GUILESS_MAIN(TestTimerWheel)
#include "tst_timer_wheel.moc"
